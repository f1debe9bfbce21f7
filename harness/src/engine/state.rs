//! What a canister is between two messages, and what one message adds to it.

use wasmtime::Val;

use super::{image::Image, mode::Mode};
use crate::reject::Reject;

/// All that lasts. A clone is cheap: the memories are shared.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Wasm memory.
    pub heap: Image,
    /// The mutable globals: numbers only.
    pub globals: Vec<Val>,
    /// Stable memory.
    pub stable: Image,
    /// At most 32 bytes.
    pub certified: Vec<u8>,
    /// When the global timer is due, in nanoseconds since 1970; 0 is never.
    pub timer_nanos: u64,
    /// Cycles.
    pub balance: u128,
    /// Counts what changed the canister.
    pub version: u64,
}

/// What an execution knows about its occasion.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// The kind of the execution.
    pub mode: Mode,
    /// The method's name, for the inspection of a message.
    pub method: String,
    /// The argument, or the reply to a call.
    pub argument: Vec<u8>,
    /// Who began it all.
    pub caller: Vec<u8>,
    /// Why the call was rejected.
    pub rejection: Option<Reject>,
    /// Cycles that the message brought and that nobody has accepted yet.
    pub available: u128,
    /// Cycles that came back with the response to a call.
    pub refunded: u128,
    /// Whether the message has been answered before.
    pub answered: bool,
    /// Instructions of earlier executions for the same message.
    pub spent_before: u64,
    /// The time, in nanoseconds since 1970.
    pub time_nanos: u64,
    /// Calls that are in flight, by callee, one entry each.
    pub in_flight: Vec<Vec<u8>>,
}

/// What an execution wants, once it has ended well.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// The answer to the message.
    pub answer: Option<Result<Vec<u8>, Reject>>,
    /// Calls, in order.
    pub calls: Vec<Draft>,
    /// Cycles that are still available.
    pub available: u128,
    /// Whether the inspected message is accepted.
    pub accepted: bool,
}

/// A function of the table with its one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closure {
    /// Index in table 0.
    pub function: u32,
    /// The argument, of as many bits as an address of the heap.
    pub environment: u64,
}

/// A call under construction.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// The callee's principal; empty for the management canister.
    pub callee: Vec<u8>,
    /// The method.
    pub method: String,
    /// The argument.
    pub argument: Vec<u8>,
    /// Cycles attached.
    pub cycles: u128,
    /// Runs on a reply.
    pub on_reply: Closure,
    /// Runs on a rejection.
    pub on_reject: Closure,
    /// Runs after one of them trapped.
    pub on_cleanup: Option<Closure>,
    /// Best effort: after so many seconds the caller may get no answer but *unknown*.
    pub timeout_seconds: Option<u32>,
}

impl Message {
    /// A message of the system's, without argument or caller.
    pub(super) fn new(mode: Mode, time_nanos: u64) -> Self {
        Self {
            mode,
            method: String::new(),
            argument: Vec::new(),
            caller: Vec::new(),
            rejection: None,
            available: 0,
            refunded: 0,
            answered: false,
            spent_before: 0,
            time_nanos,
            in_flight: Vec::new(),
        }
    }
}
