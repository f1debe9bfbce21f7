//! What the gateway has seen of its Redis: its time, its occupancy, and the epoch of its records.
//!
//! An epoch begins when an operator says so (`outcall-gateway accept-loss`), and only then. Its ID is lost with the
//! records, so that no gateway takes an empty server for a complete one. Within an epoch every change of an unsafe key
//! is counted: a server that has counted less than a gateway has seen was restored from an older state, or is a replica
//! that took over without the latest changes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::reply::Reply;
use crate::ledger::{Occupancy, Timestamp};

/// The latest news of all replies.
pub(super) struct Seen(Mutex<Latest>);

struct Latest {
    at: Instant,
    now: Timestamp,
    occupancy: Occupancy,
    epoch: Epoch,
}

/// An epoch, and how far it was seen to have come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Epoch {
    /// Empty before the first one; a later one is greater.
    pub(super) id: String,
    pub(super) serial: u64,
}

impl Seen {
    /// Nothing was seen yet.
    pub(super) fn nothing() -> Self {
        let (now, occupancy) = (Timestamp::from_millis(0), Occupancy::default());
        Self(Mutex::new(Latest { at: Instant::now(), now, occupancy, epoch: Epoch::default() }))
    }

    /// Takes note of what a reply says. What is not `durable` yet may be lost by a crash, which is then no loss of anything
    /// that somebody has relied on: only what is counts as seen.
    pub(super) fn hear(&self, reply: &Reply, durable: bool) {
        let mut latest = self.lock();
        latest.at = Instant::now();
        latest.now = reply.now;
        latest.occupancy = reply.occupancy;
        if reply.epoch > latest.epoch.id {
            tracing::info!(epoch = reply.epoch, "the ledger's records are taken for complete from now on");
            latest.epoch = Epoch { id: reply.epoch.clone(), serial: if durable { reply.serial } else { 0 } };
        } else if durable && reply.epoch == latest.epoch.id {
            // Replies may overtake each other.
            latest.epoch.serial = latest.epoch.serial.max(reply.serial);
        }
    }

    /// Redis' time now: as it last said, and the time since.
    pub(super) fn now(&self) -> Timestamp {
        let latest = self.lock();
        latest.now.after(latest.at.elapsed())
    }

    pub(super) fn occupancy(&self) -> Occupancy {
        self.lock().occupancy
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.lock().epoch.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Latest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
