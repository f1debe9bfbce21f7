//! What every store must do, written once.
//!
//! A store joins by implementing [`Bench`] and naming it in [`conformance!`](crate::conformance); one that outlives its
//! process also in [`durable_conformance!`](crate::durable_conformance). Random histories against a ledger of a few lines
//! are [`model::histories`].
//!
//! Outside of this crate's own tests the suite needs the feature `conformance`.

use std::{future::Future, time::Duration};

use super::{Ledger, Memory, clock::Clock};
use crate::ledger::Timestamp;

pub mod claims;
pub mod durable;
pub mod forgotten;
pub mod model;
pub mod parts;

/// Room for four claims of the suite.
pub const ROOM: u64 = 4 * parts::CLAIM_BYTES;
/// A time that held clocks may start at.
pub const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A store under test, how its time passes, and how it fails. The last four are only asked of a store that outlives its
/// process.
pub trait Bench: Sized {
    /// Whether what was durable is there again after a crash.
    const OUTLIVES_ITS_PROCESS: bool;
    /// Whether a claim is in the store before it has begun, as one that several processes share has to have it: then it
    /// cannot be made while writes fail, and a crash makes it *unknown*.
    const CLAIMS_AT_ONCE: bool = false;
    /// The shortest time that the store's clock can be moved by, and be believed.
    const TICK: Duration = Duration::from_millis(1);

    /// An empty store with this room.
    fn open(room_bytes: u64) -> impl Future<Output = Self>;
    /// The store.
    fn ledger(&self) -> &dyn Ledger;
    /// Lets ledger time pass.
    fn pass(&self, time: Duration) -> impl Future<Output = ()>;
    /// Returns when what dropped leads have left to the store is done, unless writes fail.
    fn quiet(&self) -> impl Future<Output = ()> {
        std::future::ready(())
    }

    /// The process dies without a word, with everything that it had not written; another takes its place, and has found
    /// what was left unfinished. Leads of the dead process do nothing any more.
    fn crash(self) -> impl Future<Output = Self>;
    /// From now on writes fail.
    fn fail(&self, how: Failing);
    /// Returns when a write has failed since [`Bench::fail`].
    fn write_failed(&self) -> impl Future<Output = ()>;
    /// Writes succeed again, and what was owed to the store has been written when this returns.
    fn heal(&self) -> impl Future<Output = ()>;
}

/// How a write fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// Nothing of it is there afterwards.
    Lost,
    /// It is there, but nobody was told so.
    Landed,
}

/// The memory store, whose clock the suite holds.
pub struct MemoryBench {
    memory: Memory,
    clock: Clock,
}

impl Bench for MemoryBench {
    const OUTLIVES_ITS_PROCESS: bool = false;

    async fn open(room_bytes: u64) -> Self {
        let clock = Clock::held(START);
        Self { memory: Memory::with_clock(room_bytes, clock.clone()), clock }
    }
    fn ledger(&self) -> &dyn Ledger {
        &self.memory
    }
    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
    async fn crash(self) -> Self {
        panic!("a crash leaves nothing of it")
    }
    fn fail(&self, _: Failing) {
        panic!("it writes nothing")
    }
    async fn write_failed(&self) {
        panic!("it writes nothing")
    }
    async fn heal(&self) {
        panic!("it writes nothing")
    }
}

/// The suite for one store. What stands before its name stands before every test.
#[macro_export]
macro_rules! conformance {
    ($(#[$attribute:meta])* $bench:ty) => {
        $crate::conformance_tests! { [$(#[$attribute])*] $bench, claims =>
            one_leads_the_others_follow_and_all_get_the_same_record
            a_record_is_replayed_until_it_expires_and_then_the_key_is_free
            another_request_under_the_same_key_conflicts_in_every_state
            a_lost_leader_of_an_unsafe_request_is_recorded_as_unknown_for_everybody
            a_lost_leader_of_a_safe_request_is_replaced_by_one_of_those_who_ask
            an_idempotent_upstream_is_asked_again_only_under_the_configuration_of_the_claim
            a_lead_that_is_dropped_before_it_began_leaves_the_key_as_it_was
            a_claim_that_is_refused_leaves_the_key_as_it_was_and_tells_everybody
            a_refusal_is_recorded_without_having_begun
            a_full_ledger_refuses_new_keys_and_forgets_no_live_one
            a_settled_answer_gives_back_the_room_it_does_not_need
            waiters_are_bounded_and_one_that_leaves_makes_room
            a_record_is_compared_by_the_headers_it_was_fingerprinted_with
        }
        $crate::conformance_tests! { [$(#[$attribute])*] $bench, forgotten =>
            what_is_settled_can_be_forgotten_and_then_the_key_is_free
            what_is_in_flight_or_lost_is_not_forgotten
            what_has_expired_is_not_there_to_be_forgotten
            what_is_forgotten_gives_back_its_room
        }
    };
}

/// The suite for one store that outlives its process.
#[macro_export]
macro_rules! durable_conformance {
    ($(#[$attribute:meta])* $bench:ty) => {
        $crate::conformance_tests! { [$(#[$attribute])*] $bench, durable =>
            a_record_is_the_same_after_a_crash_and_expires_at_its_time
            an_unfinished_unsafe_claim_is_unknown_after_a_crash_from_its_detection
            an_unfinished_safe_claim_vanishes_in_a_crash
            a_claim_that_had_not_begun_vanishes_in_a_crash
            an_unfinished_idempotent_claim_is_led_again_after_a_crash_under_its_configuration_only
            time_never_runs_backwards_over_a_crash
            the_room_that_records_take_is_taken_after_a_crash
            a_claim_whose_write_fails_leaves_nothing_behind
            a_claim_whose_failed_write_landed_leaves_nothing_behind
            an_answer_that_cannot_be_written_in_time_is_unknown_for_everybody_and_for_ever
            an_answer_that_landed_after_all_stands
            an_answer_is_written_when_the_store_returns_in_time
            the_store_owns_an_answer_whose_leader_is_gone
            what_is_known_is_replayed_while_writes_fail
        }
        $crate::conformance_tests! { [$(#[$attribute])*] $bench, forgotten =>
            what_is_forgotten_stays_forgotten_after_a_crash
            what_cannot_be_written_is_not_forgotten
        }
    };
}

/// One test for each name: an empty store, and a function of a module of the suite.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ($attributes:tt $bench:ty, $module:ident => $($test:ident)*) => {
        $( $crate::conformance_test! { $attributes $bench, $module, $test } )*
    };
}

/// One test: an empty store, and a function of a module of the suite.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_test {
    ([$($attribute:tt)*] $bench:ty, $module:ident, $test:ident) => {
        $($attribute)*
        #[tokio::test]
        async fn $test() {
            use $crate::ledger::conformance::{Bench, ROOM, $module};
            $module::$test(<$bench as Bench>::open(ROOM).await).await;
        }
    };
}

#[cfg(test)]
mod memory {
    use super::{MemoryBench, model};

    crate::conformance! { MemoryBench }

    #[test]
    fn no_history_tells_the_store_from_the_model() {
        model::histories::<MemoryBench>(2_000);
    }
}
