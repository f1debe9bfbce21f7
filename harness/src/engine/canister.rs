//! An installed canister: its state, the messages that wait, the calls that are out.

mod about;
mod calls;
mod contexts;
mod install;
mod time;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use candid::Principal;

use self::contexts::{Callback, Context, Origin};
use super::{
    Module, Settings, Trap, limits,
    mode::Mode,
    run::{Point, Ran, run},
    state::{Message, State},
};
use crate::reject::{Reject, RejectCode};

/// An update that was sent to a canister.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(u64);

/// A call that a canister has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(u64);

/// An outgoing call. Its callback runs when [`Canister::respond`] is told the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// To be given back with the response.
    pub id: CallId,
    /// The callee's principal; empty is the management canister.
    pub callee: Vec<u8>,
    /// The method.
    pub method: String,
    /// The argument, usually Candid.
    pub arg: Vec<u8>,
    /// Cycles attached; they have left the canister's balance.
    pub cycles: u128,
    /// A best-effort call: after so many seconds the platform may answer *unknown*.
    pub timeout_seconds: Option<u32>,
}

/// What became of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The reply or the rejection that the caller sees.
    pub result: Result<Vec<u8>, Reject>,
    /// Cycles that the caller gets back.
    pub refunded: u128,
    /// Instructions until then, of the update and of its callbacks. An execution that the clock stopped counts as 0.
    pub instructions: u64,
}

/// What became of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queried {
    /// The reply or the rejection.
    pub result: Result<Vec<u8>, Reject>,
    /// Instructions that it took; for a transform, what price version 2 charges.
    pub instructions: u64,
    /// What it printed.
    pub log: Vec<String>,
}

/// An installed canister.
#[derive(Debug)]
pub struct Canister {
    module: Module,
    settings: Arc<Settings>,
    state: State,
    time_nanos: u64,
    next_id: u64,
    contexts: BTreeMap<u64, Context>,
    callbacks: BTreeMap<CallId, Callback>,
    outbox: Vec<Call>,
    own_answers: VecDeque<(CallId, Result<Vec<u8>, Reject>, u128)>,
    settled: BTreeMap<MessageId, Settled>,
    log: VecDeque<String>,
}

impl Canister {
    /// Runs a query on a copy of the state: a transform, too, with the management canister (`&[]`) as caller.
    ///
    /// # Errors
    /// The rejection that the caller sees: its own, a trap, no such method, no answer.
    pub fn query(&self, method: &str, arg: &[u8], caller: &[u8]) -> Result<Vec<u8>, Reject> {
        self.queried(method, arg, caller).result
    }

    /// Like [`Canister::query`], and tells the instructions and what was printed.
    pub fn queried(&self, method: &str, arg: &[u8], caller: &[u8]) -> Queried {
        let export = format!("canister_query {method}");
        if !self.module.exports(&export) {
            let composite = self.module.exports(&format!("canister_composite_query {method}"));
            let rejected = if composite {
                let text = format!("'{method}' is a composite query, which the embedded engine does not run");
                Reject::new(RejectCode::CanisterError, text)
            } else {
                self.trapped(&Trap::NoMethod { kind: "query", name: method.to_owned() })
            };
            return Queried { result: Err(rejected), instructions: 0, log: Vec::new() };
        }
        let message = Message {
            argument: arg.to_vec(),
            caller: caller.to_vec(),
            ..Message::new(Mode::Query, self.time_nanos)
        };
        let Ran { result, instructions, log } = self.run(message, Point::Export(&export));
        let result = match result {
            Ok((_, effects)) => effects.answer.unwrap_or_else(|| Err(self.silent())),
            Err(trap) => Err(self.trapped(&trap)),
        };
        Queried { result, instructions, log }
    }

    /// Sends an update without cycles. It runs until it is answered or waits for a call.
    pub fn update(&mut self, method: &str, arg: &[u8], caller: &[u8]) -> MessageId {
        self.update_with_cycles(method, arg, caller, 0)
    }

    /// Sends an update that brings cycles, as one canister does to another. One without, which may come from a user,
    /// is inspected first if the canister exports `canister_inspect_message`.
    pub fn update_with_cycles(&mut self, method: &str, arg: &[u8], caller: &[u8], cycles: u128) -> MessageId {
        let id = MessageId(self.fresh_id());
        match self.inspected(method, arg, caller, cycles) {
            Ok(()) => self.open(Origin::Update(id), method, arg, caller, cycles),
            Err(rejected) => {
                self.keep(id, Settled { result: Err(rejected), refunded: cycles, instructions: 0 });
            }
        }
        self.pass_on_answers();
        id
    }

    /// The answer to an update, once it is there. The last 10,000 are remembered.
    pub fn outcome(&self, id: MessageId) -> Option<Result<Vec<u8>, Reject>> {
        self.settled.get(&id).map(|settled| settled.result.clone())
    }

    /// All that is known about an answered update.
    pub fn settled(&self, id: MessageId) -> Option<&Settled> {
        self.settled.get(&id)
    }

    fn run(&self, message: Message, point: Point<'_>) -> Ran {
        run(&self.module, &self.settings, &self.state, message, point)
    }

    /// Asks the canister whether it wants a message at all.
    fn inspected(&self, method: &str, arg: &[u8], caller: &[u8], cycles: u128) -> Result<(), Reject> {
        if cycles > 0 || !self.module.exports("canister_inspect_message") {
            return Ok(());
        }
        let message = Message {
            method: method.to_owned(),
            argument: arg.to_vec(),
            caller: caller.to_vec(),
            ..Message::new(Mode::Inspect, self.time_nanos)
        };
        match self.run(message, Point::Export("canister_inspect_message")).result {
            Ok((_, effects)) if effects.accepted => Ok(()),
            Ok(_) => Err(Reject::new(RejectCode::CanisterReject, "Canister rejected the message")),
            Err(trap) => Err(self.trapped(&trap)),
        }
    }

    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn keep(&mut self, id: MessageId, settled: Settled) {
        self.settled.insert(id, settled);
        while self.settled.len() > limits::OUTCOMES_MAX {
            self.settled.pop_first();
        }
    }

    fn print(&mut self, lines: impl IntoIterator<Item = String>) {
        self.log.extend(lines);
        while self.log.len() > limits::LOG_LINES_MAX {
            self.log.pop_front();
        }
    }

    fn principal(&self) -> Principal {
        Principal::try_from_slice(self.id()).unwrap_or(Principal::anonymous())
    }

    fn trapped(&self, trap: &Trap) -> Reject {
        Reject::trapped(&self.principal(), trap)
    }

    fn silent(&self) -> Reject {
        let text = format!("Canister {} did not reply to the call", self.principal());
        Reject::new(RejectCode::CanisterError, text)
    }
}
