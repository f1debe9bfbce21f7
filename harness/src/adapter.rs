//! One replica's real HTTP request, made as the replica's adapter makes it.
//!
//! An [`Adapter`] is one node: it has connections of its own, and what it sends and accepts is what the adapter of
//! the Internet Computer sends and accepts, since it is built from the same HTTP library with the same settings.
//! Redirects are not followed, nothing is decompressed, and no header is added but `user-agent` (where there is
//! none), `host` and `content-length`.
//!
//! **One fetch may reach the server several times.** When the direct attempt fails in any way before the head of a
//! response has come, a reset after the request was written included, a replica sends the same request again
//! through a SOCKS proxy. Here the second way is a new connection, straight to the server. Only the 30 s for the
//! whole fetch and a response that has begun prevent it. [`Fetched::attempts`] says how often it happened.
//!
//! Source: `rs/https_outcalls/adapter/src/rpc_server.rs` and `config.rs` of the `dfinity/ic` repository. Not
//! modelled: nodes have IPv6 only, which this machine may not have.

use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

use http_body_util::Full;
use tokio::time::{Instant, timeout};

use crate::outcall::{Reject, RejectCode, Request, Response};

mod client;
mod network;
mod receive;
mod request;
#[cfg(test)]
mod tests;

use client::Client;
pub use network::{Network, NetworkError};

/// One node's way to the servers. It is cheap to keep and expensive to make: it has its own pool of connections.
pub struct Adapter {
    /// The first attempt of every fetch.
    direct: Client,
    /// What follows when it fails, as through a proxy: never on a connection that was used before.
    again: Client,
    again_max: u32,
    https_only: bool,
    fetch_timeout: Duration,
}

/// How a fetch ended, and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The response, or why there is none.
    pub outcome: Result<Response, Reject>,
    /// How often the request was handed to the HTTP library: 0 when it was refused before, 1 as a rule. Each
    /// attempt may have reached the server.
    pub attempts: u32,
    /// From asking to the end, in real time.
    pub took: Duration,
    /// Names and values of headers and body that were downloaded, also of a response that was then refused.
    pub downloaded_bytes: u64,
}

impl Adapter {
    /// A node of its own in that network.
    pub fn new(network: &Network) -> Self {
        Self {
            direct: client::pooled(network),
            again: client::unpooled(network),
            again_max: network.again_max,
            https_only: network.https_only,
            fetch_timeout: network.fetch_timeout,
        }
    }

    /// Makes the request and reads the whole response.
    ///
    /// It ends with a reject, in the adapter's words: `SysFatal` for a request that cannot be sent, for a response
    /// beyond its cap or beyond the limits of headers, and when the time is over; `SysTransient` when no attempt
    /// brought a response, or brought one with a header that is not visible ASCII.
    pub async fn fetch(&self, request: &Request) -> Fetched {
        let meter = Meter::default();
        let start = Instant::now();
        let outcome = match timeout(self.fetch_timeout, self.exchange(request, &meter)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Reject::new(RejectCode::SysFatal, "Timeout expired")),
        };
        Fetched {
            outcome,
            attempts: meter.attempts.load(Ordering::Relaxed),
            took: start.elapsed(),
            downloaded_bytes: meter.downloaded_bytes.load(Ordering::Relaxed),
        }
    }

    async fn exchange(&self, request: &Request, meter: &Meter) -> Result<Response, Reject> {
        let prepared = request::prepare(request, self.https_only)?;
        let response = self.send(prepared, meter).await?;
        receive::receive(response, request.max_response_bytes, meter).await
    }

    async fn send(
        &self,
        request: http::Request<Full<bytes::Bytes>>,
        meter: &Meter,
    ) -> Result<http::Response<hyper::body::Incoming>, Reject> {
        meter.attempt();
        let direct = match self.direct.request(request.clone()).await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let mut through_socks = "No SOCKS proxy addresses provided".to_owned();
        for _ in 0..self.again_max {
            meter.attempt();
            match self.again.request(request.clone()).await {
                Ok(response) => return Ok(response),
                Err(error) => through_socks = format!("{error:?}"),
            }
        }
        // In the replica's source a line break and indentation stand before "and connect".
        let host = request.uri().host().unwrap_or("");
        let message = format!(
            "Connecting to {host:.50} failed: direct connect {direct:?} and connect through socks {through_socks:?}"
        );
        Err(Reject::new(RejectCode::SysTransient, message))
    }
}

/// Counts what a fetch does, so that the counts outlive it when its time is over.
#[derive(Default)]
struct Meter {
    attempts: AtomicU32,
    downloaded_bytes: AtomicU64,
}

impl Meter {
    fn attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    fn downloaded(&self, bytes: usize) {
        self.downloaded_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}
