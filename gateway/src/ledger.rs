//! Who leads, who follows, who replays: the memory of which outcalls exist.
//!
//! The ledger decides, for every request, what its key is worth now (a [`Claim`]), and remembers the finished
//! answer until it expires. It never talks to an upstream and never builds an answer of its own, but for the one
//! that says that a leader was lost.
//!
//! | state of the key | claim by the same request | what ends the state | after a crash |
//! |---|---|---|---|
//! | absent | [`Claim::Lead`] | the claim: *claimed* | absent |
//! | claimed: nothing was sent | [`Claim::Follow`] | [`Lead::begin`] succeeds: *in flight* | as in flight, or absent |
//! | | | [`Lead::refuse`], since it failed: *absent*; [`Ending::Refused`] for all | |
//! | | | dropped: as before the claim; [`Ending::Lost`] for all | |
//! | in flight: it may have been sent | [`Claim::Follow`] | [`Lead::settle`]: *settled*, or *unwritten* when the write fails | never to be repeated: *unknown*, from detection; [`Repeat::SameConfiguration`]: *lost*; otherwise absent |
//! | | | dropped: *unknown* where it must not be repeated, otherwise *lost*; [`Ending::Lost`] for all | |
//! | unwritten: the answer waits for its write | [`Claim::Follow`] | the write succeeds: *settled* | as in flight; *settled* if it landed after all |
//! | | | its patience is over: *owed* | |
//! | owed: everybody is told *unknown* | [`Claim::Replay`] of it | its write finds an unsettled claim: *unknown*, for ever | as unwritten |
//! | | | its write finds a record: *settled* as that; logged | |
//! | settled, *unknown* included | [`Claim::Replay`] | the record expires, or an operator has it [forgotten](Ledger::forget): *absent* | settled |
//! | lost | [`Claim::Lead`] *again*; the rest follow | the claim; its time is over: *absent* | [`Repeat::SameConfiguration`]: lost; otherwise absent |
//! | lost, under another configuration | *unknown* | | |
//!
//! Another request under the key is a [`Claim::Conflict`] in every state but absent.
//!
//! Every store keeps the same promises, held by one suite (`ledger/conformance.rs`):
//!
//! - a claim is settled exactly once; a dropped [`Lead`] settles itself as lost, or, before it has begun, undoes itself;
//! - [`Ledger::claim`] belongs to a client and may be dropped at any await: then nothing was claimed, or the claim undoes
//!   itself; a look-up that claims in the same step is therefore a task of the store's own;
//! - [`Lead::begin`] and [`Lead::settle`] belong to the leader's task. Dropped in `begin`, nothing was sent, and the claim
//!   undoes itself. Dropped in `settle`, the store goes on: it owns the answer from the first poll;
//! - when a request is not safe to repeat, its claim is on stable storage when `begin` returns, and its answer before the
//!   first waiter has it; other answers have left the process;
//! - a claim that could not be made durable leaves nothing behind that could be led, or be taken for a call;
//! - a recorded *unknown* is final: no late answer takes its place;
//! - no live record is evicted for room: a claim reserves room for its answer, or there is no claim.

use std::{future::Future, pin::Pin, sync::Arc};

use outcall_protocol::digest::Digest;

mod ask;
mod clock;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod disk;
mod entry;
mod expiring;
mod hot;
mod in_flight;
mod lead;
mod memory;
mod record;
pub mod redis;
mod refusals;
mod room;
mod word;

pub use ask::{Ask, Fingerprinted, Foretold, Repeat, Terms};
pub use clock::{Clock, Timestamp};
pub use disk::{Disk, Unopened};
pub use lead::{Ending, Lead, Settle, Waiter};
pub use memory::Memory;
pub use record::{Claimed, Damaged, Defect, Record, Request, Settlement};
pub use refusals::{Refusal, Refusals, Remembered};

use crate::error::Problem;

/// A future of the contract, boxed so that the store can be chosen when the program starts.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The contract of every store.
pub trait Ledger: Send + Sync {
    /// What the key is worth now. Returns without waiting for a leader, and without making anything durable.
    ///
    /// # Errors
    /// [`Unavailable`] when the key cannot be claimed, or what is known of it cannot be read: nothing may be sent for it.
    fn claim<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Claim, Unavailable>>;

    /// The time by which this ledger judges expiry.
    fn now(&self) -> Timestamp;

    /// What the ledger holds at this moment.
    fn occupancy(&self) -> Occupancy;

    /// What stands under this key. Changes nothing: it is for operators to see, and for polls. An answer that is shown is as
    /// sure as one that is replayed; one that is still to be written, or owed, is in flight.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn look<'a>(&'a self, id: &'a Digest) -> BoxFuture<'a, Result<Standing, Unavailable>>;

    /// Forgets a key before its time, if it is settled: whoever asks next leads, also what must not be repeated. That is its
    /// meaning, and an operator's to want. Says what stood there; of that only a settled record was forgotten. Other gateways
    /// on the same store may replay it for seconds.
    ///
    /// # Errors
    /// When the store cannot be written. Then it may be forgotten all the same.
    fn forget<'a>(&'a self, id: &'a Digest) -> BoxFuture<'a, Result<Standing, Unavailable>>;

    /// Whether the store can be asked and written, as far as its last attempt has shown: without one, new keys are refused.
    fn is_reachable(&self) -> bool;
}

/// What the key of a request is worth.
pub enum Claim {
    /// This request is the one that goes upstream. Its own client waits like everybody else.
    Lead(Lead, Waiter),
    /// Another request is upstream: wait for its answer.
    Follow(Waiter),
    /// The answer is known.
    Replay(Arc<Record>),
    /// The key belongs to another request.
    Conflict,
    /// As many requests as the ledger allows wait for this key already.
    Crowded,
}

/// What stands under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Absent,
    /// Its leader is at work, or its answer still to be written.
    InFlight,
    /// Its leader was lost, and it may be led again.
    Lost,
    /// Its answer.
    Settled(Arc<Record>),
}

/// Why a key cannot be claimed, or its claim not be made durable. Nothing was sent, nothing is remembered by the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// No room for one more answer.
    #[error("the ledger is full")]
    Full,
    /// The store cannot be reached, read or written.
    #[error("the ledger cannot be reached")]
    Unreachable,
    /// The store is new or has lost records, and the request must not be repeated: whether it was sent before cannot be
    /// known.
    #[error("the ledger has lost records")]
    Forgotten,
}

impl Unavailable {
    /// What the caller is told.
    pub fn problem(self) -> Problem {
        match self {
            Self::Full => Problem::LedgerFull,
            Self::Unreachable => Problem::LedgerUnreachable,
            Self::Forgotten => Problem::LedgerForgotten,
        }
    }
}

/// What the ledger holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Keys known: in flight, lost or settled, expired ones included until they are swept.
    pub keys: usize,
    /// Bytes taken from the room, reservations included.
    pub bytes: u64,
}
