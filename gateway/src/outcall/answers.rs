//! The room for the answers of upstreams while they are read and made canonical.
//!
//! A claim has room in the ledger for its finished answer. What the upstream sends may be larger, where jq or canonical
//! JSON is to shrink it; this bounds what all calls together may hold of that.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::{canonical, config::Route, limits};

/// Room for raw answers, and places for those that take a while to be made canonical.
pub(crate) struct Answers {
    room: Arc<Semaphore>,
    places: Semaphore,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self {
            room: Arc::new(Semaphore::new(limits::ANSWERS_BYTES_MAX)),
            places: Semaphore::new(limits::FINISHING_MAX),
        }
    }

    /// Room for the largest answer that the route reads, held until it is dropped; none when there is not enough.
    pub(super) fn room(&self, route: &Route) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(canonical::body_bytes_max(&route.response)).ok()?;
        self.room.clone().try_acquire_many_owned(bytes).ok()
    }

    /// A place, as soon as there is one. The semaphore is never closed; were it, the bound would be gone, not the answer.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }
}
