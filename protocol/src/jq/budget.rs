//! What one projection may cost, counted in bytes touched and not in time, so that every run ends the same way.
//!
//! jq has no place to return "enough" from: comparing, cloning and collecting cannot fail. A projection therefore
//! owns a thread, and whoever exceeds the budget unwinds it with a [`Stop`]. That is not a panic: no hook runs,
//! nothing is printed, and `try` in a filter cannot catch it.

use std::cell::Cell;
use std::panic::resume_unwind;

use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut};

use super::value::Value;

/// All bytes that one projection may read, copy or compare; a step counts as [`STEP_BYTES`].
pub(super) const WORK_BYTES_MAX: u64 = 1 << 30;
/// What looking at a value or entering a filter costs, however small it is.
const STEP_BYTES: u64 = 64;
/// The memory of one value with everything in it, as if nothing in it were shared.
const VALUE_BYTES_MAX: usize = 256 << 20;
/// Nesting of values in the middle of a filter: twice that of an answer, so that the deepest one can be wrapped.
const DEPTH_MAX: usize = 2 * crate::json::DEPTH_MAX;

/// The stack of the thread that projects.
pub(super) const STACK_BYTES: usize = 16 << 20;
/// How much of it a filter may use; the rest is for what runs between two looks at it.
const STACK_BYTES_MAX: usize = 8 << 20;

/// Why a projection was stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// The filter did more work than an answer is worth.
    TooMuchWork,
    /// A value grew too large or too deep, or the filter recursed too deeply over it.
    TooLarge,
}

thread_local! {
    static WORK_BYTES_LEFT: Cell<u64> = const { Cell::new(0) };
    static STACK_BASE: Cell<usize> = const { Cell::new(0) };
}

/// What filters run with: our values, and a table of terms that cannot be passed on without paying.
pub(super) struct Metered;

/// The terms of a filter. Every pipe, call and binding clones it, so nothing runs for long without a step.
pub(super) struct Terms<'a>(pub(super) &'a Lut<Metered>);

impl DataT for Metered {
    type V<'a> = Value;
    type Data<'a> = Terms<'a>;
}

impl<'a> HasLut<'a, Metered> for Terms<'a> {
    fn lut(&self) -> &'a Lut<Metered> {
        self.0
    }
}

impl Clone for Terms<'_> {
    fn clone(&self) -> Self {
        step();
        Self(self.0)
    }
}

/// Opens the budget of this thread.
pub(super) fn open(work_bytes_max: u64) {
    WORK_BYTES_LEFT.set(work_bytes_max);
    STACK_BASE.set(stack_address());
}

/// Pays for looking at one value.
pub(super) fn step() {
    spend(STEP_BYTES);
}

/// Pays for one value and the bytes of it that are read or copied.
pub(super) fn touch(bytes: usize) {
    spend(STEP_BYTES.saturating_add(bytes as u64));
}

/// Refuses a value that grew beyond what one may.
pub(super) fn check_size(bytes: usize, depth: usize) {
    if bytes > VALUE_BYTES_MAX || depth > DEPTH_MAX {
        stop(Stop::TooLarge);
    }
}

fn spend(bytes: u64) {
    let left = WORK_BYTES_LEFT.get();
    if left < bytes {
        stop(Stop::TooMuchWork);
    }
    WORK_BYTES_LEFT.set(left - bytes);
    if STACK_BASE.get().abs_diff(stack_address()) > STACK_BYTES_MAX {
        stop(Stop::TooLarge);
    }
}

fn stop(reason: Stop) -> ! {
    resume_unwind(Box::new(reason))
}

#[inline(never)]
fn stack_address() -> usize {
    let here = 0u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}
