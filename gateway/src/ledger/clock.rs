//! Ledger time: one wall-clock reading at the start, then only the monotonic clock.
//!
//! A wall clock that is set back cannot bring an expired record to life, nor can one that is set forward free a
//! key early. A store that outlives its process starts its clock no earlier than the latest time it has ever told. The
//! monotonic clock is tokio's, so that a paused test can move it.

#[cfg(any(test, feature = "conformance"))]
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// A moment of ledger time: milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// Before all time.
pub(super) const DAWN: Timestamp = Timestamp(0);

impl Timestamp {
    /// Milliseconds since 1970-01-01 UTC.
    pub const fn from_millis(millis: u64) -> Self {
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
#[derive(Clone, Debug)]
pub struct Clock(Hands);

#[derive(Clone, Debug)]
enum Hands {
    Running {
        started: Instant,
        wall: Timestamp,
    },
    /// Moved by a test, whose store does its work on threads or in processes that no paused runtime can wait for.
    #[cfg(any(test, feature = "conformance"))]
    Held(Arc<AtomicU64>),
}

impl Clock {
    /// Reads the wall clock, once.
    pub fn start() -> Self {
        Self::start_after(DAWN)
    }

    /// Reads the wall clock, once; when it says less than `told`, time goes on from there.
    pub fn start_after(told: Timestamp) -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(Hands::Running { started: Instant::now(), wall: told.max(Timestamp(millis(wall))) })
    }

    /// A clock that stands still until it is moved.
    #[cfg(any(test, feature = "conformance"))]
    pub fn held(at: Timestamp) -> Self {
        Self(Hands::Held(Arc::new(AtomicU64::new(at.0))))
    }

    /// Moves a held clock, and all that were cloned from it.
    ///
    /// # Panics
    /// When the clock is running.
    #[cfg(any(test, feature = "conformance"))]
    pub fn advance(&self, time: Duration) {
        match &self.0 {
            Hands::Held(now) => now.fetch_add(millis(time), Ordering::SeqCst),
            Hands::Running { .. } => panic!("a running clock cannot be moved"),
        };
    }

    /// The ledger time now.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Hands::Running { started, wall } => wall.after(started.elapsed()),
            #[cfg(any(test, feature = "conformance"))]
            Hands::Held(now) => Timestamp(now.load(Ordering::SeqCst)),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
