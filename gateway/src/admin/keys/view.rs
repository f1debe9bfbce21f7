//! A key as the API tells of it.

use outcall_protocol::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::{
    ledger::{Record, Standing, Timestamp},
    stats::{Ended, Seen},
};

/// Some keys, and where the rest begins.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Page {
    /// The latest first.
    pub(crate) keys: Vec<Key>,
    /// What `before` has to be for the next ones; null when there are none.
    pub(crate) next: Option<String>,
}

/// What is known of a key. What is not known is null: of a key that this process has neither led nor waited for, the ledger
/// has no more than how it ended.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Key {
    pub(crate) digest: String,
    pub(crate) state: State,
    pub(crate) route: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) caller: Option<String>,
    /// Whether asking the upstream again can do no harm.
    pub(crate) repeatable: Option<bool>,
    /// Since it came here first; otherwise since it was settled.
    pub(crate) age_seconds: f64,
    pub(crate) expires_in_seconds: Option<f64>,
    pub(crate) status: Option<u16>,
    pub(crate) upstream_status: Option<u16>,
    /// The kind of problem that the answer tells of, if it is one of ours.
    pub(crate) problem: Option<String>,
    pub(crate) body_bytes: Option<usize>,
    /// From its claim to its end, where it was led here.
    pub(crate) took_seconds: Option<f64>,
    /// To how many replicas this process has served it.
    pub(crate) replicas: Option<Replicas>,
}

/// In which state a key is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// Its leader is at work.
    InFlight,
    /// Its answer is known.
    Settled,
    /// Its leader was lost, and it may be led again.
    Lost,
    /// Nothing is known of it any more.
    Expired,
}

/// To how many replicas a key was served, and how.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Replicas {
    pub(crate) all: u64,
    pub(crate) leader: u32,
    pub(crate) followers: u32,
    pub(crate) replays: u32,
    /// Replays more than a minute after the answer was recorded.
    pub(crate) late: u32,
}

impl Key {
    /// As this process has seen it.
    pub(super) fn of(seen: &Seen, now: Timestamp) -> Self {
        let ended = seen.key.ended;
        let state = match ended {
            None => State::InFlight,
            Some(ended) if ended.expires <= now => State::Expired,
            Some(_) => State::Settled,
        };
        Self::new(seen.key.id, state, now.since(seen.key.since).as_secs_f64()).seen(seen).ended(ended, now)
    }

    /// As it stands in the ledger, with what this process has seen of it.
    pub(super) fn standing(id: Digest, seen: Option<&Seen>, standing: &Standing, now: Timestamp) -> Self {
        let (state, record) = match standing {
            Standing::Absent => (State::Expired, None),
            Standing::InFlight => (State::InFlight, None),
            Standing::Lost => (State::Lost, None),
            Standing::Settled(record) => (State::Settled, Some(&**record)),
        };
        let took = seen.and_then(|seen| seen.key.ended).and_then(|ended| ended.took);
        let ended = record.map(|record| {
            let Record { settlement, settled, expires, .. } = record;
            Ended { expires: *expires, ..Ended::of(settlement, *settled, took) }
        });
        let since = seen.map(|seen| seen.key.since).or(record.map(|record| record.settled));
        let age = since.map_or(0.0, |since| now.since(since).as_secs_f64());
        let key = Self::new(id, state, age).ended(ended, now);
        seen.into_iter().fold(key, Self::seen)
    }

    fn new(id: Digest, state: State, age_seconds: f64) -> Self {
        Self {
            digest: id.to_string(),
            state,
            route: None,
            method: None,
            caller: None,
            repeatable: None,
            age_seconds,
            expires_in_seconds: None,
            status: None,
            upstream_status: None,
            problem: None,
            body_bytes: None,
            took_seconds: None,
            replicas: None,
        }
    }

    fn seen(self, Seen { key, replicas }: &Seen) -> Self {
        Self {
            route: Some(key.route.to_string()),
            method: Some(key.method.to_string()),
            caller: (!key.caller.is_empty()).then(|| key.caller.to_string()),
            repeatable: Some(key.repeatable),
            replicas: Some(Replicas {
                all: replicas.all(),
                leader: replicas.lead,
                followers: replicas.follow,
                replays: replicas.replay,
                late: replicas.late,
            }),
            ..self
        }
    }

    fn ended(self, ended: Option<Ended>, now: Timestamp) -> Self {
        let Some(ended) = ended else { return self };
        Self {
            expires_in_seconds: Some(ended.expires.since(now).as_secs_f64()),
            status: Some(ended.status.as_u16()),
            upstream_status: ended.upstream_status,
            problem: ended.problem.map(|problem| problem.facts().kind.to_owned()),
            body_bytes: Some(ended.body_bytes),
            took_seconds: ended.took.map(|took| took.as_secs_f64()),
            ..self
        }
    }
}

/// Where a list goes on behind this key.
pub(super) fn cursor_of(seen: &Seen) -> String {
    format!("{}-{}", seen.key.since.as_millis(), seen.key.id)
}

/// The place that such a text names.
pub(super) fn cursor(text: &str) -> Option<(Timestamp, Digest)> {
    let (since, id) = text.split_once('-')?;
    Some((Timestamp::from_millis(since.parse().ok()?), Digest::from_hex(id)?))
}
