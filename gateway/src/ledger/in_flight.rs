//! A key whose leader is at work in this process, and those who wait for it.

use super::{Claim, Ending, Request, Waiter, word::Teller};
use crate::limits;

/// A key in flight. Ended, it wakes everybody at once.
pub(super) struct InFlight {
    pub(super) request: Request,
    ending: Teller<Ending>,
}

impl InFlight {
    /// A key in flight, and the leader's own place among those who wait.
    pub(super) fn new(request: Request) -> (Self, Waiter) {
        let (ending, hearer) = Teller::new();
        (Self { request, ending }, Waiter::new(hearer))
    }

    /// One more follower, if there is a place.
    pub(super) fn follow(&self) -> Claim {
        // The leader's own client is one of those who wait; beside it there is room for the followers.
        if self.ending.hearers() > limits::WAITERS_PER_KEY {
            return Claim::Crowded;
        }
        Claim::Follow(Waiter::new(self.ending.hearer()))
    }

    /// Whether anybody waits.
    pub(super) fn is_watched(&self) -> bool {
        self.ending.hearers() > 0
    }

    /// Wakes everybody who waits.
    pub(super) fn end(self, ending: Ending) {
        self.ending.say(ending);
    }
}
