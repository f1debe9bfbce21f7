//! Leaves an upstream alone that keeps failing, and lets one call in each cooldown try it again.
//!
//! | state | call asks | call completes | call fails |
//! |---|---|---|---|
//! | closed | passes | failures forgotten | counts; at the limit: open |
//! | open | refused until the cooldown is over, then passes; the next one a cooldown later | closed | open anew |
//!
//! A call says something about the time in which it was let pass only: each opening and each closing begins a new era,
//! and what was asked in an earlier one, perhaps an hour ago, neither closes nor opens it. One that was cancelled says
//! nothing.

use std::time::Duration;

use tokio::time::Instant;

use crate::config;

pub(super) struct Breaker {
    failures_max: u32,
    cooldown: Duration,
    era: Era,
    state: State,
}

/// How often it has opened and closed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Era(u64);

enum State {
    Closed { failures: u32 },
    Open { until: Instant },
}

impl Breaker {
    pub(super) fn new(rules: &config::Breaker) -> Self {
        Self {
            failures_max: rules.failures.get(),
            cooldown: rules.cooldown,
            era: Era(0),
            state: State::Closed { failures: 0 },
        }
    }

    /// Lets a call pass, in the era that it will say something about; or does not.
    pub(super) fn ask(&mut self, now: Instant) -> Option<Era> {
        if let State::Open { until } = &mut self.state {
            if now < *until {
                return None;
            }
            *until = now + self.cooldown;
        }
        Some(self.era)
    }

    /// A call of this era is over.
    pub(super) fn report(&mut self, era: Era, complete: bool, now: Instant) {
        if era != self.era {
            return;
        }
        self.state = match (&self.state, complete) {
            (State::Closed { .. }, true) => State::Closed { failures: 0 },
            (State::Closed { failures }, false) if failures + 1 < self.failures_max => {
                State::Closed { failures: failures + 1 }
            }
            (_, complete) => {
                self.era = Era(self.era.0 + 1);
                if complete {
                    State::Closed { failures: 0 }
                } else {
                    State::Open { until: now + self.cooldown }
                }
            }
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

    /// One that two calls have opened, and the era before.
    fn open() -> (Breaker, Instant, Era) {
        let (mut breaker, now) = breaker();
        let era = breaker.ask(now).unwrap();
        breaker.report(era, false, now);
        breaker.report(era, false, now);
        (breaker, now, era)
    }

    #[test]
    fn it_opens_after_as_many_failures_in_a_row_and_not_one_earlier() {
        let (mut breaker, now) = breaker();
        let era = breaker.ask(now).unwrap();
        breaker.report(era, false, now);
        breaker.report(era, true, now);
        breaker.report(era, false, now);
        assert!(breaker.ask(now).is_some());
        breaker.report(era, false, now);
        assert!(breaker.ask(now).is_none());
    }

    #[test]
    fn after_the_cooldown_one_call_tries_and_decides() {
        let (mut breaker, now, _) = open();
        assert!(breaker.ask(now + COOLDOWN - Duration::from_millis(1)).is_none());
        let over = now + COOLDOWN;
        let trying = breaker.ask(over).unwrap();
        assert!(breaker.ask(over).is_none(), "a second call passed while the first was trying");
        breaker.report(trying, false, over);
        assert!(breaker.ask(over).is_none());
        let trying = breaker.ask(over + COOLDOWN).unwrap();
        breaker.report(trying, true, over + COOLDOWN);
        assert!(breaker.ask(over + COOLDOWN).is_some());
        assert!(breaker.ask(over + COOLDOWN).is_some());
    }

    /// Behind a ticket a call may take an hour: nobody is refused for as long.
    #[test]
    fn a_call_that_tries_for_long_or_is_cancelled_keeps_the_next_one_waiting_for_one_cooldown() {
        let (mut breaker, now, _) = open();
        let over = now + COOLDOWN;
        let first = breaker.ask(over).unwrap();
        assert!(breaker.ask(over + COOLDOWN - Duration::from_millis(1)).is_none());
        let second = breaker.ask(over + COOLDOWN).unwrap();
        breaker.report(second, true, over + COOLDOWN);
        assert!(breaker.ask(over + COOLDOWN).is_some());
        for _ in 0..2 {
            breaker.report(first, false, over + COOLDOWN);
        }
        assert!(breaker.ask(over + COOLDOWN).is_some(), "what hung before it closed has opened it");
    }

    #[test]
    fn a_late_report_from_before_it_opened_neither_closes_it_nor_keeps_it_open() {
        let (mut breaker, now, before) = open();
        breaker.report(before, true, now);
        assert!(breaker.ask(now).is_none());
        let over = now + COOLDOWN;
        let trying = breaker.ask(over).unwrap();
        breaker.report(before, true, over);
        assert!(breaker.ask(over).is_none(), "an old call answered for the one that tries");
        breaker.report(before, false, over);
        breaker.report(trying, true, over);
        assert!(breaker.ask(over).is_some(), "an old call failed for the one that tries");
        breaker.report(before, false, over);
        breaker.report(before, false, over);
        assert!(breaker.ask(over).is_some(), "old calls opened it again");
    }
}
