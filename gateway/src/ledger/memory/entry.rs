//! The three states that a known key can be in.

use std::sync::Arc;

use outcall_protocol::digest::Digest;

use super::{Ending, InFlight, Record, Repeat, Request, Reservation, Terms, Timestamp};

pub(super) enum Entry {
    InFlight(InFlight),
    Settled(Settled),
    Lost(Lost),
}

/// A key with its answer, and the room that the answer takes.
pub(super) struct Settled {
    pub(super) record: Arc<Record>,
    /// Given back when the record leaves. The record of a lost claim is small and takes none.
    pub(super) _reservation: Option<Reservation>,
}

/// A key that may be led again and whose leader is gone.
#[derive(Clone)]
pub(super) struct Lost {
    request: Request,
    repeat: Repeat,
    configuration: Digest,
    pub(super) until: Timestamp,
}

impl Entry {
    pub(super) fn request(&self) -> &Request {
        match self {
            Self::InFlight(running) => &running.request,
            Self::Settled(settled) => &settled.record.request,
            Self::Lost(lost) => &lost.request,
        }
    }

    /// Wakes everybody who waits for this key, if it was in flight.
    pub(super) fn end(self, ending: Ending) {
        if let Self::InFlight(running) = self {
            running.end(ending);
        }
    }
}

impl Lost {
    pub(super) fn new(request: Request, terms: &Terms, now: Timestamp) -> Self {
        let until = now.after(terms.lost_life());
        Self { request, repeat: terms.repeat, configuration: terms.configuration, until }
    }

    /// Whether a request under these terms may lead in place of the one that was lost.
    pub(super) fn may_be_led_under(&self, terms: &Terms) -> bool {
        self.repeat.allows(&self.configuration, &terms.configuration)
    }
}
