//! One call out: the only part of the gateway that talks to backends.
//!
//! A [`Call`] ends as a whole answer or as a [`Failure`] that says how much is known. What is safe to repeat is
//! tried again within its deadline; so is anything of which nothing can have been sent. Everything else goes out at
//! most once, ever.

use std::{borrow::Cow, io, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::time::{Instant, sleep_until};

use crate::{config::Config, limits};

mod attempt;
mod body;
mod client;
mod knock;
#[cfg(test)]
pub(crate) mod played;
mod public;
mod redirect;
mod request;
mod resolver;

use attempt::Failed;
use body::Outgoing;
use client::Clients;
pub use client::Network;
pub(crate) use client::{Connector, connector_to_anywhere as connector};
pub(crate) use knock::{Heard, Knock};
use resolver::Reach;

/// The way to every backend.
pub(crate) struct Upstream {
    way: Way,
}

/// What an attempt is made over.
#[cfg_attr(test, expect(clippy::large_enum_variant, reason = "there is one in a process"))]
enum Way {
    Network(Clients),
    #[cfg(test)]
    Played(std::sync::Arc<dyn played::Play>),
}

/// One request to a backend, with all that bounds it.
pub(crate) struct Call {
    /// Built once; every attempt sends the same.
    request: http::Request<Outgoing>,
    reach: Reach,
    safe_to_repeat: bool,
    /// Whether it goes where the upstream sends it on to.
    follow_redirects: bool,
    timeout: Duration,
    /// Of the body as it comes, still encoded.
    body_bytes_max: usize,
}

/// A complete answer, as it came.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// How a call ended without an answer that can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Not one byte of the request can have reached the backend.
    NothingSent,
    /// The request has named its host, and that leads to no public address: nothing was sent.
    NotPublic,
    /// Something was sent, and the connection ended before the answer was complete.
    BrokenOff,
    /// Something was sent, and the deadline passed.
    TimedOut,
    /// An answer came, but it is larger than it may be.
    TooLarge {
        /// Its status.
        status: StatusCode,
    },
}

/// Why the way to the backends cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The file that `server.upstream_ca` names.
    #[error("{path}: found {source}, expected a readable PEM file of certificates")]
    UnreadableCa {
        /// The file.
        path: std::path::PathBuf,
        /// Why it could not be read.
        source: io::Error,
    },
    /// TLS itself.
    #[error("TLS for upstreams cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

impl Upstream {
    pub(crate) fn new(config: &Config, network: Network) -> Result<Self, UpstreamError> {
        let clients = Clients::new(config.server.upstream_ca.as_deref(), network)?;
        Ok(Self { way: Way::Network(clients) })
    }

    /// Makes the call, within its deadline.
    pub(crate) async fn call(&self, call: &Call) -> Result<Received, Failure> {
        let deadline = Instant::now() + call.timeout;
        let mut request = Cow::Borrowed(&call.request);
        let mut pause = limits::BACKOFF;
        let (mut sent, mut redirects) = (false, 0);
        let mut attempt = 1;
        loop {
            let Failed { failure, cause } = match self.way.attempt(call, &request, deadline).await {
                Ok(received) => match redirect::followed(&request, &received) {
                    Some(next) if call.follow_redirects && redirects < limits::REDIRECTS_MAX => {
                        (request, sent, redirects) = (Cow::Owned(next), true, redirects + 1);
                        continue;
                    }
                    _ => return Ok(received),
                },
                Err(failed) => failed,
            };
            sent |= !matches!(failure, Failure::NothingSent | Failure::NotPublic);
            let again = Instant::now() + jittered(pause);
            let repeatable = match failure {
                Failure::NothingSent => call.safe_to_repeat || !sent,
                Failure::BrokenOff => call.safe_to_repeat,
                Failure::NotPublic | Failure::TimedOut | Failure::TooLarge { .. } => false,
            };
            let host = request.uri().host();
            if !repeatable || attempt == limits::ATTEMPTS_MAX || again >= deadline {
                tracing::warn!(host, attempt, ?failure, %cause, "an upstream call failed");
                return Err(of_all_attempts(failure, sent));
            }
            tracing::debug!(host, attempt, ?failure, %cause, "an upstream call is tried again");
            sleep_until(again).await;
            pause *= 2;
            attempt += 1;
        }
    }
}

impl Way {
    /// Sends this request of the call once.
    async fn attempt(
        &self,
        call: &Call,
        request: &http::Request<Outgoing>,
        deadline: Instant,
    ) -> Result<Received, Failed> {
        match self {
            Self::Network(clients) => {
                let client = clients.of(call.reach, call.safe_to_repeat);
                attempt::make(client, request.clone(), call.body_bytes_max, deadline).await
            }
            #[cfg(test)]
            Self::Played(by) => played::make(&**by, request.clone(), deadline).await,
        }
    }
}

/// The last attempt may not have got as far as an earlier one.
fn of_all_attempts(last: Failure, sent: bool) -> Failure {
    let this_one_was_not = matches!(last, Failure::NothingSent | Failure::NotPublic);
    if sent && this_one_was_not { Failure::BrokenOff } else { last }
}

/// Half of the pause is random, so that gateways that failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + 0.5 * fastrand::f64())
}
