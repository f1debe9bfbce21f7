//! One attempt of a call, and what is known when it fails.
//!
//! The client library assigns a connection to a request right before it hands the request over; until then not one
//! byte of it can have been sent. Beyond that point only HTTP/2 can prove that a request was not processed: a
//! refused stream, or a GOAWAY that names a lower stream than ours (RFC 9113, sections 8.7 and 6.8). The library
//! itself repeats a request only when it gets it back unstarted from a connection that turned out to be closed.

use std::error::Error;

use bytes::Bytes;
use http::{StatusCode, response};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy::{self, connect::capture_connection};
use tokio::time::{Instant, timeout_at};

use super::{Failure, Received, body::Outgoing, client::Client, public};
use crate::{gather::Gather, limits};

/// A failed attempt.
pub(super) struct Failed {
    pub(super) failure: Failure,
    /// For the operator; free of paths, queries and headers.
    pub(super) cause: String,
}

/// Sends the request once and reads the whole answer.
pub(super) async fn make(
    client: &Client,
    mut request: http::Request<Outgoing>,
    body_bytes_max: usize,
    deadline: Instant,
) -> Result<Received, Failed> {
    let connection = capture_connection(&mut request);
    let nothing_sent = || connection.connection_metadata().is_none();
    let exchange = async {
        let response = client.request(request).await.map_err(|error| of_head(&error, nothing_sent()))?;
        let (head, body) = response.into_parts();
        read(head, body, body_bytes_max).await
    };
    match timeout_at(deadline, exchange).await {
        Ok(ended) => ended,
        Err(_) => {
            let failure = if nothing_sent() { Failure::NothingSent } else { Failure::TimedOut };
            Err(Failed { failure, cause: "the deadline passed".into() })
        }
    }
}

fn of_head(error: &legacy::Error, nothing_sent: bool) -> Failed {
    if public::is_why(error) {
        return Failed { failure: Failure::NotPublic, cause: chain(error) };
    }
    // A request that came back unstarted from a closed connection has had one assigned; when the next one cannot be
    // made, the error says so.
    let nothing_sent = nothing_sent || error.is_connect() || unprocessed(error);
    let failure = if nothing_sent { Failure::NothingSent } else { Failure::BrokenOff };
    Failed { failure, cause: chain(error) }
}

async fn read(head: response::Parts, mut body: Incoming, bytes_max: usize) -> Result<Received, Failed> {
    let status = head.status;
    if status == StatusCode::SWITCHING_PROTOCOLS {
        // Nobody asked for it, and what follows is not an answer.
        return Err(Failed { failure: Failure::BrokenOff, cause: "the upstream switched protocols".into() });
    }
    let too_large =
        || Failed { failure: Failure::TooLarge { status }, cause: format!("more than {bytes_max} bytes") };
    // HTTP/2 keeps the length that an answer to HEAD, or a 304, declares of a body that it does not have.
    if !body.is_end_stream() && body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large());
    }
    let mut gather = Gather::new(bytes_max);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failed { failure: Failure::BrokenOff, cause: chain(&error) })?;
        // Trailers are dropped.
        let data = frame.into_data().unwrap_or_else(|_| Bytes::new());
        gather.push(data).map_err(|_| too_large())?;
    }
    Ok(Received { status, headers: head.headers, body: gather.whole() })
}

/// Whether the backend said itself that it has not looked at the request.
fn unprocessed(error: &(dyn Error + 'static)) -> bool {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            // A stream at or below the one that a GOAWAY names does not end with the GOAWAY: this one was above, or
            // had not got beyond its head (see `body`).
            let above_go_away = error.is_go_away() && error.is_remote();
            let refused =
                error.is_reset() && error.is_remote() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
            return above_go_away || refused;
        }
        source = error.source();
    }
    false
}

/// An error and what is behind it, in one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    // An upstream may add words of its own to a GOAWAY.
    text.chars().take(limits::CAUSE_CHARS_MAX).collect()
}
