//! What can go wrong, in three sizes: a module that cannot be hosted, an execution that was stopped, and a message
//! that was answered with a rejection.
//!
//! The texts of a [`Trap`] are the replica's (`rs/interfaces/src/execution_environment/errors.rs` and
//! `rs/embedders/src/wasmtime_embedder/system_api.rs` of dfinity/ic) without the links to documentation behind them.
//! Texts about limits of this engine's own say so.

use std::time::Duration;

use candid::Principal;
use thiserror::Error;

use crate::reject::{Reject, RejectCode};

/// Why a Wasm module cannot be hosted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EngineError {
    /// Not a Wasm module, or one that uses what the Internet Computer does not allow.
    #[error("this is not a Wasm module that can be hosted: {0}")]
    Invalid(String),
    /// Larger than a canister's module may be.
    #[error("the Wasm module has {bytes} bytes, more than the {bytes_max} that a canister may have")]
    TooLarge {
        /// The module's size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// Functions that are not part of ic0. Every one of them is named.
    #[error(
        "the Wasm module imports what the Internet Computer does not offer: {}. \
         A canister may import functions of module \"ic0\" only; a crate that was not built for canisters \
         (getrandom, wasm-bindgen, std::time) is the usual cause",
        .0.join(", ")
    )]
    UnknownImports(Vec<String>),
    /// It was not compiled in time. A limit of this engine's own; the Internet Computer refuses functions that are too
    /// complex.
    #[error("the Wasm module was not compiled within {0:?}: one of its functions is too complex")]
    TooSlow(Duration),
    /// The machine refused the engine what it needs: memory, a thread, a supported processor.
    #[error("the embedded engine cannot run on this machine: {0}")]
    Machine(String),
}

/// Why an execution was stopped. Whatever it had changed is gone.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Trap {
    /// The canister called `ic0.trap`; a panic of an ic-cdk canister ends here, too.
    #[error("Canister called `ic0.trap` with message: '{0}'")]
    Called(String),
    /// A function of ic0 was called where, or as, it must not be.
    #[error("Canister violated contract: {0}")]
    Violation(String),
    /// Wasm trapped by itself: unreachable code, an access out of bounds, a stack that was too deep.
    #[error("Canister trapped: {0}")]
    Wasm(String),
    /// More instructions than one message may take.
    #[error("Canister exceeded the limit of {limit} instructions for single message execution.")]
    Instructions {
        /// The limit that was exceeded.
        limit: u64,
    },
    /// Within the limit of instructions, but longer than anybody wants to wait. A limit of this engine's own.
    #[error("Canister ran for more than {0:?} of real time in one message; the embedded engine stopped it")]
    TooSlow(Duration),
    /// Wasm trapped after the engine had refused to let its memory grow.
    #[error(
        "Canister trapped: {trap}. Its {memory} memory had asked for more than the {bytes_max} bytes that the \
         embedded engine was told to give it"
    )]
    OutOfMemory {
        /// What Wasm did about it.
        trap: String,
        /// `heap` or `stable`.
        memory: &'static str,
        /// The limit in the settings.
        bytes_max: u64,
    },
    /// More cycles were attached to a call than there are.
    #[error("Canister is out of cycles: {available} are left, {requested} were to be sent")]
    OutOfCycles {
        /// The canister's balance.
        available: u128,
        /// What the call was to carry.
        requested: u128,
    },
    /// The canister has no such entry point, or not one that this kind of message can use.
    #[error("Canister has no {kind} method '{name}'.")]
    NoMethod {
        /// `update` or `query`.
        kind: &'static str,
        /// The method's name.
        name: String,
    },
    /// A callback named a function that the canister's table does not hold.
    #[error("Canister requested to invoke a non-existent Wasm function {0} from table 0")]
    NoFunction(u32),
    /// Call upon call, without an end. A limit of the harness's own.
    #[error("Canister was stopped: {0}")]
    Endless(String),
    /// The engine could not give what the execution needed.
    #[error("the embedded engine failed: {0}")]
    Engine(String),
    /// A callback trapped, and then its cleanup did.
    #[error("{callback}\n\ncall_on_cleanup also failed:\n\n{cleanup}")]
    Cleanup {
        /// Why the callback was stopped.
        callback: Box<Trap>,
        /// Why the cleanup was stopped.
        cleanup: Box<Trap>,
    },
}

impl Reject {
    /// What the caller of a canister that trapped is told.
    pub(super) fn trapped(canister: &Principal, trap: &Trap) -> Self {
        Self::new(RejectCode::CanisterError, format!("Error from Canister {canister}: {trap}"))
    }
}
