//! A route and what it remembers while the gateway runs, from one configuration to the next.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::admit::Gate;
use crate::{
    config::Route,
    ledger::Timestamp,
    receipt::Receipts,
    stats::{Counts, Stats},
};

/// A route in service under one configuration. A request keeps the one that it came in under.
pub(crate) struct Served {
    pub(crate) route: Arc<Route>,
    /// What every new key of the route is asked.
    pub(crate) gate: Gate,
    /// What it has done.
    pub(crate) counts: Arc<Counts>,
    /// What signs the ends of the keys that are led under this configuration.
    pub(crate) receipts: Arc<Receipts>,
    /// What was led here, under this configuration and those before.
    pub(crate) led: Arc<Led>,
}

impl Served {
    /// The route under a configuration; `before` is what its path was under the one before.
    pub(crate) fn new(
        route: Arc<Route>,
        receipts: Arc<Receipts>,
        stats: &Stats,
        before: Option<&Self>,
    ) -> Arc<Self> {
        let gate = Gate::new(&route, before.map(|before| (&*before.route, &before.gate)));
        let led = before.map(|before| before.led.clone()).unwrap_or_default();
        let counts = stats.route(&route.path);
        Arc::new(Self { route, gate, counts, receipts, led })
    }
}

/// The keys that a route has led since this process started. Those of other gateways, and of processes before, only the
/// ledger knows.
#[derive(Default)]
pub(crate) struct Led {
    keys: AtomicU64,
    /// The latest end of one of their records, in milliseconds of ledger time.
    live_until: AtomicU64,
}

/// Keys of a route that are in flight or recorded, as far as this process knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Living {
    /// Keys led since the start, those among them that are over included.
    pub(crate) led: u64,
    /// How long the last of them lives.
    pub(crate) longest: Duration,
}

impl Led {
    /// One more key is led; its record, whatever it will say, lives for up to `life` from now on.
    pub(crate) fn one(&self, now: Timestamp, life: Duration) {
        self.keys.fetch_add(1, Ordering::Relaxed);
        self.until(now.after(life));
    }

    /// A record lives until then.
    pub(crate) fn until(&self, end: Timestamp) {
        self.live_until.fetch_max(end.as_millis(), Ordering::Relaxed);
    }

    /// What lives of it; nothing, when all of it is over.
    pub(crate) fn living(&self, now: Timestamp) -> Option<Living> {
        let end = Timestamp::from_millis(self.live_until.load(Ordering::Relaxed));
        let longest = end.since(now);
        (!longest.is_zero()).then(|| Living { led: self.keys.load(Ordering::Relaxed), longest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_live_keys_until_the_last_record_of_what_it_led_is_over() {
        let (led, start) = (Led::default(), Timestamp::from_millis(1_000));
        assert_eq!(led.living(start), None);
        led.one(start, Duration::from_secs(60));
        led.one(start, Duration::from_secs(10));
        let later = start.after(Duration::from_secs(59));
        assert_eq!(led.living(later), Some(Living { led: 2, longest: Duration::from_secs(1) }));
        assert_eq!(led.living(start.after(Duration::from_secs(60))), None);
        led.until(later.after(Duration::from_secs(60)));
        assert_eq!(led.living(later), Some(Living { led: 2, longest: Duration::from_secs(60) }));
    }
}
