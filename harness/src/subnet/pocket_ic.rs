//! The engine that asks PocketIC: a server runs the canister and decides, with the replica's own code. The requests are
//! made here.
//!
//! ```text
//! builder           which subnet, which server; the canister is installed
//!   driver            a thread that owns the library's handle, so that no runtime is ever blocked by it
//! carry             an update: submit it, look for outcalls, have the nodes send, hand over what they got, look again
//!   handover          outcalls as PocketIC tells them, and responses as it takes them
//! ```
//!
//! **What PocketIC leaves out is done here.** It hands out an outcall before the adapter's part of it and takes responses
//! after that: lower-cased headers, `user-agent`, the cap on the raw response, what a failure is called. It does the rest
//! itself: each node's transform, the votes, the price.
//!
//! **What it does not tell.** An outcall as it is shown has neither a transform nor the cycles that were attached, and what
//! was decided about it goes to the canister alone. So the rounds here have the real responses and no votes: their verdict
//! is [`Verdict::HandedOver`](crate::verdict::Verdict::HandedOver), and what became of them is what the canister made of it,
//! in [`Update::reply`].
//!
//! **Whom it cannot do without.** A replicated outcall wants a response of every node. For nodes that are silent or late it
//! gets a reject that no other node has, as long as the others could agree without them; with fewer, it gets nothing, and
//! 61 s pass. So what 8 equal and 4 other responses and a silent node would let run out of time diverges.
//!
//! Source: crate `pocket-ic` 16.1, `src/common/rest.rs` and `src/nonblocking.rs`.

use std::time::Duration;

use candid::Principal;
use pocket_ic::{RejectResponse, common::rest::RawMessageId};

use super::{ANONYMOUS, Engine, InstallError, Round, Subnet, Update, unanswered};
use crate::{
    engine::Trap,
    reject::{Reject, RejectCode},
};

mod builder;
mod carry;
mod driver;
mod handover;
#[cfg(test)]
mod tests;

pub use builder::Builder;
pub use driver::Failed;

use carry::Carried;
use driver::Driver;

/// The engine of [`Subnet::pocket_ic`].
pub struct PocketIc {
    driver: Driver,
    canister: Principal,
    /// Who installs and upgrades.
    controller: Principal,
}

impl Subnet<PocketIc> {
    /// A subnet of a PocketIC server: of 13 nodes, an application subnet, or of 34, the fiduciary one.
    pub fn pocket_ic(nodes: usize) -> Builder {
        Builder::new(nodes)
    }

    /// The canister's principal.
    pub fn canister_id(&self) -> &[u8] {
        self.engine.canister.as_slice()
    }
}

impl Engine for PocketIc {
    /// `instructions` are not known, and 0.
    async fn update(subnet: &mut Subnet<Self>, caller: &[u8], method: &str, arg: Vec<u8>) -> Update {
        let of = |reply, rounds, stopped| Update {
            method: method.to_owned(),
            reply,
            rounds,
            instructions: 0,
            stopped,
        };
        match subnet.engine.submit(caller, method, arg).await {
            Ok(Ok(message)) => {
                let Carried { reply, rounds, stopped } = subnet.carry_out(Some(message)).await;
                let why = stopped.as_deref().unwrap_or("it waits for something that is not an outcall");
                let reply = reply.unwrap_or_else(|| Err(unanswered(why)));
                of(reply, rounds, stopped)
            }
            Ok(Err(reject)) => of(Err(reject), Vec::new(), None),
            Err(failed) => of(Err(unanswered(&failed.to_string())), Vec::new(), Some(failed.to_string())),
        }
    }

    async fn query(subnet: &Subnet<Self>, method: &str, arg: Vec<u8>) -> Result<Vec<u8>, Reject> {
        let (canister, method) = (subnet.engine.canister, method.to_owned());
        let asked =
            subnet.engine.driver.ask(move |pic| pic.query_call(canister, principal(ANONYMOUS), &method, arg));
        match asked.await {
            Ok(answer) => answer.map_err(rejected),
            Err(failed) => Err(unanswered(&failed.to_string())),
        }
    }

    async fn upgrade(subnet: &mut Subnet<Self>, wasm: &[u8], arg: Vec<u8>) -> Result<(), InstallError> {
        let (canister, controller, wasm) = (subnet.engine.canister, subnet.engine.controller, wasm.to_vec());
        let asked =
            subnet.engine.driver.ask(move |pic| pic.upgrade_canister(canister, wasm, arg, Some(controller)));
        asked.await?.map_err(|response| InstallError::Rejected(rejected(response)))
    }

    /// A timer is fired by the server, at the next tick.
    async fn advance(subnet: &mut Subnet<Self>, time: Duration) -> Result<Vec<Round>, Trap> {
        let passed = subnet.engine.driver.ask(move |pic| pic.advance_time(time)).await;
        passed.map_err(|failed| Trap::Engine(failed.to_string()))?;
        let carried = subnet.carry_out(None).await;
        carried.stopped.map_or(Ok(carried.rounds), |why| Err(Trap::Endless(why)))
    }
}

impl PocketIc {
    /// Sends an update that nothing is done about yet.
    async fn submit(
        &self,
        caller: &[u8],
        method: &str,
        arg: Vec<u8>,
    ) -> Result<Result<RawMessageId, Reject>, Failed> {
        let (canister, caller, method) = (self.canister, principal(caller), method.to_owned());
        let submitted = self.driver.ask(move |pic| pic.submit_call(canister, caller, &method, arg)).await?;
        Ok(submitted.map_err(rejected))
    }
}

/// Bytes that are no principal are nobody's.
fn principal(bytes: &[u8]) -> Principal {
    Principal::try_from_slice(bytes).unwrap_or(Principal::anonymous())
}

fn rejected(response: RejectResponse) -> Reject {
    let code = match response.reject_code as u64 {
        1 => RejectCode::SysFatal,
        2 => RejectCode::SysTransient,
        3 => RejectCode::DestinationInvalid,
        4 => RejectCode::CanisterReject,
        5 => RejectCode::CanisterError,
        _ => RejectCode::SysUnknown,
    };
    Reject::new(code, response.reject_message)
}
