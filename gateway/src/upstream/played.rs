//! Upstreams that are played, for the simulation: attempts end as they say, and nothing leaves the process.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::time::Instant;

use super::{Failed, Failure, Received, Upstream, Way, body::Outgoing};
use crate::ledger::BoxFuture;

/// Who plays them.
pub(crate) trait Play: Send + Sync {
    /// One attempt of a call, whose answer is wanted until the deadline.
    fn attempt(
        &self,
        request: http::Request<Bytes>,
        deadline: Instant,
    ) -> BoxFuture<'_, Result<Received, Failure>>;
}

impl Upstream {
    /// The way to upstreams that are played.
    pub(crate) fn played(by: Arc<dyn Play>) -> Self {
        Self { way: Way::Played(by) }
    }
}

pub(super) async fn make(
    by: &dyn Play,
    request: http::Request<Outgoing>,
    deadline: Instant,
) -> Result<Received, Failed> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await;
    let attempt = by.attempt(http::Request::from_parts(head, body.to_bytes()), deadline);
    attempt.await.map_err(|failure| Failed { failure, cause: "as played".into() })
}
