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

/// Requests and calls in flight, and the drain when it has begun.
#[derive(Default)]
pub(crate) struct Activity(Arc<Inner>);

#[derive(Default)]
struct Inner {
    in_flight: AtomicUsize,
    idle: Notify,
    last_settled: Mutex<Option<Instant>>,
    drain_ends: OnceLock<Instant>,
    /// Nothing new is led any more.
    closed: AtomicBool,
    cut: CancellationToken,
    running: Running,
}

/// Something in flight; over when dropped.
pub(crate) struct Busy(Arc<Inner>);

impl Activity {
    /// Counts a request or a call as in flight.
    pub(crate) fn busy(&self) -> Busy {
        self.0.in_flight.fetch_add(1, Ordering::SeqCst);
        Busy(self.0.clone())
    }

    /// How many requests and calls are in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.0.in_flight.load(Ordering::SeqCst)
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
        tracing::info!(at_most = ?length, in_flight = self.in_flight(), "draining: answering what is in flight");
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
        loop {
            self.idle().await;
            match self.quiet_from() {
                Some(moment) if moment > Instant::now() => sleep_until(moment).await,
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
        self.0.in_flight.load(Ordering::SeqCst) == 0
    }

    fn quiet_from(&self) -> Option<Instant> {
        let last = *self.0.last_settled.lock().unwrap_or_else(PoisonError::into_inner);
        last.map(|settled| settled + limits::DRAIN_QUIET)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAIN: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn an_idle_gateway_leaves_at_once() {
        let started = Instant::now();
        Activity::default().drain(DRAIN).await;
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_burst_it_stays_for_the_late_replicas() {
        let activity = Activity::default();
        activity.settled();
        let started = Instant::now();
        activity.drain(DRAIN).await;
        assert_eq!(started.elapsed(), limits::DRAIN_QUIET);
    }

    #[tokio::test(start_paused = true)]
    async fn what_outlasts_the_drain_is_cut_off() {
        let activity = Activity::default();
        let busy = activity.busy();
        let cut = activity.cut();
        let started = Instant::now();
        let ending = async {
            cut.cancelled().await;
            drop(busy);
        };
        tokio::join!(activity.drain(DRAIN), ending);
        assert_eq!(started.elapsed(), DRAIN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_gateway_that_leaves_leads_nothing_more() {
        let activity = Activity::default();
        assert!(activity.may_lead(Duration::ZERO));
        activity.drain(DRAIN).await;
        assert!(
            !activity.may_lead(Duration::ZERO),
            "a request on an open connection would be led and abandoned"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopping_gateway_leads_only_what_it_can_see_through() {
        let activity = Arc::new(Activity::default());
        assert!(activity.may_lead(Duration::from_secs(3600)));
        let _busy = activity.busy();
        let draining = activity.clone();
        let drain = tokio::spawn(async move { draining.drain(DRAIN).await });
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(activity.may_lead(Duration::from_secs(20)));
        assert!(!activity.may_lead(Duration::from_millis(20_001)));
        drain.abort();
    }
}
