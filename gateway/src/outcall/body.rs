//! The request's body: read whole, within its limit, its time and the room for all bodies.

use std::{future::Future, pin::pin, sync::Arc, task::Poll};

use bytes::Bytes;
use futures_util::poll;
use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use crate::{error::Problem, gather::Gather, limits};

/// The room for all request bodies that are held at once. A body that finds none waits.
pub(crate) struct Bodies(Arc<Semaphore>);

/// A whole request body and the room it takes. Clones share both.
#[derive(Clone, Default)]
pub(crate) struct Body {
    bytes: Bytes,
    _room: Option<Arc<OwnedSemaphorePermit>>,
}

impl Bodies {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(limits::BODIES_BYTES_MAX)))
    }

    /// Reads a body to its end.
    pub(crate) async fn read<B>(&self, mut body: B) -> Result<Body, Problem>
    where
        B: HttpBody<Data = Bytes> + Unpin,
    {
        if body.size_hint().lower() > limits::REQUEST_BODY_BYTES_MAX as u64 {
            return Err(Problem::BodyTooLarge);
        }
        let mut patience = Patience::default();
        let mut room: Option<OwnedSemaphorePermit> = None;
        let mut gather = Gather::new(limits::REQUEST_BODY_BYTES_MAX);
        // A body that has said its length ends with its last byte, whatever the connection does next.
        while !body.is_end_stream() {
            let Some(frame) = patience.wait(body.frame()).await.ok_or(Problem::BodyIncomplete)? else {
                break;
            };
            let frame = frame.map_err(|_| Problem::BodyIncomplete)?;
            // Trailers are dropped.
            let data = frame.into_data().unwrap_or_else(|_| Bytes::new());
            let more = patience.wait(self.room(data.len())).await.ok_or(Problem::BodiesFull)??;
            match &mut room {
                Some(room) => room.merge(more),
                None => room = Some(more),
            }
            gather.push(data).map_err(|_| Problem::BodyTooLarge)?;
        }
        Ok(Body { bytes: gather.whole(), _room: room.map(Arc::new) })
    }

    /// The room that is left, in bytes.
    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.0.available_permits()
    }

    async fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
        // A frame of 4 GiB is none that the library makes, and the semaphore is never closed.
        let bytes = u32::try_from(bytes).map_err(|_| Problem::BodyTooLarge)?;
        self.0.clone().acquire_many_owned(bytes).await.map_err(|_| Problem::BodiesFull)
    }
}

/// How long a client may take over its body. Most are there with their head, and start no clock.
#[derive(Default)]
struct Patience(Option<Instant>);

impl Patience {
    /// What `step` comes to; nothing, when the patience for all steps together is over.
    async fn wait<F: Future>(&mut self, step: F) -> Option<F::Output> {
        let mut step = pin!(step);
        if let Poll::Ready(done) = poll!(step.as_mut()) {
            return Some(done);
        }
        let ends = *self.0.get_or_insert_with(|| Instant::now() + limits::REQUEST_BODY_TIMEOUT);
        timeout_at(ends, step).await.ok()
    }
}

impl Body {
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

#[cfg(test)]
mod tests;
