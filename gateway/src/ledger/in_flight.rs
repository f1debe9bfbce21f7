//! A key whose leader is at work in this process, and those who wait for it.

use tokio::sync::watch;

use super::{Claim, Ending, Request, Waiter};
use crate::limits;

/// A key in flight. Ended, it wakes everybody at once.
pub(super) struct InFlight {
    pub(super) request: Request,
    ending: watch::Sender<Option<Ending>>,
}

impl InFlight {
    /// A key in flight, and the leader's own place among those who wait.
    pub(super) fn new(request: Request) -> (Self, Waiter) {
        let (ending, receiver) = watch::channel(None);
        (Self { request, ending }, Waiter::new(receiver))
    }

    /// One more follower, if there is a place.
    pub(super) fn follow(&self) -> Claim {
        // The leader's own client is one of the receivers; beside it there is room for the followers.
        if self.ending.receiver_count() > limits::WAITERS_PER_KEY {
            return Claim::Crowded;
        }
        Claim::Follow(Waiter::new(self.ending.subscribe()))
    }

    /// Whether anybody waits.
    pub(super) fn is_watched(&self) -> bool {
        self.ending.receiver_count() > 0
    }

    /// Wakes everybody who waits.
    pub(super) fn end(self, ending: Ending) {
        self.ending.send_replace(Some(ending));
    }
}
