//! The request's body: read whole, within its limit, its time and the room for all bodies.

use std::{pin::Pin, sync::Arc};

use bytes::Bytes;
use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::{error::Problem, gather::Gather, limits};

/// The room for all request bodies that are held at once. A body that finds none waits.
pub(crate) struct Bodies(Arc<Semaphore>);

/// A whole request body and the room it takes.
pub(crate) struct Body {
    bytes: Bytes,
    room: Option<OwnedSemaphorePermit>,
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
        if body.is_end_stream() {
            return Ok(Body { bytes: Bytes::new(), room: None });
        }
        if body.size_hint().lower() > limits::REQUEST_BODY_BYTES_MAX as u64 {
            return Err(Problem::BodyTooLarge);
        }
        match timeout(limits::REQUEST_BODY_TIMEOUT, self.collect(Pin::new(&mut body))).await {
            Ok(read) => read,
            Err(_) => Err(Problem::BodyIncomplete),
        }
    }

    async fn collect<B>(&self, mut body: Pin<&mut B>) -> Result<Body, Problem>
    where
        B: HttpBody<Data = Bytes>,
    {
        let mut room = None;
        let mut gather = Gather::new(limits::REQUEST_BODY_BYTES_MAX);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Problem::BodyIncomplete)?;
            // Trailers are dropped.
            let data = frame.into_data().unwrap_or_else(|_| Bytes::new());
            let bytes = data.len();
            gather.push(data).map_err(|_| Problem::BodyTooLarge)?;
            self.take(&mut room, bytes).await?;
        }
        Ok(Body { bytes: gather.whole(), room })
    }

    async fn take(&self, room: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), Problem> {
        // A frame is smaller than the largest body, which is smaller than 4 GiB; the semaphore is never closed.
        let bytes = u32::try_from(bytes).map_err(|_| Problem::BodyTooLarge)?;
        let more = self.0.clone().acquire_many_owned(bytes).await.map_err(|_| Problem::Internal)?;
        match room {
            Some(room) => room.merge(more),
            None => *room = Some(more),
        }
        Ok(())
    }
}

impl Body {
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What is left for another claim once this body is given away: an empty one costs nothing.
    pub(crate) fn again(&self) -> Option<Self> {
        self.bytes.is_empty().then(|| Self { bytes: Bytes::new(), room: None })
    }

    /// The bytes, and the room that must be held as long as they are.
    pub(crate) fn into_parts(self) -> (Bytes, Option<OwnedSemaphorePermit>) {
        (self.bytes, self.room)
    }
}
