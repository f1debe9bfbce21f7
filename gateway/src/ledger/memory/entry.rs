//! The three states that a known key can be in.

use std::sync::Arc;

use http::HeaderName;
use outcall_protocol::{digest::Digest, fingerprint::Fingerprint};
use tokio::sync::watch;

use super::{Claim, Ending, Record, Repeat, Request, Reservation, Terms, Waiter};
use crate::limits;

pub(super) enum Entry {
    InFlight(InFlight),
    Settled(Settled),
    Lost(Lost),
}

/// A key whose leader is upstream.
pub(super) struct InFlight {
    request: Request,
    ending: watch::Sender<Option<Ending>>,
}

/// A key with its answer, and the room that the answer takes.
pub(super) struct Settled {
    pub(super) record: Arc<Record>,
    /// Given back when the record leaves. The record of a lost claim is small and takes none.
    pub(super) _reservation: Option<Reservation>,
}

/// A key that is safe to repeat and whose leader is gone.
pub(super) struct Lost {
    request: Request,
    repeat: Repeat,
    configuration: Digest,
}

impl Entry {
    pub(super) fn names(&self) -> &Arc<[HeaderName]> {
        match self {
            Self::InFlight(running) => &running.request.names,
            Self::Settled(settled) => &settled.record.names,
            Self::Lost(lost) => &lost.request.names,
        }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::InFlight(running) => running.request.fingerprint,
            Self::Settled(settled) => settled.record.fingerprint,
            Self::Lost(lost) => lost.request.fingerprint,
        }
    }

    /// Wakes everybody who waits for this key, if it was in flight.
    pub(super) fn end(self, ending: Ending) {
        if let Self::InFlight(running) = self {
            running.ending.send_replace(Some(ending));
        }
    }
}

impl InFlight {
    /// A key in flight, and the leader's own place among those who wait.
    pub(super) fn new(request: Request) -> (Self, Waiter) {
        let (ending, receiver) = watch::channel(None);
        (Self { request, ending }, Waiter::new(receiver))
    }

    pub(super) fn follow(&self) -> Claim {
        // The leader's own client is one of the receivers; beside it there is room for the followers.
        if self.ending.receiver_count() > limits::WAITERS_PER_KEY {
            return Claim::Crowded;
        }
        Claim::Follow(Waiter::new(self.ending.subscribe()))
    }
}

impl Lost {
    pub(super) fn new(request: Request, terms: &Terms) -> Self {
        Self { request, repeat: terms.repeat, configuration: terms.configuration }
    }

    /// Whether a request under these terms may lead in place of the one that was lost.
    pub(super) fn may_be_led_under(&self, terms: &Terms) -> bool {
        match self.repeat {
            Repeat::Never => false,
            Repeat::Always => true,
            Repeat::SameConfiguration => self.configuration == terms.configuration,
        }
    }
}
