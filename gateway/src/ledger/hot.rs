//! Records at hand: a bounded cache in front of a store, so that replays do not ask it.
//!
//! It holds what is recorded, which does not change while it lives, and is never the memory of which keys exist: what is
//! not here may be in the store.

use std::sync::Arc;

use moka::sync::Cache;
use outcall_protocol::digest::Digest;

use super::{Record, Timestamp};
use crate::limits;

/// Recently used records.
pub(super) struct Hot(Cache<Digest, Arc<Record>>);

impl Hot {
    /// A cache for so many bytes of records, overheads included.
    pub(super) fn new(bytes: u64) -> Self {
        Self(Cache::builder().max_capacity(bytes).weigher(weight).build())
    }

    /// The record of this key, if it is at hand and still lives.
    pub(super) fn get(&self, id: &Digest, now: Timestamp) -> Option<Arc<Record>> {
        self.0.get(id).filter(|record| now < record.expires)
    }

    /// An operator has had this key forgotten.
    pub(super) fn forget(&self, id: &Digest) {
        self.0.invalidate(id);
    }

    /// Nothing is at hand any more.
    pub(super) fn clear(&self) {
        self.0.invalidate_all();
    }

    /// Has the record at hand.
    pub(super) fn insert(&self, record: &Arc<Record>) {
        self.0.insert(record.request.id, record.clone());
    }
}

fn weight(_: &Digest, record: &Arc<Record>) -> u32 {
    let bytes = record.settlement.answer.bytes() as u64 + limits::RECORD_OVERHEAD_BYTES;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
