//! A key while it is led here, and its upstream call: however they end, they are counted once.

use std::sync::Arc;

use outcall_protocol::digest::Digest;
use tokio::time::Instant;

use super::{CallEnd, Counts, Ended, Held, KeyEnd};
use crate::{
    error::{Executed, Problem},
    ledger::{Settlement, Timestamp},
};

/// Counts the end of a key. Dropped without one, its leader was lost.
pub(crate) struct Leading {
    counts: Arc<Counts>,
    id: Digest,
    started: Instant,
    ended: bool,
}

/// Counts an upstream call. Dropped without an end, it was cut off.
pub(crate) struct Calling<'a> {
    counts: &'a Counts,
    deferred: bool,
    started: Instant,
    end: CallEnd,
    _now: Held,
}

impl Leading {
    pub(crate) fn new(counts: Arc<Counts>, id: Digest) -> Self {
        Self { counts, id, started: Instant::now(), ended: false }
    }

    /// It was settled so, at this ledger time.
    pub(crate) fn settled(mut self, settlement: &Settlement, now: Timestamp) {
        self.ended = true;
        self.counts.key(end_of(settlement));
        let ended = Ended::of(settlement, now, Some(self.started.elapsed()));
        self.counts.recent.ended(&self.id, ended);
    }

    /// It was told what has become of another key, which counts its own end.
    pub(crate) fn told(mut self, settlement: &Settlement, now: Timestamp) {
        self.ended = true;
        self.counts.key(KeyEnd::Answered);
        self.counts.recent.ended(&self.id, Ended::of(settlement, now, Some(self.started.elapsed())));
    }

    /// Its claim could not be made durable, and nothing was sent.
    pub(crate) fn refused(mut self) {
        self.ended = true;
        self.counts.key(KeyEnd::Refused);
    }
}

impl Drop for Leading {
    fn drop(&mut self) {
        if !self.ended {
            self.counts.key(KeyEnd::Lost);
        }
    }
}

impl<'a> Calling<'a> {
    /// A call; `deferred`, if nobody waits for it.
    pub(crate) fn begin(counts: &'a Counts, deferred: bool) -> Self {
        Self { counts, deferred, started: Instant::now(), end: CallEnd::Cut, _now: counts.calls_now.hold() }
    }

    /// It ended so.
    pub(crate) fn ended(mut self, end: CallEnd) {
        self.end = end;
    }
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        self.counts.call(self.end, self.started.elapsed(), self.deferred);
    }
}

fn end_of(settlement: &Settlement) -> KeyEnd {
    match (settlement.answer.problem(), settlement.executed()) {
        (None, _) => KeyEnd::Answered,
        (Some(Problem::OutcomeUnknown), _) => KeyEnd::Unknown,
        (_, Some(Executed::No)) => KeyEnd::Refused,
        _ => KeyEnd::Failed,
    }
}
