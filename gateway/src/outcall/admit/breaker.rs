//! Leaves an upstream alone that keeps failing, and tries it again with one call at a time.
//!
//! | state | call asks | call completes | call fails |
//! |---|---|---|---|
//! | closed | passes | stays, failures forgotten | counts; at the limit: open |
//! | open | refused until the cooldown is over, then passes: probing | stays | stays |
//! | probing | refused | closed | open again |
//!
//! A call that was cancelled says nothing: only one that was to try the upstream leaves it alone for one more cooldown.

use std::time::Duration;

use tokio::time::Instant;

use crate::config;

pub(super) struct Breaker {
    failures_max: u32,
    cooldown: Duration,
    state: State,
}

enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    Probing,
}

impl Breaker {
    pub(super) fn new(rules: &config::Breaker) -> Self {
        Self {
            failures_max: rules.failures.get(),
            cooldown: rules.cooldown,
            state: State::Closed { failures: 0 },
        }
    }

    /// Whether a call may be made. A call that may must report.
    pub(super) fn ask(&mut self, now: Instant) -> bool {
        match self.state {
            State::Closed { .. } => true,
            State::Open { until } if now >= until => {
                self.state = State::Probing;
                true
            }
            State::Open { .. } | State::Probing => false,
        }
    }

    /// A call has ended without a word about the upstream. If it was to try it, another has to, after one more cooldown.
    pub(super) fn forgo(&mut self, now: Instant) {
        if matches!(self.state, State::Probing) {
            self.state = State::Open { until: now + self.cooldown };
        }
    }

    /// A call is over.
    pub(super) fn report(&mut self, complete: bool, now: Instant) {
        let failed = match self.state {
            State::Closed { failures } => failures + u32::from(!complete),
            // A call from before the breaker opened says nothing about the upstream of now.
            State::Open { .. } => return,
            State::Probing => self.failures_max,
        };
        self.state = match complete {
            true => State::Closed { failures: 0 },
            false if failed >= self.failures_max => State::Open { until: now + self.cooldown },
            false => State::Closed { failures: failed },
        };
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const COOLDOWN: Duration = Duration::from_secs(30);

    fn breaker() -> (Breaker, Instant) {
        let rules = config::Breaker { failures: NonZeroU32::new(2).unwrap(), cooldown: COOLDOWN };
        (Breaker::new(&rules), Instant::now())
    }

    #[test]
    fn it_opens_after_as_many_failures_in_a_row_and_not_one_earlier() {
        let (mut breaker, now) = breaker();
        breaker.report(false, now);
        breaker.report(true, now);
        breaker.report(false, now);
        assert!(breaker.ask(now));
        breaker.report(false, now);
        assert!(!breaker.ask(now));
    }

    #[test]
    fn after_the_cooldown_one_call_tries_and_decides() {
        let (mut breaker, now) = breaker();
        breaker.report(false, now);
        breaker.report(false, now);
        let almost = now + COOLDOWN - Duration::from_millis(1);
        assert!(!breaker.ask(almost));
        let over = now + COOLDOWN;
        assert!(breaker.ask(over));
        assert!(!breaker.ask(over), "a second call passed while the first was trying");
        breaker.report(false, over);
        assert!(!breaker.ask(over));
        assert!(breaker.ask(over + COOLDOWN));
        breaker.report(true, over + COOLDOWN);
        assert!(breaker.ask(over + COOLDOWN));
        assert!(breaker.ask(over + COOLDOWN));
    }

    #[test]
    fn a_late_report_from_before_it_opened_does_not_close_it() {
        let (mut breaker, now) = breaker();
        breaker.report(false, now);
        breaker.report(false, now);
        breaker.report(true, now);
        assert!(!breaker.ask(now));
    }
}
