//! A key while it is led here, and its upstream call: however they end, they are counted once.

use std::{sync::Arc, time::Duration};

use http::Method;
use outcall_protocol::digest::Digest;
use tokio::time::Instant;

use super::{CallEnd, Counts, Ended, Held, KeyEnd};
use crate::{
    error::{Executed, Problem},
    ledger::{Settlement, Timestamp},
    traces::{Kind, Span, SpanId},
    upstream::{Failure, Received},
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
    called: Called<'a>,
    started: Instant,
    end: CallEnd,
    status: Option<u16>,
    _now: Held,
}

/// For whom an upstream is called.
pub(crate) struct Called<'a> {
    pub(crate) id: Digest,
    pub(crate) method: &'a Method,
    /// The request that leads.
    pub(crate) by: SpanId,
    /// Whether its answer is asked for later, and nobody waits.
    pub(crate) deferred: bool,
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
    pub(crate) fn begin(counts: &'a Counts, called: Called<'a>) -> Self {
        let (started, now) = (Instant::now(), counts.calls_now.hold());
        Self { counts, called, started, end: CallEnd::Cut, status: None, _now: now }
    }

    /// Whoever wanted it wants it no more.
    pub(crate) fn cancelled(mut self) {
        self.end = CallEnd::Cancelled;
    }

    /// It ended so.
    pub(crate) fn ended(mut self, ended: &Result<Received, Failure>) {
        self.end = CallEnd::of(ended);
        self.status = match ended {
            Ok(Received { status, .. }) | Err(Failure::TooLarge { status }) => Some(status.as_u16()),
            Err(_) => None,
        };
    }

    fn span(&self, took: Duration) -> Span {
        let mut span = Span::ended(Kind::Client, SpanId::random(), Some(&self.called.id), took);
        span.child_of(self.called.by);
        span.named(self.called.method, Some(&self.counts.route));
        span.say("http.response.status_code", self.status);
        span.say("outcall.call", Some(self.end.name()));
        match (self.end, self.status) {
            (CallEnd::Complete, Some(status @ 400..)) => span.failed(&status.to_string()),
            (CallEnd::Complete, _) => {}
            (end, _) => span.failed(end.name()),
        }
        span
    }
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        self.counts.call(self.end, took, self.called.deferred);
        self.counts.traces.tell(|| self.span(took));
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
