//! The keys of late, and how many replicas each was served to.
//!
//! A bounded table in groups of eight. The tags of a group lie side by side, so a replay finds its key by one look at them
//! and adds to its count without a lock. A new key takes the place of the oldest of its group, under the group's own lock.
//! Between the look and the addition a key may have given its place to another: then one replica is counted for that.

use std::{
    cmp::Reverse,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{Method, StatusCode};
use outcall_protocol::digest::Digest;

use crate::{
    error::Problem,
    ledger::{Settlement, Timestamp},
    limits,
};

const GROUP: usize = 8;
const GROUPS: usize = limits::RECENT_KEYS / GROUP;

/// The table.
pub(crate) struct Recent(Box<[Group]>);

#[derive(Default)]
struct Group {
    /// A part of the digest of each key; 0 where there is none.
    tags: [AtomicU64; GROUP],
    served: [[AtomicU32; How::ALL.len()]; GROUP],
    keys: Mutex<[Option<Box<Key>>; GROUP]>,
}

/// How a replica got its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It led.
    Lead,
    /// It waited for the leader.
    Follow,
    /// It came when the answer was known.
    Replay,
    /// The same, and more than [`limits::LATE_AFTER`] after it was recorded.
    Late,
}

impl How {
    pub(crate) const ALL: [Self; 4] = [Self::Lead, Self::Follow, Self::Replay, Self::Late];
}

/// What is known of a key.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: Digest,
    /// The path of its route.
    pub(crate) route: Arc<str>,
    pub(crate) method: Method,
    /// Nobody, where the name is empty.
    pub(crate) caller: Box<str>,
    /// Whether asking the upstream again can do no harm.
    pub(crate) repeatable: bool,
    /// When it came first.
    pub(crate) since: Timestamp,
    /// Whether it was led by this process.
    pub(crate) led_here: bool,
    pub(crate) ended: Option<Ended>,
}

/// How a key ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) expires: Timestamp,
    pub(crate) status: StatusCode,
    pub(crate) upstream_status: Option<u16>,
    pub(crate) problem: Option<Problem>,
    pub(crate) body_bytes: usize,
    /// From its claim to its end, where it was led here.
    pub(crate) took: Option<Duration>,
}

/// To how many replicas it was served, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Replicas {
    pub(crate) lead: u32,
    pub(crate) follow: u32,
    pub(crate) replay: u32,
    pub(crate) late: u32,
}

/// A key, and to whom it was served.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) key: Key,
    pub(crate) replicas: Replicas,
}

impl Ended {
    pub(crate) fn of(settlement: &Settlement, at: Timestamp, took: Option<Duration>) -> Self {
        let answer = &settlement.answer;
        Self {
            expires: at.after(settlement.life),
            status: answer.status(),
            upstream_status: settlement.upstream_status,
            problem: answer.problem(),
            body_bytes: answer.body().len(),
            took,
        }
    }
}

impl Replicas {
    /// All of them.
    pub(crate) fn all(&self) -> u64 {
        [self.lead, self.follow, self.replay, self.late].into_iter().map(u64::from).sum()
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self((0..GROUPS).map(|_| Group::default()).collect())
    }
}

impl Recent {
    /// A key is led. What was known of an earlier outcall under it is forgotten.
    pub(crate) fn led(&self, key: Key) {
        let (group, tag) = self.group(&key.id);
        let mut keys = group.keys();
        let is_it = |there: &Option<Box<Key>>| there.as_ref().is_some_and(|there| there.id == key.id);
        let place = keys.iter().position(is_it).unwrap_or_else(|| oldest(&keys));
        group.put(place, tag, &mut keys, key);
    }

    /// A key is waited for; whether it was not known here.
    pub(crate) fn followed(&self, id: &Digest, key: impl FnOnce() -> Key) -> bool {
        let (group, tag) = self.group(id);
        if group.place(tag).is_some() {
            return false;
        }
        let mut keys = group.keys();
        if group.place(tag).is_some() {
            return false;
        }
        group.put(oldest(&keys), tag, &mut keys, key());
        true
    }

    /// A key has its end.
    pub(crate) fn ended(&self, id: &Digest, ended: Ended) {
        if let Some(key) = self.group(id).0.keys().iter_mut().flatten().find(|key| key.id == *id) {
            key.ended = Some(ended);
        }
    }

    /// A replica has its answer.
    pub(crate) fn served(&self, id: &Digest, how: How) {
        let (group, tag) = self.group(id);
        if let Some(place) = group.place(tag) {
            group.served[place][how as usize].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// An operator has had this key forgotten.
    pub(crate) fn forget(&self, id: &Digest) {
        let group = self.group(id).0;
        let mut keys = group.keys();
        for (place, key) in keys.iter_mut().enumerate() {
            if key.as_ref().is_some_and(|key| key.id == *id) {
                group.tags[place].store(0, Ordering::Relaxed);
                *key = None;
            }
        }
    }

    /// What is known of this key.
    pub(crate) fn get(&self, id: &Digest) -> Option<Seen> {
        self.group(id).0.seen().into_iter().find(|seen| seen.key.id == *id)
    }

    /// All keys, the latest first.
    pub(crate) fn latest(&self) -> Vec<Seen> {
        let mut all: Vec<Seen> = self.0.iter().flat_map(Group::seen).collect();
        all.sort_unstable_by_key(|seen| Reverse((seen.key.since, seen.key.id)));
        all
    }

    fn group(&self, id: &Digest) -> (&Group, u64) {
        // Any part of a digest spreads the keys evenly.
        let part = |at: usize| id.as_bytes()[at..].first_chunk().map_or(0, |part| u64::from_le_bytes(*part));
        (&self.0[part(0) as usize % GROUPS], part(8) | 1)
    }
}

impl Group {
    fn place(&self, tag: u64) -> Option<usize> {
        self.tags.iter().position(|there| there.load(Ordering::Relaxed) == tag)
    }

    fn put(&self, place: usize, tag: u64, keys: &mut [Option<Box<Key>>; GROUP], key: Key) {
        self.tags[place].store(tag, Ordering::Relaxed);
        self.served[place].iter().for_each(|count| count.store(0, Ordering::Relaxed));
        keys[place] = Some(Box::new(key));
    }

    fn seen(&self) -> Vec<Seen> {
        let keys = self.keys();
        let seen = keys.iter().zip(&self.served).filter_map(|(key, served)| {
            let count = |how: How| served[how as usize].load(Ordering::Relaxed);
            let replicas = Replicas {
                lead: count(How::Lead),
                follow: count(How::Follow),
                replay: count(How::Replay),
                late: count(How::Late),
            };
            Some(Seen { key: Key::clone(key.as_ref()?), replicas })
        });
        seen.collect()
    }

    /// Nothing that runs under the lock can panic half-way through a change.
    fn keys(&self) -> MutexGuard<'_, [Option<Box<Key>>; GROUP]> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An empty place, or that of the key which came first.
fn oldest(keys: &[Option<Box<Key>>; GROUP]) -> usize {
    let since = |key: &Option<Box<Key>>| key.as_ref().map(|key| key.since);
    (0..GROUP).min_by_key(|place| since(&keys[*place])).unwrap_or_default()
}

#[cfg(test)]
mod tests;
