//! A subnet with a canister on it: what the canister asks for, every node really asks for.
//!
//! ```no_run
//! # async fn example(wasm: &[u8], settings: &[u8], pair: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! use outcall_harness::{schedule::Schedule, subnet::Subnet};
//!
//! let mut subnet = Subnet::embedded(13).schedule(Schedule::together().late(3)).install(wasm, settings).await?;
//! let update = subnet.update("get_price", pair).await;
//! assert!(update.rounds[0].verdict.is_agreed(), "{update}");
//! # Ok(())
//! # }
//! ```
//!
//! The life of an update:
//!
//! ```text
//! subnet            update: run it in the engine, carry out its calls, give its answer
//!   embedded          the canister in this process; beside it pocket_ic, which asks a server
//!   hosted            the canister behind a lock; Wasm runs on threads of its own
//!   errand            what a call wants: an outcall, random bytes, a signature, itself, or something that is not here
//!     schnorr           signatures by a key that is as good as the canister's own
//!     http_request      the arguments, the limits, the fee that must be there
//!   sending           one node sends by its turn
//!   voting            its transform runs on what it got: the vote
//!   decide            what the subnet makes of the votes, and whether that can be paid for
//!   bill              what it cost, and what comes back
//!   round             the whole story of an outcall, to be read or printed
//! ```
//!
//! **What is real and what is played.** The requests are real, and so are their differences. Nodes share one state: a
//! transform that looks at the canister's state sees the same on every node. The subnet's clock moves by the time that
//! rounds take; a round that can no longer be decided times out at once, and the clock moves by 60 s.
//!
//! **Two engines.** [`Subnet::embedded`] needs nothing and takes milliseconds; it is what this page is about. With the
//! feature `pocket-ic`, `Subnet::pocket_ic` has the canister run and the votes be counted by a PocketIC server, the
//! reference. The requests are the same real ones. [`Update`], [`Round`] and [`Schedule`] are the same on both.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;

use crate::{
    adapter::Adapter,
    engine::Trap,
    reject::{Reject, RejectCode},
    rules::price::Replication,
    schedule::{Moment, Schedule, Turn},
};

mod bill;
mod builder;
mod carry;
mod decide;
mod embedded;
mod errand;
mod hosted;
mod http_request;
mod modules;
#[cfg(feature = "pocket-ic")]
mod pocket_ic;
mod round;
mod schnorr;
mod sending;
#[cfg(test)]
mod tests;
mod update;
mod voting;

pub(crate) use bill::Grouped;
pub use bill::{Bill, Pricing};
pub use builder::{Builder, InstallError, NODES_MAX};
pub use embedded::Embedded;
#[cfg(feature = "pocket-ic")]
pub use pocket_ic::{Builder as PocketIcBuilder, Failed as PocketIcFailed, PocketIc};
pub use round::Round;
pub use update::{NoReply, Update};

/// The anonymous principal: who calls when nobody else is named, and by default the canister's controller.
pub const ANONYMOUS: &[u8] = &[4];

/// A subnet of n nodes and the canister that was installed on it.
///
/// Updates come one after another; each may make several outcalls, at once or in a row. One that is dropped, or that
/// never stops calling, leaves the canister waiting for answers that will not come.
pub struct Subnet<E = Embedded> {
    engine: E,
    /// One for each node, with connections that outlive a round.
    adapters: Arc<[Adapter]>,
    schedule: Schedule,
    seed: u64,
    dice: Rng,
}

/// What runs the canister and decides: [`Embedded`] or, with the feature `pocket-ic`, `PocketIc`. The methods of
/// [`Subnet`] are the way to it.
pub trait Engine: Sized + Send + Sync {
    /// See [`Subnet::update_from`].
    fn update(
        subnet: &mut Subnet<Self>,
        caller: &[u8],
        method: &str,
        arg: Vec<u8>,
    ) -> impl Future<Output = Update> + Send;

    /// See [`Subnet::query`].
    fn query(
        subnet: &Subnet<Self>,
        method: &str,
        arg: Vec<u8>,
    ) -> impl Future<Output = Result<Vec<u8>, Reject>> + Send;

    /// See [`Subnet::upgrade`].
    fn upgrade(
        subnet: &mut Subnet<Self>,
        wasm: &[u8],
        arg: Vec<u8>,
    ) -> impl Future<Output = Result<(), InstallError>> + Send;

    /// See [`Subnet::advance`].
    fn advance(
        subnet: &mut Subnet<Self>,
        time: Duration,
    ) -> impl Future<Output = Result<Vec<Round>, Trap>> + Send;
}

impl<E: Engine> Subnet<E> {
    /// Sends an update from [`ANONYMOUS`] and carries out every call that it makes, until nothing is out any more:
    /// late replicas have sent, too. The argument is Candid.
    pub async fn update(&mut self, method: &str, arg: impl Into<Vec<u8>>) -> Update {
        self.update_from(ANONYMOUS, method, arg).await
    }

    /// Sends an update from that principal.
    pub async fn update_from(&mut self, caller: &[u8], method: &str, arg: impl Into<Vec<u8>>) -> Update {
        E::update(self, caller, method, arg.into()).await
    }

    /// Asks a query from [`ANONYMOUS`]. The argument is Candid.
    ///
    /// # Errors
    /// The rejection that the caller sees.
    pub async fn query(&self, method: &str, arg: impl Into<Vec<u8>>) -> Result<Vec<u8>, Reject> {
        E::query(self, method, arg.into()).await
    }

    /// Changes the canister's code; stable memory stays.
    ///
    /// # Errors
    /// When the module cannot be hosted, or what runs at an upgrade traps. The canister is as it was then.
    pub async fn upgrade(&mut self, wasm: &[u8], arg: impl Into<Vec<u8>>) -> Result<(), InstallError> {
        E::upgrade(self, wasm, arg.into()).await
    }

    /// Lets time pass, fires the canister's timer while it is due, and carries out what that asks for.
    ///
    /// # Errors
    /// The trap of the first timer that trapped, or never stopped calling. PocketIC keeps traps of timers to itself.
    pub async fn advance(&mut self, time: Duration) -> Result<Vec<Round>, Trap> {
        E::advance(self, time).await
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.adapters.len()
    }

    /// What the choice of nodes and, embedded, `raw_rand` are drawn from: the builder's `seed` plays the same again.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// From now on the replicas send like this.
    pub fn set_schedule(&mut self, schedule: Schedule) {
        self.schedule = schedule;
    }

    /// Who sends: all, or those that the subnet has chosen. For one alone, too late is merely later.
    fn turns(&mut self, replication: Replication) -> Vec<Turn> {
        let mut turns = self.schedule.turns(self.nodes());
        if replication != Replication::Full {
            self.dice.shuffle(&mut turns);
            turns.truncate(replication.senders(self.nodes()));
            turns.sort_unstable_by_key(|turn| turn.replica);
        }
        if replication == Replication::Single {
            for turn in turns.iter_mut().filter(|turn| turn.moment == Moment::Late) {
                turn.moment = Moment::After(Duration::ZERO);
            }
        }
        turns
    }

    fn new(engine: E, adapters: Vec<Adapter>, schedule: Schedule, seed: u64) -> Self {
        Self { engine, adapters: adapters.into(), schedule, seed, dice: Rng::with_seed(seed) }
    }
}

fn unanswered(why: &str) -> Reject {
    Reject::new(RejectCode::SysUnknown, format!("The update has no answer: {why}"))
}
