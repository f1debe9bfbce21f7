//! How many of something there are at this moment.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A number that goes up and down.
#[derive(Clone, Default)]
pub(crate) struct Gauge(Arc<AtomicU64>);

/// One of what is counted; gone when dropped.
pub(crate) struct Held(Arc<AtomicU64>);

impl Gauge {
    /// Counts one more until it is dropped.
    pub(crate) fn hold(&self) -> Held {
        self.0.fetch_add(1, Ordering::Relaxed);
        Held(self.0.clone())
    }

    /// How many there are.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
