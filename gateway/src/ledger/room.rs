//! Room in the ledger: taken when a key is claimed, given back when its record leaves.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A fixed number of bytes, shared out in reservations.
pub(super) struct Room {
    bytes_max: u64,
    taken: AtomicU64,
}

impl Room {
    pub(super) fn new(bytes_max: u64) -> Arc<Self> {
        Arc::new(Self { bytes_max, taken: AtomicU64::new(0) })
    }

    /// Takes what records hold that were there before, whether there is room for it or not.
    pub(super) fn take(&self, bytes: u64) {
        self.taken.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Gives back what a record held whose reservation was [kept](Reservation::keep).
    pub(super) fn give_back(&self, bytes: u64) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Takes `bytes`, or nothing when they are not free.
    pub(super) fn reserve(self: &Arc<Self>, bytes: u64) -> Option<Reservation> {
        let fits = |taken: u64| taken.checked_add(bytes).filter(|sum| *sum <= self.bytes_max);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).ok()?;
        Some(Reservation { room: self.clone(), bytes })
    }

    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
}

/// A part of the room; dropping it gives it back.
pub(super) struct Reservation {
    room: Arc<Room>,
    bytes: u64,
}

impl Reservation {
    /// Gives back what the finished answer does not need. An answer that outgrew its reservation keeps it as it is:
    /// the excess is a problem text of ours, bounded by the record's overhead.
    pub(super) fn shrink_to(&mut self, bytes: u64) {
        let excess = self.bytes.saturating_sub(bytes);
        self.room.taken.fetch_sub(excess, Ordering::Relaxed);
        self.bytes -= excess;
    }

    /// How many bytes it holds.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Leaves the room taken, by a record that a store keeps.
    pub(super) fn keep(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
