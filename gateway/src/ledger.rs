//! Who leads, who follows, who replays: the memory of which outcalls exist.
//!
//! The ledger decides, for every request, what its key is worth now (a [`Claim`]), and remembers the finished
//! answer until it expires. It never talks to an upstream and never builds an answer of its own, but for the one
//! that says that a leader was lost.
//!
//! | state of the key | claim | what ends the state |
//! |---|---|---|
//! | absent | [`Claim::Lead`] | the claim itself |
//! | in flight, same fingerprint | [`Claim::Follow`] | the leader settles, or is lost |
//! | settled, same fingerprint | [`Claim::Replay`] | the record expires |
//! | in flight, settled or lost, other fingerprint | [`Claim::Conflict`] | |
//! | lost, safe to repeat | [`Claim::Lead`]; the rest follow | |
//! | lost, otherwise | settled as *outcome unknown* the instant it is lost | |
//!
//! Every store keeps the same promises, held by one suite (`ledger/conformance.rs`):
//!
//! - a claim is settled exactly once; a dropped [`Lead`] settles itself as lost;
//! - [`Ledger::claim`] may be dropped at any await: then nothing was claimed, or the claim is lost before anything
//!   was sent;
//! - no live record is evicted for room: a claim reserves room for its answer, or there is no claim.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use http::HeaderName;
use outcall_protocol::{digest::Digest, fingerprint::Fingerprint};
use tokio::sync::watch;

use crate::{answer::Answer, error::Executed};

mod clock;
#[cfg(test)]
mod conformance;
mod expiring;
mod memory;
mod refusals;

pub use clock::{Clock, Timestamp};
pub use memory::Memory;
pub use refusals::{Refusal, Refusals, Remembered};

/// A future of the contract, boxed so that the store can be chosen when the program starts.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The contract of every store.
pub trait Ledger: Send + Sync {
    /// What the key is worth now. Returns without waiting for a leader.
    ///
    /// # Errors
    /// [`Unavailable`] when the key is new and cannot be claimed: nothing may be sent for it.
    fn claim<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Claim, Unavailable>>;

    /// The time by which this ledger judges expiry.
    fn now(&self) -> Timestamp;

    /// What the ledger holds at this moment.
    fn occupancy(&self) -> Occupancy;
}

/// A request, as far as the ledger needs to know it.
#[derive(Clone)]
pub struct Ask {
    /// The identity of the outcall: digest of route, caller and key.
    pub id: Digest,
    /// Who computes the request's fingerprint, over whichever headers a record was fingerprinted with.
    pub request: Arc<dyn Fingerprinted>,
    /// What is promised for this claim when it is lost.
    pub terms: Terms,
}

/// A request that can say what it is.
pub trait Fingerprinted: Send + Sync {
    /// The forwarded header names of the route of the day, sorted.
    fn names(&self) -> &Arc<[HeaderName]>;
    /// The fingerprint over method, path with query, the headers of these `names`, and body.
    fn fingerprint(&self, names: &Arc<[HeaderName]>) -> Fingerprint;
}

/// The conditions of a claim.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whether another may lead when the leader is lost.
    pub repeat: Repeat,
    /// Room to reserve for the answer, in bytes of headers and body.
    pub answer_bytes_max: usize,
    /// Digest of the configuration that the claim is led with.
    pub configuration: Digest,
    /// What is recorded when the leader of a request that must not be repeated is lost.
    pub lost: Settlement,
}

/// Whether a request may be led again after its leader was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Never: a lost leader means *outcome unknown*.
    Never,
    /// GET, HEAD and OPTIONS: always.
    Always,
    /// The upstream honours the key itself: only while the configuration is still the one of the claim.
    SameConfiguration,
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

/// Why a new key cannot be claimed. Nothing was sent, nothing is remembered by the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// No room for one more answer.
    #[error("the ledger is full")]
    Full,
}

/// What the ledger holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Keys known: in flight, lost or settled, expired ones included until they are swept.
    pub keys: usize,
    /// Bytes taken from the room, reservations included.
    pub bytes: u64,
}

/// The end of an outcall, before the ledger has dated it.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// What every replica gets.
    pub answer: Answer,
    /// How long from now.
    pub life: Duration,
    /// The status with which the upstream answered, if it did.
    pub upstream_status: Option<u16>,
}

impl Settlement {
    /// Whether the upstream has executed it; `None` when the upstream's own answer speaks for itself.
    pub fn executed(&self) -> Option<Executed> {
        self.answer.problem().map(|problem| problem.facts().executed)
    }
}

/// A settled outcall: the finished answer and how long it is remembered. A replay never recomputes it.
#[derive(Debug)]
pub struct Record {
    /// The end of the outcall.
    pub settlement: Settlement,
    /// The request that was answered.
    pub fingerprint: Fingerprint,
    /// The header names it was fingerprinted with.
    pub names: Arc<[HeaderName]>,
    /// When the answer was recorded.
    pub settled: Timestamp,
    /// When the key becomes free again.
    pub expires: Timestamp,
}

/// How an in-flight key ends, as its waiters see it.
#[derive(Clone, Debug)]
pub enum Ending {
    /// With an answer for everybody.
    Settled(Arc<Record>),
    /// Its leader is gone and the request is safe to repeat: claim again.
    Lost,
}

/// The right and the duty to settle one key. Dropped unsettled, it settles itself as lost.
pub struct Lead {
    slot: Option<Box<dyn Settle>>,
    again: bool,
}

/// What a store does when its leader is done. Called once.
pub trait Settle: Send {
    /// Records the end of the outcall and wakes everybody who waits.
    fn settle(self: Box<Self>, settlement: Settlement) -> BoxFuture<'static, ()>;
    /// The leader is gone without an end.
    fn lose(self: Box<Self>);
}

impl Lead {
    /// A lead that `slot` settles.
    pub fn new(slot: Box<dyn Settle>) -> Self {
        Self { slot: Some(slot), again: false }
    }

    /// A lead in place of one that was lost.
    pub fn again(slot: Box<dyn Settle>) -> Self {
        Self { slot: Some(slot), again: true }
    }

    /// Whether a leader of this key was lost before, who may have sent the request: then nobody can promise any more
    /// that it was not executed.
    pub fn is_again(&self) -> bool {
        self.again
    }

    /// Records the end of the outcall; when this returns, every waiter has been woken.
    pub async fn settle(mut self, settlement: Settlement) {
        if let Some(slot) = self.slot.take() {
            slot.settle(settlement).await;
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            slot.lose();
        }
    }
}

/// Waits for the leader of a key. May be dropped at any time.
pub struct Waiter(watch::Receiver<Option<Ending>>);

impl Waiter {
    /// A waiter on the leader who holds the other end.
    pub fn new(receiver: watch::Receiver<Option<Ending>>) -> Self {
        Self(receiver)
    }

    /// The end of the outcall, the instant it is known.
    pub async fn ending(mut self) -> Ending {
        match self.0.wait_for(Option::is_some).await {
            Ok(ending) => ending.clone().unwrap_or(Ending::Lost),
            // The sender lives in the ledger until it has sent; without it the key has no leader.
            Err(_) => Ending::Lost,
        }
    }
}
