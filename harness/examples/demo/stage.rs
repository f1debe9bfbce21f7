//! A subnet with the sample canister on it, which can be told where to send.

use candid::{CandidType, encode_args, encode_one};
use outcall_canister::config::{Config, Settings};
use outcall_harness::{
    schedule::Schedule,
    subnet::{Builder, Subnet, Update},
};

use crate::{Failure, gateway::Gateway, upstream::Upstream};

/// The two ways to the upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Directly,
    ThroughGateway,
}

pub(crate) struct Stage<'a> {
    subnet: Subnet,
    upstream: &'a Upstream,
    gateway: &'a Gateway,
}

impl<'a> Stage<'a> {
    pub(crate) async fn install(
        nodes: usize,
        wasm: &[u8],
        upstream: &'a Upstream,
        gateway: &'a Gateway,
    ) -> Result<Self, Failure> {
        let settings = Settings { gateway: Some(gateway.url()), ..Settings::default() };
        let subnet = installed(Subnet::embedded(nodes), wasm, settings).await?;
        Ok(Self { subnet, upstream, gateway })
    }

    /// From now on orders go to that path, on that way, and the replicas send like this.
    pub(crate) async fn set(
        &mut self,
        way: Way,
        order_path: &str,
        schedule: Schedule,
    ) -> Result<(), Failure> {
        let gateway = match way {
            Way::Directly => self.upstream.url(),
            Way::ThroughGateway => self.gateway.url(),
        };
        let order_path = Some(order_path.to_owned());
        let settings = Settings { gateway: Some(gateway), order_path, ..Settings::default() };
        let update = self.subnet.update("configure", encode_one(settings)?).await;
        let configured: Result<Config, outcall_canister::error::ConfigureError> = update.value()?;
        configured.map_err(|error| format!("the canister refuses its configuration: {error:?}"))?;
        self.subnet.set_schedule(schedule);
        Ok(())
    }

    /// Sends an update, and counts what reached the upstream meanwhile.
    pub(crate) async fn update(
        &mut self,
        method: &str,
        arg: impl CandidType,
    ) -> Result<(Update, u64), Failure> {
        let before = self.upstream.served();
        let update = self.subnet.update(method, encode_args((arg,))?).await;
        Ok((update, self.upstream.served() - before))
    }

    pub(crate) fn nodes(&self) -> usize {
        self.subnet.nodes()
    }
}

pub(crate) async fn installed(subnet: Builder, wasm: &[u8], settings: Settings) -> Result<Subnet, Failure> {
    Ok(subnet.install(wasm, encode_one(settings)?).await?)
}
