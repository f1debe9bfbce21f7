//! What is counted while the gateway runs: by route, by key, by second.
//!
//! A request pays for it with a few relaxed additions: its route's counts hang on the route itself (`outcall/served`), and
//! the key's are found by its digest without a lock. All sums are made when somebody asks for them (`admin`).

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

mod counts;
mod gauge;
mod histogram;
mod leading;
mod recent;

pub(crate) use counts::{CallEnd, Counts, KeyEnd, Part};
pub(crate) use gauge::{Gauge, Held};
pub(crate) use histogram::{BOUNDS, Histogram, Reading};
pub(crate) use leading::{Called, Calling, Leading};
pub(crate) use recent::{Ended, How, Key, Recent, Seen};

use crate::traces::Traces;

/// Everything that is counted in this process.
pub(crate) struct Stats {
    /// By the path of the route. A route that is gone keeps its counts: a sum must not shrink.
    routes: Mutex<BTreeMap<Box<str>, Arc<Counts>>>,
    /// What was turned away before its route was known.
    pub(crate) unrouted: Arc<Counts>,
    /// The keys that were led, or waited for, most recently.
    pub(crate) recent: Arc<Recent>,
    /// Where spans go.
    pub(crate) traces: Arc<Traces>,
    /// Connections that are open.
    pub(crate) connections: Gauge,
    accepted: AtomicU64,
    /// When the process began to count.
    pub(crate) started: SystemTime,
}

/// Stands for the route of what has none; every real one begins with a slash.
const NO_ROUTE: &str = "none";

impl Default for Stats {
    fn default() -> Self {
        let (recent, traces) = (Arc::new(Recent::default()), Arc::default());
        Self {
            routes: Mutex::default(),
            unrouted: Arc::new(Counts::new(NO_ROUTE, &recent, &traces)),
            recent,
            traces,
            connections: Gauge::default(),
            accepted: AtomicU64::new(0),
            started: SystemTime::now(),
        }
    }
}

impl Stats {
    /// The counts of the route with this path, the same for as long as the process lives.
    pub(crate) fn route(&self, path: &str) -> Arc<Counts> {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counts) = routes.get(path) {
            return counts.clone();
        }
        let counts = Arc::new(Counts::new(path, &self.recent, &self.traces));
        routes.insert(path.into(), counts.clone());
        counts
    }

    /// The counts of all routes by their paths, and at the end those of requests without one.
    pub(crate) fn all(&self) -> Vec<Arc<Counts>> {
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.values().chain([&self.unrouted]).cloned().collect()
    }

    /// Counts a connection as open.
    pub(crate) fn connection(&self) -> Held {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.connections.hold()
    }

    /// Connections that were accepted since the start.
    pub(crate) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// When the process began to count, in seconds since 1970-01-01 UTC.
    pub(crate) fn started_seconds(&self) -> f64 {
        self.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }
}
