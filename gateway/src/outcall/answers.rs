//! The room for the answers of upstreams while they are read and made canonical.
//!
//! A claim has room in the ledger for its finished answer. What the upstream sends may be larger, where jq or canonical
//! JSON is to shrink it; this bounds what all calls together may hold of that. Those behind tickets hold theirs for
//! minutes, and may have half of it at the most: half of it is always the others'.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::{canonical, config::Route, limits};

/// Room for raw answers, and places for those that take a while to be made canonical.
pub(crate) struct Answers {
    room: Arc<Semaphore>,
    behind_tickets: Arc<Semaphore>,
    places: Semaphore,
}

/// Room for one raw answer; given back when dropped.
pub(crate) struct Room {
    _held: OwnedSemaphorePermit,
    _behind_tickets: Option<OwnedSemaphorePermit>,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self {
            room: Arc::new(Semaphore::new(limits::ANSWERS_BYTES_MAX)),
            behind_tickets: Arc::new(Semaphore::new(limits::RUNNING_ANSWERS_BYTES_MAX)),
            places: Semaphore::new(limits::FINISHING_MAX),
        }
    }

    /// Room for the largest answer that the route reads; none when there is not enough.
    pub(super) fn room(&self, route: &Route) -> Option<Room> {
        let bytes = u32::try_from(canonical::body_bytes_max(&route.response)).ok()?;
        let from = |room: &Arc<Semaphore>| room.clone().try_acquire_many_owned(bytes).ok();
        let behind_tickets = match route.respond_async {
            Some(_) => Some(from(&self.behind_tickets)?),
            None => None,
        };
        Some(Room { _held: from(&self.room)?, _behind_tickets: behind_tickets })
    }

    /// A place, as soon as there is one. The semaphore is never closed; were it, the bound would be gone, not the answer.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }
}
