//! The counts of one route.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use outcall_protocol::digest::Digest;

use super::{Gauge, Histogram, How, Recent};
use crate::{
    error::Problem,
    traces::Traces,
    upstream::{Failure, Received},
};

/// Cycles that a node is charged for a millisecond of waiting, under the pay-as-you-go price (rs/https_outcalls/pricing of
/// dfinity/ic).
const CYCLES_PER_MILLISECOND: u64 = 300;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It made the upstream call.
    Lead,
    /// It waited for the call of another.
    Follow,
    /// Its answer was known.
    Replay,
    /// Its key belongs to another request.
    Conflict,
    /// It was turned away, without a part in any outcall.
    Refused,
    /// It asked for what the gateway itself says: its public keys, or whether a browser may ask.
    Own,
    /// Its client left before the answer.
    Left,
}

impl Part {
    pub(crate) const ALL: [Self; 7] =
        [Self::Lead, Self::Follow, Self::Replay, Self::Conflict, Self::Refused, Self::Own, Self::Left];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Follow => "follow",
            Self::Replay => "replay",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
            Self::Own => "own",
            Self::Left => "left",
        }
    }
}

/// How an upstream call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallEnd {
    /// With a whole answer.
    Complete,
    /// Nothing was sent.
    NothingSent,
    /// The host is not public: nothing was sent.
    NotPublic,
    /// It broke off after something was sent.
    BrokenOff,
    /// It took too long.
    TimedOut,
    /// Its answer is too large.
    TooLarge,
    /// Whoever asked for it wanted it to end.
    Cancelled,
    /// It was cut off by the end of the drain.
    Cut,
}

impl CallEnd {
    pub(crate) const ALL: [Self; 8] = [
        Self::Complete,
        Self::NothingSent,
        Self::NotPublic,
        Self::BrokenOff,
        Self::TimedOut,
        Self::TooLarge,
        Self::Cancelled,
        Self::Cut,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::NothingSent => "nothing_sent",
            Self::NotPublic => "not_public",
            Self::BrokenOff => "broken_off",
            Self::TimedOut => "timed_out",
            Self::TooLarge => "too_large",
            Self::Cancelled => "cancelled",
            Self::Cut => "cut",
        }
    }

    pub(crate) fn of(ended: &Result<Received, Failure>) -> Self {
        match ended {
            Ok(_) => Self::Complete,
            Err(Failure::NothingSent) => Self::NothingSent,
            Err(Failure::NotPublic) => Self::NotPublic,
            Err(Failure::BrokenOff) => Self::BrokenOff,
            Err(Failure::TimedOut) => Self::TimedOut,
            Err(Failure::TooLarge { .. }) => Self::TooLarge,
        }
    }
}

/// How a key ended that was led here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyEnd {
    /// With an answer of the upstream.
    Answered,
    /// With a refusal of ours behind a call that was made, or tried.
    Failed,
    /// With a refusal, and nothing was executed.
    Refused,
    /// Nobody knows whether it was executed.
    Unknown,
    /// Its leader was lost.
    Lost,
}

impl KeyEnd {
    pub(crate) const ALL: [Self; 5] =
        [Self::Answered, Self::Failed, Self::Refused, Self::Unknown, Self::Lost];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Lost => "lost",
        }
    }
}

/// What a route has done since the start.
pub(crate) struct Counts {
    /// The path of the route.
    pub(crate) route: Arc<str>,
    pub(super) recent: Arc<Recent>,
    pub(crate) traces: Arc<Traces>,
    requests: [AtomicU64; Part::ALL.len()],
    problems: [AtomicU64; Problem::ALL.len()],
    body_bytes: AtomicU64,
    cycles_saved: AtomicU64,
    keys: [AtomicU64; KeyEnd::ALL.len()],
    calls: [AtomicU64; CallEnd::ALL.len()],
    /// How long requests took, from their head to their answer.
    pub(crate) answering: Histogram,
    /// How long upstream calls took, with all their attempts.
    pub(crate) calling: Histogram,
    /// Those among them for which replicas waited: how many, and for how long together, in microseconds.
    waited: [AtomicU64; 2],
    /// Upstream calls under way.
    pub(crate) calls_now: Gauge,
    /// Requests that wait for the call of another.
    pub(crate) followers: Gauge,
}

impl Counts {
    pub(super) fn new(route: &str, recent: &Arc<Recent>, traces: &Arc<Traces>) -> Self {
        Self {
            route: route.into(),
            recent: recent.clone(),
            traces: traces.clone(),
            requests: Default::default(),
            problems: std::array::from_fn(|_| AtomicU64::new(0)),
            body_bytes: AtomicU64::new(0),
            cycles_saved: AtomicU64::new(0),
            keys: Default::default(),
            calls: Default::default(),
            answering: Histogram::default(),
            calling: Histogram::default(),
            waited: Default::default(),
            calls_now: Gauge::default(),
            followers: Gauge::default(),
        }
    }

    /// A request is over.
    pub(crate) fn request(&self, part: Part, took: Duration, body_bytes: usize, problem: Option<Problem>) {
        add(&self.requests[part as usize], 1);
        add(&self.body_bytes, body_bytes as u64);
        let micros = self.answering.count(took);
        if let Some(problem) = problem {
            add(&self.problems[problem as usize], 1);
        }
        if matches!(part, Part::Follow | Part::Replay)
            && let Some(alone) = get(&self.waited[1]).checked_div(get(&self.waited[0]))
        {
            add(&self.cycles_saved, alone.saturating_sub(micros) * CYCLES_PER_MILLISECOND / 1_000);
        }
    }

    /// An upstream call is over; `deferred`, if no replica has waited for it: then none can have waited shorter.
    pub(crate) fn call(&self, end: CallEnd, took: Duration, deferred: bool) {
        add(&self.calls[end as usize], 1);
        let micros = self.calling.count(took);
        if !deferred {
            add(&self.waited[0], 1);
            add(&self.waited[1], micros);
        }
    }

    /// A key that was led here has its end.
    pub(crate) fn key(&self, end: KeyEnd) {
        add(&self.keys[end as usize], 1);
    }

    /// A replica has its answer.
    pub(crate) fn served(&self, id: &Digest, how: How) {
        self.recent.served(id, how);
    }

    /// Requests that ended so.
    pub(crate) fn requests(&self, part: Part) -> u64 {
        get(&self.requests[part as usize])
    }

    /// Answers of ours that said so.
    pub(crate) fn problems(&self, problem: Problem) -> u64 {
        get(&self.problems[problem as usize])
    }

    /// Keys led here that ended so.
    pub(crate) fn keys(&self, end: KeyEnd) -> u64 {
        get(&self.keys[end as usize])
    }

    /// Upstream calls that ended so.
    pub(crate) fn calls(&self, end: CallEnd) -> u64 {
        get(&self.calls[end as usize])
    }

    /// Requests that were answered from the call of another.
    pub(crate) fn saved(&self) -> u64 {
        self.requests(Part::Follow) + self.requests(Part::Replay)
    }

    /// Bytes of bodies that were answered.
    pub(crate) fn body_bytes(&self) -> u64 {
        get(&self.body_bytes)
    }

    /// An estimate of the cycles that shorter waits have saved.
    pub(crate) fn cycles_saved(&self) -> u64 {
        get(&self.cycles_saved)
    }
}

/// No count is anything that others are judged by.
fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

fn get(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_place_of_its_own() {
        assert!(Part::ALL.iter().enumerate().all(|(at, part)| *part as usize == at));
        assert!(CallEnd::ALL.iter().enumerate().all(|(at, end)| *end as usize == at));
        assert!(KeyEnd::ALL.iter().enumerate().all(|(at, end)| *end as usize == at));
        assert!(Problem::ALL.iter().enumerate().all(|(at, problem)| *problem as usize == at));
    }

    #[test]
    fn cycles_are_saved_by_those_who_wait_shorter_than_a_call_takes() {
        let counts = Counts::new("/r", &Arc::default(), &Arc::default());
        let (short, long) = (Duration::from_millis(20), Duration::from_millis(100));
        counts.request(Part::Replay, short, 10, None);
        assert_eq!(counts.cycles_saved(), 0, "nobody knows yet how long a call takes");
        counts.call(CallEnd::Complete, 100 * long, true);
        counts.request(Part::Replay, short, 10, None);
        assert_eq!(counts.cycles_saved(), 0, "nobody waits for a call behind a ticket");
        counts.call(CallEnd::Complete, long, false);
        counts.request(Part::Lead, short, 10, None);
        counts.request(Part::Follow, long, 10, None);
        assert_eq!(counts.cycles_saved(), 0);
        counts.request(Part::Replay, short, 10, None);
        assert_eq!(counts.cycles_saved(), 80 * CYCLES_PER_MILLISECOND);
        assert_eq!((counts.saved(), counts.body_bytes()), (4, 50));
    }
}
