//! How many upstream calls of a path are in flight.
//!
//! They are counted without a limit too, and by the path rather than by the limit: one that is new, or another, counts
//! the calls that were there before it.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The calls in flight.
#[derive(Default)]
pub(super) struct Calls(AtomicUsize);

/// One of them; over when dropped.
pub(super) struct Slot(Arc<Calls>);

impl Slot {
    /// One more call, unless there are as many as may be.
    pub(super) fn take(calls: &Arc<Calls>, most: Option<NonZeroUsize>) -> Option<Self> {
        let one_more = |calls: usize| most.is_none_or(|most| calls < most.get()).then_some(calls + 1);
        calls.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(Self(calls.clone()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}
