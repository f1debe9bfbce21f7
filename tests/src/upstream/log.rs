//! What an upstream has seen, and how far its script has come. One lock for both, so that the order of the requests
//! and the order of the steps are the same order.

use std::sync::{Mutex, MutexGuard};

use tokio::sync::watch;
use tokio::time::timeout;

use super::{Script, Seen};
use crate::gate::PATIENCE;

/// How many requests are kept whole. A load test sends more; the rest of them is only counted.
const REQUESTS_KEPT_MAX: usize = 100_000;

pub(crate) struct Log<A> {
    state: Mutex<State<A>>,
    abandoned: watch::Sender<usize>,
}

struct State<A> {
    script: Script<A>,
    seen: Vec<Seen>,
    arrived: usize,
    connections: usize,
    incomplete: usize,
    turned_away: usize,
    complaints: Vec<String>,
}

impl<A> Log<A> {
    pub(crate) fn new(script: Script<A>) -> Self {
        let (seen, complaints) = (Vec::new(), Vec::new());
        let state =
            State { script, seen, arrived: 0, connections: 0, incomplete: 0, turned_away: 0, complaints };
        Self { state: Mutex::new(state), abandoned: watch::Sender::new(0) }
    }

    /// Counts a connection and returns its number.
    pub(crate) fn connected(&self) -> usize {
        let mut state = self.state();
        state.connections += 1;
        state.connections - 1
    }

    /// Records a request and says what happens to it; `None` when the script did not foresee it.
    pub(crate) fn next(&self, mut seen: Seen) -> Option<A> {
        let mut state = self.state();
        seen.order = state.arrived;
        state.arrived += 1;
        let act = state.script.next(&seen);
        if act.is_none() {
            let Seen { order, method, target, .. } = &seen;
            let complaint = format!("request {order} was not foreseen: {method} {target}");
            state.complaints.push(complaint);
        }
        if state.seen.len() < REQUESTS_KEPT_MAX {
            state.seen.push(seen);
        }
        act
    }

    /// Uses up the next step if it is such a one. See [`Script::takes_step`].
    pub(crate) fn takes_step(&self, wanted: impl Fn(&A) -> bool) -> bool {
        self.state().script.takes_step(wanted)
    }

    /// Something happened that must fail the test.
    pub(crate) fn complain(&self, complaint: String) {
        self.state().complaints.push(complaint);
    }

    /// A request broke off.
    pub(crate) fn broke_off(&self) {
        self.state().incomplete += 1;
    }

    /// A client left while it was kept waiting.
    pub(crate) fn was_abandoned(&self) {
        self.abandoned.send_modify(|count| *count += 1);
    }

    /// A request that was read was refused in a way that promises it was not processed.
    pub(crate) fn turned_away(&self) {
        self.state().turned_away += 1;
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// Requests that arrived whole and were not turned away.
    pub(crate) fn hits(&self) -> usize {
        let state = self.state();
        state.arrived - state.turned_away
    }

    pub(crate) fn connections(&self) -> usize {
        self.state().connections
    }

    pub(crate) fn incomplete(&self) -> usize {
        self.state().incomplete
    }

    pub(crate) async fn abandoned_by(&self, requests: usize) {
        let mut abandoned = self.abandoned.subscribe();
        let enough = timeout(PATIENCE, abandoned.wait_for(|count| *count >= requests)).await;
        assert!(enough.is_ok(), "fewer than {requests} requests were abandoned in {PATIENCE:?}");
    }

    /// # Panics
    /// When the script and what happened do not match.
    pub(crate) fn check(&self) {
        let mut complaints = {
            let state = self.state();
            let left_over = state.script.left_over();
            let unused = (left_over > 0)
                .then(|| format!("{left_over} steps of the script were not used; seen: {}", state.arrived));
            unused.into_iter().chain(state.complaints.iter().cloned()).collect::<Vec<_>>()
        };
        complaints.dedup();
        // The lock is free again: a panic must not poison it for those who still look at the log.
        assert!(complaints.is_empty(), "the upstream and its script disagree: {}", complaints.join("; "));
    }

    fn state(&self) -> MutexGuard<'_, State<A>> {
        self.state.lock().unwrap()
    }
}
