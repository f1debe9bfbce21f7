//! How long things took, in steps that suit both a replay and an upstream that thinks for half a minute.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The upper ends of the steps, in microseconds; above the last one there is one step more.
pub(crate) const BOUNDS: [u64; 15] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 25_000_000,
];

const STEPS: usize = BOUNDS.len() + 1;

/// Counts durations by steps.
#[derive(Default)]
pub(crate) struct Histogram {
    steps: [AtomicU64; STEPS],
    micros: AtomicU64,
}

/// What a histogram says at one moment, or what it has counted between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// How many fell into each step.
    pub(crate) steps: [u64; STEPS],
    /// How long all took together, in microseconds.
    pub(crate) micros: u64,
}

impl Histogram {
    /// Counts one that took so long; returns that in microseconds.
    pub(crate) fn count(&self, took: Duration) -> u64 {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let step = BOUNDS.partition_point(|bound| *bound < micros);
        self.steps[step].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        micros
    }

    /// What it says now.
    pub(crate) fn read(&self) -> Reading {
        let steps = std::array::from_fn(|step| self.steps[step].load(Ordering::Relaxed));
        Reading { steps, micros: self.micros.load(Ordering::Relaxed) }
    }
}

impl Reading {
    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.steps.iter().sum()
    }

    /// Both together.
    pub(crate) fn plus(mut self, other: &Self) -> Self {
        for (step, more) in self.steps.iter_mut().zip(other.steps) {
            *step += more;
        }
        self.micros = self.micros.wrapping_add(other.micros);
        self
    }

    /// What was counted since `earlier`.
    pub(crate) fn since(mut self, earlier: &Self) -> Self {
        for (step, less) in self.steps.iter_mut().zip(earlier.steps) {
            *step = step.saturating_sub(less);
        }
        self.micros = self.micros.wrapping_sub(earlier.micros);
        self
    }

    /// Within which time this share of them was done, in microseconds: the upper end of the step in which it lies, since
    /// nothing finer is known. Nothing when there was none; the last bound stands for all above it.
    pub(crate) fn within_micros(&self, share: f64) -> Option<u64> {
        let wanted = (self.count() as f64 * share).ceil().max(1.0) as u64;
        let mut so_far = 0;
        let step = self.steps.iter().position(|count| {
            so_far += count;
            so_far >= wanted
        })?;
        Some(BOUNDS[step.min(BOUNDS.len() - 1)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_step_that_ends_with_it() {
        let histogram = Histogram::default();
        for micros in [0, 500, 501, 25_000_000, 25_000_001] {
            histogram.count(Duration::from_micros(micros));
        }
        let reading = histogram.read();
        assert_eq!((reading.steps[0], reading.steps[1]), (2, 1));
        assert_eq!((reading.steps[STEPS - 2], reading.steps[STEPS - 1]), (1, 1));
        assert_eq!((reading.count(), reading.micros), (5, 50_001_002));
    }

    #[test]
    fn a_share_of_them_was_done_within_the_end_of_its_step() {
        assert_eq!(Reading::default().within_micros(0.5), None);
        let histogram = Histogram::default();
        (0..99).for_each(|_| _ = histogram.count(Duration::from_millis(1)));
        let before = histogram.read();
        histogram.count(Duration::from_secs(3));
        let after = histogram.read();
        assert_eq!((after.within_micros(0.5), after.within_micros(0.99)), (Some(1_000), Some(1_000)));
        assert_eq!(after.within_micros(1.0), Some(5_000_000));
        assert_eq!(after.since(&before).within_micros(0.5), Some(5_000_000));
        assert_eq!(after.since(&before).plus(&before), after);
    }
}
