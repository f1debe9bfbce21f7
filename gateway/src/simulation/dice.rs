//! All chance of a simulation: one generator, seeded once, which the gateway's own code draws from too.

use std::{ops::RangeInclusive, time::Duration};

/// Whether something happens that does so `times` of `of`.
pub(super) fn chance(times: u32, of: u32) -> bool {
    fastrand::u32(0..of) < times
}

/// A time within these milliseconds.
pub(super) fn millis(range: RangeInclusive<u64>) -> Duration {
    Duration::from_millis(fastrand::u64(range))
}

/// One of these.
pub(super) fn one_of<T: Copy>(choices: &[T]) -> T {
    choices[fastrand::usize(..choices.len())]
}
