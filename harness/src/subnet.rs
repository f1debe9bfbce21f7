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
//!   hosted            the canister behind a lock; Wasm runs on threads of its own
//!   errand            what a call wants: an outcall, random bytes, itself, or something that is not here
//!     http_request      the arguments, the limits, the fee that must be there
//!   sending           one node sends by its turn, and its transform runs: the vote
//!   decide            what the subnet makes of the votes, and whether that can be paid for
//!   bill              what it cost, and what comes back
//!   round             the whole story of an outcall, to be read or printed
//! ```
//!
//! **What is real and what is played.** The requests are real, and so are their differences. Nodes share one state: a
//! transform that looks at the canister's state sees the same on every node. The subnet's clock moves by the time that
//! rounds take; a round that can no longer be decided times out at once, and the clock moves by 60 s.
//!
//! The embedded engine is the only one so far. [`Update`], [`Round`] and [`Schedule`] know nothing of it, so that
//! another engine can be another way to begin, beside [`Subnet::embedded`].

use std::{ops::Deref, sync::Arc, time::Duration};

use fastrand::Rng;

use crate::{
    adapter::Adapter,
    engine::{Canister, Trap},
    reject::{Reject, RejectCode},
    schedule::Schedule,
};

mod bill;
mod builder;
mod carry;
mod decide;
mod errand;
mod hosted;
mod http_request;
mod modules;
mod round;
mod sending;
#[cfg(test)]
mod tests;
mod update;

pub(crate) use bill::Grouped;
pub use bill::{Bill, Pricing};
pub use builder::{Builder, InstallError, NODES_MAX};
pub use round::Round;
pub use update::{NoReply, Update};

use carry::Carried;
use hosted::Hosted;

/// The anonymous principal: who calls when nobody else is named, and by default the canister's controller.
pub const ANONYMOUS: &[u8] = &[4];

/// How often [`Subnet::advance`] fires the timer at most: one that is always due would be fired for ever.
const TIMERS_FIRED_MAX: usize = 1_000;

/// A subnet of n nodes and the canister that was installed on it.
///
/// Updates come one after another; each may make several outcalls, at once or in a row. One that is dropped, or that
/// never stops calling, leaves the canister waiting for answers that will not come.
pub struct Subnet {
    hosted: Hosted,
    /// One for each node, with connections that outlive a round.
    adapters: Arc<[Adapter]>,
    schedule: Schedule,
    seed: u64,
    dice: Rng,
    next_outcall: u64,
}

impl Subnet {
    /// A subnet of so many nodes in this process: 13 are an application subnet, 34 the largest fiduciary one.
    pub fn embedded(nodes: usize) -> Builder {
        Builder::new(nodes)
    }

    /// Sends an update from [`ANONYMOUS`] and carries out every call that it makes, until nothing is out any more:
    /// late replicas have sent, too. The argument is Candid.
    pub async fn update(&mut self, method: &str, arg: impl Into<Vec<u8>>) -> Update {
        self.update_from(ANONYMOUS, method, arg).await
    }

    /// Sends an update from that principal.
    pub async fn update_from(&mut self, caller: &[u8], method: &str, arg: impl Into<Vec<u8>>) -> Update {
        let (caller, name, arg) = (caller.to_vec(), method.to_owned(), arg.into());
        let send = move |canister: &mut Canister| {
            // Of an update that was dropped or stopped: nobody is left to carry them out.
            drop(canister.take_calls());
            canister.update(&name, &arg, &caller)
        };
        let id = self.hosted.change(send).await;
        let Carried { rounds, stopped } = self.carry_out().await;
        let settled = self.canister().settled(id).cloned();
        let (reply, instructions) = match (settled, &stopped) {
            (Some(settled), _) => (settled.result, settled.instructions),
            (None, Some(why)) => (Err(unanswered(why)), 0),
            (None, None) => (Err(unanswered("it waits for something that is not a call")), 0),
        };
        Update { method: method.to_owned(), reply, rounds, instructions, stopped }
    }

    /// Asks a query from [`ANONYMOUS`]. The argument is Candid.
    ///
    /// # Errors
    /// The rejection that the caller sees.
    pub async fn query(&self, method: &str, arg: impl Into<Vec<u8>>) -> Result<Vec<u8>, Reject> {
        let (method, arg) = (method.to_owned(), arg.into());
        self.hosted.look(move |canister| canister.query(&method, &arg, ANONYMOUS)).await
    }

    /// Changes the canister's code; stable memory stays.
    ///
    /// # Errors
    /// When the module cannot be hosted, or what runs at an upgrade traps. The canister is as it was then.
    pub async fn upgrade(&mut self, wasm: &[u8], arg: impl Into<Vec<u8>>) -> Result<(), InstallError> {
        let module = modules::compiled(wasm.to_vec()).await?;
        let arg = arg.into();
        Ok(self.hosted.change(move |canister| canister.upgrade(&module, &arg)).await?)
    }

    /// Lets time pass, fires the canister's timer while it is due, and carries out what that asks for.
    ///
    /// # Errors
    /// The trap of the first timer that trapped, or never stopped calling.
    pub async fn advance(&mut self, time: Duration) -> Result<Vec<Round>, Trap> {
        let pass = move |canister: &mut Canister| {
            drop(canister.take_calls());
            canister.advance(time);
        };
        self.hosted.change(pass).await;
        let mut rounds = Vec::new();
        for _ in 0..TIMERS_FIRED_MAX {
            let Some(fired) = self.hosted.change(Canister::fire_timer).await else { break };
            let carried = self.carry_out().await;
            fired?;
            carried.stopped.map_or(Ok(()), |why| Err(Trap::Endless(why)))?;
            rounds.extend(carried.rounds);
        }
        Ok(rounds)
    }

    /// A look at the canister: its cycles, its log, its time.
    pub fn canister(&self) -> impl Deref<Target = Canister> {
        self.hosted.read()
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.adapters.len()
    }

    /// What `raw_rand` and the choice of a single node are drawn from: [`Builder::seed`] plays the same again.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// From now on the replicas send like this.
    pub fn set_schedule(&mut self, schedule: Schedule) {
        self.schedule = schedule;
    }

    fn new(canister: Canister, adapters: Vec<Adapter>, schedule: Schedule, seed: u64) -> Self {
        Self {
            hosted: Hosted::new(canister),
            adapters: adapters.into(),
            schedule,
            seed,
            dice: Rng::with_seed(seed),
            next_outcall: 0,
        }
    }
}

fn unanswered(why: &str) -> Reject {
    Reject::new(RejectCode::SysUnknown, format!("The update has no answer: {why}"))
}
