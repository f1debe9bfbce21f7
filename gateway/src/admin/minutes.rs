//! The last quarter of an hour, second by second, for the charts.
//!
//! Requests do not know of it: once a second what has been counted is read, and the difference of two readings is what
//! happened between them.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{
    limits,
    stats::{CallEnd, KeyEnd, Part, Reading, Stats},
};

/// Readings, the latest last.
#[derive(Default)]
pub(super) struct Minutes(Mutex<VecDeque<Sum>>);

/// What all routes together had counted at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    pub(super) at: Instant,
    pub(super) requests: u64,
    pub(super) leads: u64,
    pub(super) saved: u64,
    pub(super) cycles_saved: u64,
    pub(super) calls: u64,
    pub(super) unknown: u64,
    pub(super) answering: Reading,
    pub(super) calling: Reading,
}

impl Sum {
    /// What all routes together have counted until now.
    pub(super) fn of(stats: &Stats) -> Self {
        let mut sum = Self {
            at: Instant::now(),
            requests: 0,
            leads: 0,
            saved: 0,
            cycles_saved: 0,
            calls: 0,
            unknown: 0,
            answering: Reading::default(),
            calling: Reading::default(),
        };
        for counts in stats.all() {
            sum.requests += Part::ALL.into_iter().map(|part| counts.requests(part)).sum::<u64>();
            sum.leads += counts.requests(Part::Lead);
            sum.saved += counts.saved();
            sum.cycles_saved += counts.cycles_saved();
            sum.calls += CallEnd::ALL.into_iter().map(|end| counts.calls(end)).sum::<u64>();
            sum.unknown += counts.keys(KeyEnd::Unknown);
            sum.answering = sum.answering.plus(&counts.answering.read());
            sum.calling = sum.calling.plus(&counts.calling.read());
        }
        sum
    }
}

impl Minutes {
    /// Reads what has been counted, for as long as it is polled.
    pub(super) async fn keep(&self, stats: &Stats) {
        let mut tick = interval(limits::CHART_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.note(Sum::of(stats));
        }
    }

    fn note(&self, sum: Sum) {
        let mut sums = self.lock();
        sums.push_back(sum);
        // The one at the beginning is older than all that is shown: what is shown is the difference from it.
        while sums.get(1).is_some_and(|second| sum.at - second.at >= limits::CHARTED) {
            sums.pop_front();
        }
    }

    /// All readings, the earliest first.
    pub(super) fn all(&self) -> Vec<Sum> {
        self.lock().iter().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Sum>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_quarter_of_an_hour_is_kept_and_no_more() {
        let (minutes, stats) = (Minutes::default(), Stats::default());
        let keep = minutes.keep(&stats);
        let _ = tokio::time::timeout(Duration::from_secs(3_600), keep).await;
        let all = minutes.all();
        let seconds = limits::CHARTED.as_secs() as usize;
        assert!((seconds..=seconds + 1).contains(&all.len()), "{}", all.len());
        assert!(all[all.len() - 1].at - all[0].at >= limits::CHARTED);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sum_is_that_of_all_routes_and_of_what_has_none() {
        let stats = Stats::default();
        for counts in [stats.route("/a"), stats.route("/b"), stats.unrouted.clone()] {
            counts.request(Part::Replay, Duration::from_millis(1), 10, None);
        }
        let sum = Sum::of(&stats);
        assert_eq!((sum.requests, sum.saved, sum.leads, sum.answering.count()), (3, 3, 0, 3));
    }
}
