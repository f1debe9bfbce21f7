//! Time, which stands still until it is moved, and the global timer.

use std::time::Duration;

use super::{
    Canister,
    contexts::{Context, Origin},
};
use crate::engine::{Trap, mode::Mode, run::Point, state::Message};

impl Canister {
    /// The time that it sees, in nanoseconds since 1970.
    pub fn time_nanos(&self) -> u64 {
        self.time_nanos
    }

    /// Moves its time; backwards, too, if somebody insists.
    pub fn set_time_nanos(&mut self, time_nanos: u64) {
        self.time_nanos = time_nanos;
    }

    /// Lets time pass. Timers that are due wait for [`Canister::fire_timer`].
    pub fn advance(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.time_nanos = self.time_nanos.saturating_add(nanos);
    }

    /// When its global timer is due, in nanoseconds since 1970.
    pub fn timer_nanos(&self) -> Option<u64> {
        Some(self.state.timer_nanos).filter(|nanos| *nanos > 0)
    }

    /// Fires the global timer if it is due: once, as in one round of the subnet. Nothing is returned if it is not.
    ///
    /// # Errors
    /// The trap of `canister_global_timer`. The timer is off then, all the same.
    pub fn fire_timer(&mut self) -> Option<Result<(), Trap>> {
        self.timer_nanos().filter(|due| *due <= self.time_nanos)?;
        self.state.timer_nanos = 0;
        if !self.module.exports("canister_global_timer") {
            return Some(Ok(()));
        }
        let message = Message { in_flight: self.in_flight(), ..Message::new(Mode::Timer, self.time_nanos) };
        let context = self.fresh_id();
        self.contexts.insert(context, Context::new(Origin::Timer, &[], 0));
        let ran = self.run(message, Point::Export("canister_global_timer"));
        let result = self.conclude(context, ran);
        self.pass_on_answers();
        Some(result)
    }
}
