//! Calls on their way out, and responses on their way in.

use super::{Call, CallId, Canister, contexts::Origin};
use crate::{
    engine::{
        Trap,
        mode::Mode,
        run::{Point, Ran},
        state::{Closure, Message},
    },
    reject::Reject,
};

impl Canister {
    /// The calls that were made since the last look, in order: to the management canister, to other canisters, and to
    /// itself (give those to [`Canister::deliver`]).
    pub fn take_calls(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.outbox)
    }

    /// Whether a call goes to the canister that made it. Timers of ic-cdk do so.
    pub fn is_own(&self, call: &Call) -> bool {
        call.callee == self.id()
    }

    /// Carries out a call of this canister's to itself. Its answer finds its callback without the host.
    pub fn deliver(&mut self, call: &Call) {
        let caller = self.settings.canister.clone();
        self.open(Origin::Own(call.id), &call.method, &call.arg, &caller, call.cycles);
        self.pass_on_answers();
    }

    /// Tells the canister how a call ended, and how many of the attached cycles come back. A call that is not known, or
    /// was answered before, changes nothing.
    pub fn respond(&mut self, id: CallId, result: Result<Vec<u8>, Reject>, refund: u128) {
        self.call_back(id, result, refund);
        self.pass_on_answers();
    }

    /// Calls that wait for a response.
    pub fn calls_in_flight(&self) -> usize {
        self.callbacks.len()
    }

    /// Answers of this canister's to itself run callbacks, which may answer further ones. A queue, so that a long
    /// chain needs no stack; it is as long as there are calls in flight.
    pub(super) fn pass_on_answers(&mut self) {
        while let Some((id, result, refund)) = self.own_answers.pop_front() {
            self.call_back(id, result, refund);
        }
    }

    fn call_back(&mut self, id: CallId, result: Result<Vec<u8>, Reject>, refund: u128) {
        let Some(callback) = self.callbacks.remove(&id) else { return };
        let refunded = refund.min(callback.cycles);
        self.state.balance = self.state.balance.saturating_add(refunded);
        let in_flight = self.in_flight();
        let Some(context) = self.contexts.get_mut(&callback.context) else { return };
        context.pending = context.pending.saturating_sub(1);
        let (mode, closure, argument, rejection) = match result {
            Ok(reply) => (Mode::Reply, callback.on_reply, reply, None),
            Err(rejected) => (Mode::Reject, callback.on_reject, Vec::new(), Some(rejected)),
        };
        let message = Message {
            caller: context.caller.clone(),
            argument,
            rejection,
            available: context.available,
            refunded,
            answered: context.answered,
            spent_before: context.spent,
            in_flight,
            ..Message::new(mode, self.time_nanos)
        };
        let mut ran = self.run(message, Point::Callback(closure));
        if let (Err(_), Some(cleanup)) = (&ran.result, callback.on_cleanup) {
            ran = self.clean_up(ran, callback.context, cleanup);
        }
        let _ = self.conclude(callback.context, ran);
    }

    /// After a callback that trapped: its changes are gone, and the cleanup runs on the state from before.
    fn clean_up(&mut self, callback: Ran, context: u64, closure: Closure) -> Ran {
        let caller = self.contexts.get(&context).map_or_else(Vec::new, |context| context.caller.clone());
        let message = Message { caller, ..Message::new(Mode::Cleanup, self.time_nanos) };
        let cleanup = self.run(message, Point::Callback(closure));
        let instructions = callback.instructions.saturating_add(cleanup.instructions);
        let log = callback.log.into_iter().chain(cleanup.log).collect();
        let result = match (callback.result, cleanup.result) {
            (Err(trap), Ok((mut state, _))) => {
                state.version += 1;
                self.state = state;
                Err(trap)
            }
            (Err(trap), Err(second)) => {
                Err(Trap::Cleanup { callback: Box::new(trap), cleanup: Box::new(second) })
            }
            (Ok(fine), _) => Ok(fine),
        };
        Ran { result, instructions, log }
    }
}
