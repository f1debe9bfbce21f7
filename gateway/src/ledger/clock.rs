//! Ledger time: one wall-clock reading at the start, then only the monotonic clock.
//!
//! A wall clock that is set back cannot bring an expired record to life, nor can one that is set forward free a
//! key early. The monotonic clock is tokio's, so that a paused test can move it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// A moment of ledger time: milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Milliseconds since 1970-01-01 UTC.
    pub fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub fn as_millis(self) -> u64 {
        self.0
    }

    /// This moment and `life` more; the end of time when there is no later one.
    pub fn after(self, life: Duration) -> Self {
        Self(self.0.saturating_add(millis(life)))
    }

    /// The time from `earlier` to this moment; none when it was not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Tells ledger time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    wall: Timestamp,
}

impl Clock {
    /// Reads the wall clock, once.
    pub fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), wall: Timestamp(millis(wall)) }
    }

    /// The ledger time now.
    pub fn now(&self) -> Timestamp {
        self.wall.after(self.started.elapsed())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
