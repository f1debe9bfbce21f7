//! May they: everything that can refuse a call, asked once per key, when it is to be led.
//!
//! Followers and replays are never asked. A limiter for each request would answer 429 to some replicas of a burst
//! and so break their agreement; here the refusal is recorded, and everybody gets it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::{config::Route, error::Problem};

mod breaker;
mod rate;

use breaker::Breaker;
pub(crate) use rate::Rate;

/// What a route demands of a new key.
pub(crate) struct Gate {
    concurrency: Option<Arc<Semaphore>>,
    rate: Option<Mutex<Rate>>,
    breaker: Option<Arc<Mutex<Breaker>>>,
}

/// The leave to make one upstream call. Dropped without a report, the call counts as failed.
pub(crate) struct Pass {
    _slot: Option<OwnedSemaphorePermit>,
    breaker: Option<Arc<Mutex<Breaker>>>,
}

impl Gate {
    pub(crate) fn new(route: &Route) -> Self {
        Self {
            concurrency: route.concurrency.map(|calls| Arc::new(Semaphore::new(calls.get()))),
            rate: route.rate.as_ref().map(|rate| Mutex::new(Rate::new(rate))),
            breaker: route.breaker.as_ref().map(|breaker| Arc::new(Mutex::new(Breaker::new(breaker)))),
        }
    }

    /// Lets one call pass, or says why not. The breaker is asked last: its leave must be used.
    pub(crate) fn ask(&self, now: Instant) -> Result<Pass, Problem> {
        let slot = match &self.concurrency {
            Some(calls) => Some(calls.clone().try_acquire_owned().map_err(|_| Problem::UpstreamBusy)?),
            None => None,
        };
        if self.rate.as_ref().is_some_and(|rate| !lock(rate).take(now)) {
            return Err(Problem::RateLimited);
        }
        if self.breaker.as_ref().is_some_and(|breaker| !lock(breaker).ask(now)) {
            return Err(Problem::BreakerOpen);
        }
        Ok(Pass { _slot: slot, breaker: self.breaker.clone() })
    }
}

impl Pass {
    /// The call is over; `complete` when the upstream gave a whole answer, whatever it says.
    pub(crate) fn report(mut self, complete: bool) {
        if let Some(breaker) = self.breaker.take() {
            lock(&breaker).report(complete, Instant::now());
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(breaker) = self.breaker.take() {
            lock(&breaker).report(false, Instant::now());
        }
    }
}

/// Neither state can be left half-changed by a panic.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
