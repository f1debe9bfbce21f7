//! May they: everything that can refuse a call, asked once per key, when it is to be led.
//!
//! Followers and replays are never asked. A limiter for each request would answer 429 to some replicas of a burst
//! and so break their agreement; here the refusal is recorded, and everybody gets it.
//!
//! What is remembered for it outlives the configuration: a reload neither fills a bucket nor forgets a call in flight.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use crate::{config::Route, error::Problem};

mod breaker;
mod calls;
mod rate;

use breaker::{Breaker, Era};
use calls::{Calls, Slot};
pub(crate) use rate::Rate;

/// What a route demands of a new key.
pub(crate) struct Gate {
    concurrency: Option<NonZeroUsize>,
    calls: Arc<Calls>,
    rate: Option<Arc<Mutex<Rate>>>,
    breaker: Option<Arc<Mutex<Breaker>>>,
}

/// The leave to make one upstream call. Dropped without a report, the call counts as failed.
pub(crate) struct Pass {
    _slot: Slot,
    breaker: Option<(Arc<Mutex<Breaker>>, Era)>,
}

impl Gate {
    /// The gate of a route; `before` is what stood at its path under the configuration before.
    pub(crate) fn new(route: &Route, before: Option<(&Route, &Self)>) -> Self {
        let gate = before.map(|(_, gate)| gate);
        // A breaker knows its upstream: of another it knows nothing.
        let same =
            before.filter(|(before, _)| before.breaker == route.breaker && before.target == route.target);
        let breaker = same.and_then(|(_, gate)| gate.breaker.clone());
        Self {
            concurrency: route.concurrency,
            calls: gate.map(|gate| gate.calls.clone()).unwrap_or_default(),
            rate: Rate::shared(route.rate.as_ref(), gate.and_then(|gate| gate.rate.as_ref())),
            breaker: breaker
                .or_else(|| route.breaker.as_ref().map(|rules| Arc::new(Mutex::new(Breaker::new(rules))))),
        }
    }

    /// Lets one call pass, or says why not. The breaker is asked last: its leave must be used.
    pub(crate) fn ask(&self, now: Instant) -> Result<Pass, Problem> {
        let slot = Slot::take(&self.calls, self.concurrency).ok_or(Problem::UpstreamBusy)?;
        if self.rate.as_ref().is_some_and(|rate| !lock(rate).take(now)) {
            return Err(Problem::RateLimited);
        }
        let breaker = match &self.breaker {
            Some(breaker) => {
                let era = lock(breaker).ask(now).ok_or(Problem::BreakerOpen)?;
                Some((breaker.clone(), era))
            }
            None => None,
        };
        Ok(Pass { _slot: slot, breaker })
    }
}

impl Pass {
    /// The call is over; `complete` when the upstream gave a whole answer, whatever it says.
    pub(crate) fn report(mut self, complete: bool) {
        self.tell(complete);
    }

    /// Nobody will ever know how the call would have ended, and that is not the upstream's doing.
    pub(crate) fn forgo(mut self) {
        self.breaker = None;
    }

    fn tell(&mut self, complete: bool) {
        if let Some((breaker, era)) = self.breaker.take() {
            lock(&breaker).report(era, complete, Instant::now());
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.tell(false);
    }
}

/// Neither state can be left half-changed by a panic.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
