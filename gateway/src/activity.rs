//! What goes on in the process, and how it comes to an end.
//!
//! A stopping gateway still answers: follows and replays always, new keys as long as the rest of the drain covers
//! their call. It leaves when nothing is in flight and the last burst has had time to be complete, or when the
//! drain is over; calls that are cut off then are settled as lost before the connections close.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::limits;

mod running;

pub(crate) use running::{Load, Place, Running};

/// What is said when all is answered, and the gateway stays.
const LATE_REPLICAS: &str = "all that was in flight is answered; staying for late replicas of the last burst";

/// Requests and the calls of leaders in flight, and the drain when it has begun.
#[derive(Default)]
pub(crate) struct Activity(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Requests and calls together: what a drain waits for is one number, read at once.
    busy: AtomicUsize,
    /// Of these, the calls.
    calls: AtomicUsize,
    /// Of these, the calls whose request must not be repeated.
    unrepeatable: AtomicUsize,
    idle: Notify,
    last_settled: Mutex<Option<Instant>>,
    drain_ends: OnceLock<Instant>,
    /// Nothing new is led any more.
    closed: AtomicBool,
    cut: CancellationToken,
    running: Running,
}

/// Something in flight; over when dropped.
pub(crate) struct Busy {
    what: What,
    inner: Arc<Inner>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Request,
    Call { repeatable: bool },
}

/// What is in flight, as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InFlight {
    /// Requests that wait for their answer, those that follow included.
    pub(crate) requests: usize,
    /// Calls of leaders: one for each key, whoever waits for it.
    pub(crate) calls: usize,
    /// The calls whose request must not be repeated: cut off, their outcome is unknown.
    pub(crate) unrepeatable: usize,
}

impl Activity {
    /// Counts a request as in flight.
    pub(crate) fn busy(&self) -> Busy {
        self.count(What::Request)
    }

    /// Counts the call of a leader as in flight, beside the request that led.
    pub(crate) fn calling(&self, repeatable: bool) -> Busy {
        self.count(What::Call { repeatable })
    }

    fn count(&self, what: What) -> Busy {
        self.0.busy.fetch_add(1, Ordering::SeqCst);
        self.0.calls_change(what, |calls| calls.fetch_add(1, Ordering::SeqCst));
        Busy { what, inner: self.0.clone() }
    }

    /// What is in flight. For people: what comes or goes meanwhile may be in one number and not yet in the other.
    pub(crate) fn in_flight(&self) -> InFlight {
        let calls = self.0.calls.load(Ordering::SeqCst);
        let requests = self.0.busy.load(Ordering::SeqCst).saturating_sub(calls);
        InFlight { requests, calls, unrepeatable: self.0.unrepeatable.load(Ordering::SeqCst) }
    }

    /// A key was settled: the other replicas of its burst may still be on their way.
    pub(crate) fn settled(&self) {
        *self.0.last_settled.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a call that may take `timeout` would be seen through.
    pub(crate) fn may_lead(&self, timeout: Duration) -> bool {
        let in_time = self.0.drain_ends.get().is_none_or(|ends| Instant::now() + timeout <= *ends);
        in_time && !self.0.closed.load(Ordering::SeqCst)
    }

    /// Whether the gateway is stopping.
    pub(crate) fn is_draining(&self) -> bool {
        self.0.drain_ends.get().is_some()
    }

    /// The calls that run behind tickets.
    pub(crate) fn running(&self) -> &Running {
        &self.0.running
    }

    /// Cancelled when the drain is over: what still runs is cut off.
    pub(crate) fn cut(&self) -> CancellationToken {
        self.0.cut.clone()
    }

    /// Begins the drain, at most `length` long, and returns when the gateway may leave: nothing is in flight, and nothing
    /// will be led.
    pub(crate) async fn drain(&self, length: Duration) {
        let ends = *self.0.drain_ends.get_or_init(|| Instant::now() + length);
        // Said when it is so: whoever reads it may rely on it.
        let InFlight { requests, calls, .. } = self.in_flight();
        tracing::info!(at_most = ?length, requests, calls, "draining: answering what is in flight");
        self.0.running.tell("they are waited for until the drain is over");
        let leave = async {
            self.quiet().await;
            // A request counts as in flight before it asks whether it may lead. Either it is seen here and waited for,
            // or it finds the door closed.
            self.0.closed.store(true, Ordering::SeqCst);
            self.idle().await;
        };
        if timeout_at(ends, leave).await.is_err() {
            self.0.closed.store(true, Ordering::SeqCst);
            self.0.running.tell("they are cut off, and their outcome is unknown");
            self.0.cut.cancel();
            // What was cut off answers its waiters at once.
            let grace = Instant::now() + limits::CLOSE_GRACE;
            let _ = timeout_at(grace, self.idle()).await;
        }
    }

    async fn quiet(&self) {
        let mut told = false;
        loop {
            self.idle().await;
            match self.quiet_from() {
                Some(moment) if moment > Instant::now() => {
                    if !told {
                        told = true;
                        // Otherwise it looks as if a gateway that has nothing left to do did not stop.
                        let seconds = (moment - Instant::now()).as_millis().div_ceil(1_000);
                        tracing::info!(seconds, "{LATE_REPLICAS}");
                    }
                    sleep_until(moment).await;
                }
                _ if self.is_idle() => return,
                _ => {}
            }
        }
    }

    async fn idle(&self) {
        loop {
            let notified = self.0.idle.notified();
            if self.is_idle() {
                return;
            }
            notified.await;
        }
    }

    fn is_idle(&self) -> bool {
        self.0.busy.load(Ordering::SeqCst) == 0
    }

    fn quiet_from(&self) -> Option<Instant> {
        let last = *self.0.last_settled.lock().unwrap_or_else(PoisonError::into_inner);
        last.map(|settled| settled + limits::DRAIN_QUIET)
    }
}

impl Inner {
    /// Does the same to each count of calls that `what` is of.
    fn calls_change(&self, what: What, change: impl Fn(&AtomicUsize) -> usize) {
        if let What::Call { repeatable } = what {
            change(&self.calls);
            if !repeatable {
                change(&self.unrepeatable);
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.inner.calls_change(self.what, |calls| calls.fetch_sub(1, Ordering::SeqCst));
        if self.inner.busy.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.inner.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests;
