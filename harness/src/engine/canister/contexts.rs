//! Messages that wait for calls, and how an execution that has ended changes them.

use super::{Call, CallId, Canister, MessageId, Settled};
use crate::{
    engine::{
        Trap,
        mode::Mode,
        run::{Point, Ran},
        state::{Closure, Draft, Effects, Message},
    },
    reject::Reject,
};

/// A message between its first execution and the return of its last call.
#[derive(Debug)]
pub(super) struct Context {
    origin: Origin,
    pub(super) caller: Vec<u8>,
    pub(super) available: u128,
    pub(super) answered: bool,
    pub(super) spent: u64,
    pub(super) pending: usize,
}

/// Who waits for the answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// Whoever sent the update.
    Update(MessageId),
    /// The canister itself: the call that the message came from.
    Own(CallId),
    /// Nobody.
    Timer,
}

/// What runs when a call returns.
#[derive(Debug)]
pub(super) struct Callback {
    pub(super) context: u64,
    pub(super) callee: Vec<u8>,
    pub(super) cycles: u128,
    pub(super) on_reply: Closure,
    pub(super) on_reject: Closure,
    pub(super) on_cleanup: Option<Closure>,
}

impl Context {
    pub(super) fn new(origin: Origin, caller: &[u8], available: u128) -> Self {
        let answered = matches!(origin, Origin::Timer);
        Self { origin, caller: caller.to_vec(), available, answered, spent: 0, pending: 0 }
    }
}

impl Canister {
    /// Runs the first execution of a message.
    pub(super) fn open(&mut self, origin: Origin, method: &str, arg: &[u8], caller: &[u8], cycles: u128) {
        let id = self.fresh_id();
        self.contexts.insert(id, Context::new(origin, caller, cycles));
        let update = format!("canister_update {method}");
        let query = format!("canister_query {method}");
        let (mode, export) = match (self.module.exports(&update), self.module.exports(&query)) {
            (true, _) => (Mode::Update, update),
            (false, true) => (Mode::ReplicatedQuery, query),
            (false, false) => {
                let trap = Trap::NoMethod { kind: "update", name: method.to_owned() };
                let _ = self.conclude(id, Ran { result: Err(trap), instructions: 0, log: Vec::new() });
                return;
            }
        };
        let message = Message {
            argument: arg.to_vec(),
            caller: caller.to_vec(),
            available: cycles,
            in_flight: self.in_flight(),
            ..Message::new(mode, self.time_nanos)
        };
        let ran = self.run(message, Point::Export(&export));
        let _ = self.conclude(id, ran);
    }

    /// The callees of all calls that are out.
    pub(super) fn in_flight(&self) -> Vec<Vec<u8>> {
        self.callbacks.values().map(|callback| callback.callee.clone()).collect()
    }

    /// Takes what an execution left behind, or forgets it after a trap, and answers the message when it is time. The
    /// trap is returned as well, for those who have no answer to wait for.
    pub(super) fn conclude(&mut self, id: u64, ran: Ran) -> Result<(), Trap> {
        let Ran { result, instructions, log } = ran;
        self.print(log);
        if let Some(context) = self.contexts.get_mut(&id) {
            context.spent = context.spent.saturating_add(instructions);
        }
        let stopped = match result {
            Ok((mut state, effects)) => {
                state.version += 1;
                self.state = state;
                self.apply(id, effects);
                None
            }
            Err(trap) => {
                self.print([format!("[TRAP]: {trap}")]);
                Some(trap)
            }
        };
        if self.contexts.get(&id).is_some_and(|context| context.pending == 0) {
            let rejected = stopped.as_ref().map_or_else(|| self.silent(), |trap| self.trapped(trap));
            self.answer(id, Err(rejected));
            self.contexts.remove(&id);
        }
        stopped.map_or(Ok(()), Err)
    }

    fn apply(&mut self, id: u64, effects: Effects) {
        let Effects { answer, calls, available, .. } = effects;
        if let Some(context) = self.contexts.get_mut(&id) {
            context.available = available;
            context.pending += calls.len();
        }
        for draft in calls {
            self.send(id, draft);
        }
        if let Some(answer) = answer {
            self.answer(id, answer);
        }
    }

    fn send(&mut self, context: u64, draft: Draft) {
        let id = CallId(self.fresh_id());
        let Draft { callee, method, argument, cycles, on_reply, on_reject, on_cleanup, timeout_seconds } =
            draft;
        let callback = Callback { context, callee: callee.clone(), cycles, on_reply, on_reject, on_cleanup };
        self.callbacks.insert(id, callback);
        self.outbox.push(Call { id, callee, method, arg: argument, cycles, timeout_seconds });
    }

    /// Answers a message, once. Cycles that were not accepted until now go back.
    fn answer(&mut self, id: u64, result: Result<Vec<u8>, Reject>) {
        let Some(context) = self.contexts.get_mut(&id).filter(|context| !context.answered) else { return };
        context.answered = true;
        let refunded = std::mem::take(&mut context.available);
        let (origin, instructions) = (context.origin, context.spent);
        match origin {
            Origin::Update(message) => self.keep(message, Settled { result, refunded, instructions }),
            Origin::Own(call) => self.own_answers.push_back((call, result, refunded)),
            Origin::Timer => {}
        }
    }
}
