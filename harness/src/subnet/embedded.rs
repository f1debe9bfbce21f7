//! The engine in this process: a canister behind a lock, and every call of it carried out here.

use std::{ops::Deref, time::Duration};

use super::{
    ANONYMOUS, Builder, Engine, InstallError, Round, Subnet, Update, carry::Carried, hosted::Hosted, modules,
    unanswered,
};
use crate::{
    engine::{Canister, Trap},
    reject::Reject,
};

/// How often [`Subnet::advance`] fires the timer at most: one that is always due would be fired for ever.
const TIMERS_FIRED_MAX: usize = 1_000;

/// The engine of [`Subnet::embedded`].
pub struct Embedded {
    pub(super) hosted: Hosted,
    pub(super) next_outcall: u64,
}

impl Embedded {
    pub(super) fn new(canister: Canister) -> Self {
        Self { hosted: Hosted::new(canister), next_outcall: 0 }
    }
}

impl Subnet<Embedded> {
    /// A subnet of so many nodes in this process: 13 are an application subnet, 34 the largest fiduciary one.
    pub fn embedded(nodes: usize) -> Builder {
        Builder::new(nodes)
    }

    /// A look at the canister: its cycles, its log, its time.
    pub fn canister(&self) -> impl Deref<Target = Canister> {
        self.engine.hosted.read()
    }
}

impl Engine for Embedded {
    async fn update(subnet: &mut Subnet<Self>, caller: &[u8], method: &str, arg: Vec<u8>) -> Update {
        let (caller, name) = (caller.to_vec(), method.to_owned());
        let send = move |canister: &mut Canister| {
            // Of an update that was dropped or stopped: nobody is left to carry them out.
            drop(canister.take_calls());
            canister.update(&name, &arg, &caller)
        };
        let id = subnet.engine.hosted.change(send).await;
        let Carried { rounds, stopped } = subnet.carry_out().await;
        let settled = subnet.canister().settled(id).cloned();
        let (reply, instructions) = match (settled, &stopped) {
            (Some(settled), _) => (settled.result, settled.instructions),
            (None, Some(why)) => (Err(unanswered(why)), 0),
            (None, None) => (Err(unanswered("it waits for something that is not a call")), 0),
        };
        Update { method: method.to_owned(), reply, rounds, instructions, stopped }
    }

    async fn query(subnet: &Subnet<Self>, method: &str, arg: Vec<u8>) -> Result<Vec<u8>, Reject> {
        let method = method.to_owned();
        subnet.engine.hosted.look(move |canister| canister.query(&method, &arg, ANONYMOUS)).await
    }

    async fn upgrade(subnet: &mut Subnet<Self>, wasm: &[u8], arg: Vec<u8>) -> Result<(), InstallError> {
        let module = modules::compiled(wasm.to_vec()).await?;
        Ok(subnet.engine.hosted.change(move |canister| canister.upgrade(&module, &arg)).await?)
    }

    async fn advance(subnet: &mut Subnet<Self>, time: Duration) -> Result<Vec<Round>, Trap> {
        let pass = move |canister: &mut Canister| {
            drop(canister.take_calls());
            canister.advance(time);
        };
        subnet.engine.hosted.change(pass).await;
        let mut rounds = Vec::new();
        for _ in 0..TIMERS_FIRED_MAX {
            let Some(fired) = subnet.engine.hosted.change(Canister::fire_timer).await else { break };
            let carried = subnet.carry_out().await;
            fired?;
            carried.stopped.map_or(Ok(()), |why| Err(Trap::Endless(why)))?;
            rounds.extend(carried.rounds);
        }
        Ok(rounds)
    }
}
