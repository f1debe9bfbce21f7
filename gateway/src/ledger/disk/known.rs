//! Which keys have a record on the disk, so that a fresh key is known to be fresh without asking the disk.
//!
//! Most keys that are asked for are in memory or nowhere. To look for the latter on the disk would take a thread that may
//! wait, and cost more than all the rest of a claim. So a set answers, which errs on one side only: what is not in it is not
//! on the disk. A key is added before its record is written, and taken away after the record is gone.
//!
//! A key is kept as half of its digest: 35 MB for a million of them. That two records share their halves takes chance
//! 2^88 records; then the end of one would hide the other.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

const SHARDS: usize = 64;

/// The keys of records, spread over shards.
pub(super) struct Known([Mutex<HashSet<u128>>; SHARDS]);

impl Default for Known {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Known {
    /// Whether there may be a record of this key.
    pub(super) fn may_have(&self, key: &[u8]) -> bool {
        let half = half(key);
        self.of(half).contains(&half)
    }

    /// A record of this key is about to be written.
    pub(super) fn add(&self, key: &[u8]) {
        let half = half(key);
        self.of(half).insert(half);
    }

    /// The record of this key is gone.
    pub(super) fn remove(&self, key: &[u8]) {
        let half = half(key);
        self.of(half).remove(&half);
    }

    fn of(&self, half: u128) -> MutexGuard<'_, HashSet<u128>> {
        // Any part of a digest spreads the keys evenly.
        self.0[half as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first half of a digest. What is shorter is no key of a record.
fn half(key: &[u8]) -> u128 {
    key.first_chunk().map_or(0, |half| u128::from_be_bytes(*half))
}
