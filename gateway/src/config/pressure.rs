//! What protects an upstream: a rate and a circuit breaker. Both are asked once per key, when it is to be led.

use std::{num::NonZeroU32, time::Duration};

use super::{
    duration::{self, Bounds},
    error::Problems,
    file, judge,
    locate::Place,
};
use crate::limits;

/// How many keys may be led: a bucket of `burst` that refills with `per_second`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Keys led per second, in the long run; above 0, finite.
    pub per_second: f64,
    /// Keys led at once.
    pub burst: NonZeroU32,
}

/// When to stop calling an upstream that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    /// So many consecutive failed upstream calls open it.
    pub failures: NonZeroU32,
    /// So long it stays open before one call is tried again, and so far apart are those that try.
    pub cooldown: Duration,
}

pub(super) const COOLDOWN: Bounds =
    Bounds { min: limits::BREAKER_COOLDOWN_MIN, max: limits::BREAKER_COOLDOWN_MAX, example: "30s" };

pub(super) fn rate(file: &file::Rate, place: &Place<'_>, problems: &mut Problems<'_>) -> Option<Rate> {
    let per_second = file.per_second;
    if !(per_second > 0.0 && per_second <= limits::RATE_PER_SECOND_MAX) {
        let expected = format!("a number above 0, up to {}", limits::RATE_PER_SECOND_MAX);
        problems.value(&place.member("per_second"), expected);
        return None;
    }
    let burst = match file.burst {
        Some(burst) => {
            judge::whole(burst, 1..=u64::from(limits::RATE_BURST_MAX), &place.member("burst"), problems)?
        }
        // At most 1e6, and at least 1 since it is rounded up from above 0.
        None => per_second.ceil() as u64,
    };
    let burst = NonZeroU32::new(u32::try_from(burst).ok()?)?;
    Some(Rate { per_second, burst })
}

pub(super) fn breaker(
    file: &file::Breaker,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Option<Breaker> {
    let range = 1..=u64::from(limits::BREAKER_FAILURES_MAX);
    let failures = judge::whole(file.failures, range, &place.member("failures"), problems);
    let cooldown = duration::judge(&file.cooldown, COOLDOWN, &place.member("cooldown"), problems)?;
    Some(Breaker { failures: NonZeroU32::new(u32::try_from(failures?).ok()?)?, cooldown })
}
