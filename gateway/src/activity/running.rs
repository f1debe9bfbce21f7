//! The calls that run behind a ticket: who may be one more, who is to end, and how old they are.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use outcall_protocol::digest::Digest;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::limits;

/// The running calls of this process.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Mutex<Calls>>);

#[derive(Default)]
struct Calls {
    next: u64,
    /// In the order in which they began.
    by_number: BTreeMap<u64, Call>,
}

struct Call {
    route: Arc<str>,
    /// The key under which its result will be.
    result: Digest,
    since: Instant,
    signals: Signals,
}

#[derive(Clone, Default)]
struct Signals {
    stop: CancellationToken,
    ended: CancellationToken,
}

/// The place of one running call; free again when dropped.
pub(crate) struct Place {
    running: Running,
    number: u64,
    signals: Signals,
}

/// The running calls of a route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) calls: usize,
    /// Since when the one runs that has run for longest.
    pub(crate) oldest: Duration,
}

impl Running {
    /// A place for one more call of this route, unless as many run as may: `most` of the route, and
    /// [`limits::RUNNING_MAX`] in all. They are counted by the route's path, whatever configuration they began under.
    pub(crate) fn take(&self, route: &Arc<str>, result: Digest, most: usize) -> Option<Place> {
        let mut calls = self.calls();
        let of_route = calls.by_number.values().filter(|call| call.route == *route).count();
        if of_route >= most || calls.by_number.len() >= limits::RUNNING_MAX {
            return None;
        }
        let number = calls.next;
        calls.next += 1;
        let signals = Signals::default();
        let call = Call { route: route.clone(), result, since: Instant::now(), signals: signals.clone() };
        calls.by_number.insert(number, call);
        Some(Place { running: self.clone(), number, signals })
    }

    /// Tells the call with this result to end, if it runs here: what will be told when it has, and its result is recorded.
    pub(crate) fn stop(&self, result: &Digest) -> Option<CancellationToken> {
        let calls = self.calls();
        let call = calls.by_number.values().find(|call| call.result == *result)?;
        call.signals.stop.cancel();
        Some(call.signals.ended.clone())
    }

    /// What runs now, by route.
    pub(crate) fn now(&self) -> BTreeMap<Arc<str>, Load> {
        let now = Instant::now();
        let mut routes: BTreeMap<Arc<str>, Load> = BTreeMap::new();
        for call in self.calls().by_number.values() {
            let load = routes.entry(call.route.clone()).or_default();
            load.calls += 1;
            load.oldest = load.oldest.max(now.saturating_duration_since(call.since));
        }
        routes
    }

    /// Says in the log what runs now, if anything does.
    pub(crate) fn tell(&self, what_becomes_of_them: &'static str) {
        for (route, Load { calls, oldest }) in self.now() {
            let oldest_s = oldest.as_secs();
            tracing::warn!(
                route = &*route,
                calls,
                oldest_s,
                "calls still run behind tickets: {what_becomes_of_them}"
            );
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        // Nothing under the lock can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Ready when somebody wants the call to end.
    pub(crate) async fn stopped(&self) {
        self.signals.stop.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.running.calls().by_number.remove(&self.number);
        self.signals.ended.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(number: u8) -> Digest {
        Digest::from_bytes([number; 32])
    }

    #[tokio::test(start_paused = true)]
    async fn a_route_has_as_many_places_as_it_may_and_gets_them_back() {
        let (running, llm, pay) = (Running::default(), Arc::from("/llm"), Arc::from("/pay"));
        let first = running.take(&llm, result(1), 2).unwrap();
        tokio::time::advance(Duration::from_secs(7)).await;
        let _second = running.take(&llm, result(2), 2).unwrap();
        assert!(running.take(&llm, result(3), 2).is_none(), "a third of two");
        let _other = running.take(&pay, result(4), 1).unwrap();
        tokio::time::advance(Duration::from_secs(3)).await;
        let now = running.now();
        assert_eq!(now[&llm], Load { calls: 2, oldest: Duration::from_secs(10) });
        assert_eq!(now[&pay], Load { calls: 1, oldest: Duration::from_secs(3) });
        drop(first);
        assert_eq!(running.now()[&llm], Load { calls: 1, oldest: Duration::from_secs(3) });
        assert!(running.take(&llm, result(3), 2).is_some());
    }

    #[test]
    fn all_routes_together_have_a_bound_too() {
        let running = Running::default();
        let routes: Vec<Arc<str>> =
            (0..=limits::RUNNING_MAX).map(|route| format!("/{route}").into()).collect();
        let mut places: Vec<_> =
            routes.iter().map(|route| running.take(route, result(0), limits::RUNNING_MAX)).collect();
        assert_eq!(places.iter().flatten().count(), limits::RUNNING_MAX);
        places.remove(0);
        assert!(running.take(&routes[0], result(0), 1).is_some());
    }

    #[tokio::test]
    async fn who_stops_a_call_is_told_when_it_has_ended() {
        let (running, llm) = (Running::default(), Arc::from("/llm"));
        let (kept, place) =
            (running.take(&llm, result(1), 2).unwrap(), running.take(&llm, result(2), 2).unwrap());
        assert!(running.stop(&result(3)).is_none());
        let ended = running.stop(&result(2)).unwrap();
        place.stopped().await;
        assert!(!ended.is_cancelled() && !kept.signals.stop.is_cancelled());
        drop(place);
        ended.cancelled().await;
        assert!(running.stop(&result(2)).is_none());
    }
}
