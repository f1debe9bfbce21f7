//! A rate of new keys, of a route or of a caller: a bucket that fills evenly and holds a burst.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use crate::config;

pub(crate) struct Rate {
    per_second: f64,
    burst: f64,
    /// Keys that may be led now, as of `filled`.
    tokens: f64,
    filled: Option<Instant>,
}

impl Rate {
    pub(crate) fn new(rules: &config::Rate) -> Self {
        let burst = f64::from(rules.burst.get());
        Self { per_second: rules.per_second, burst, tokens: burst, filled: None }
    }

    /// The bucket under these rules, if there are any. The one `before` lives on; under other rules it holds what it held,
    /// as far as there is room.
    pub(crate) fn shared(
        rules: Option<&config::Rate>,
        before: Option<&Arc<Mutex<Self>>>,
    ) -> Option<Arc<Mutex<Self>>> {
        let fresh = Self::new(rules?);
        let Some(before) = before else { return Some(Arc::new(Mutex::new(fresh))) };
        let former = before.lock().unwrap_or_else(PoisonError::into_inner);
        if (former.per_second, former.burst) == (fresh.per_second, fresh.burst) {
            return Some(before.clone());
        }
        let tokens = former.tokens.min(fresh.burst);
        Some(Arc::new(Mutex::new(Self { tokens, filled: former.filled, ..fresh })))
    }

    /// Takes one key from the bucket, if there is one.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let filled = self.filled.replace(now).unwrap_or(now);
        let gained = now.saturating_duration_since(filled).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + gained).min(self.burst);
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, time::Duration};

    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let rules = config::Rate { per_second: 2.0, burst: NonZeroU32::new(3).unwrap() };
        let mut rate = Rate::new(&rules);
        let start = Instant::now();
        assert_eq!(
            [rate.take(start), rate.take(start), rate.take(start), rate.take(start)],
            [true, true, true, false]
        );
        assert!(!rate.take(start + Duration::from_millis(499)));
        assert!(rate.take(start + Duration::from_millis(500)));
        assert!(!rate.take(start + Duration::from_millis(501)));
    }

    #[test]
    fn an_idle_bucket_holds_no_more_than_its_burst() {
        let rules = config::Rate { per_second: 1000.0, burst: NonZeroU32::new(1).unwrap() };
        let mut rate = Rate::new(&rules);
        let start = Instant::now();
        assert!(rate.take(start));
        let later = start + Duration::from_secs(3600);
        assert!(rate.take(later));
        assert!(!rate.take(later));
    }
}
