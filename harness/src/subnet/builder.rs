//! What a subnet is to be before a canister is installed on it.

use super::{Embedded, Subnet, hosted::blocking, modules};
use crate::{
    adapter::{Adapter, Network, NetworkError},
    engine::{Canister, EngineError, Module, Settings, Trap},
    schedule::Schedule,
};

/// The largest subnet that is played. None of the Internet Computer comes near it, and each node has connections of
/// its own.
pub const NODES_MAX: usize = 200;

/// An embedded subnet in the making.
#[derive(Clone, Debug)]
#[must_use = "nothing is there before a canister is installed"]
pub struct Builder {
    nodes: usize,
    schedule: Schedule,
    network: Option<Network>,
    settings: Settings,
    seed: Option<u64>,
}

/// Why a canister could not be installed, or its code not be changed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// No nodes, or more than anybody has.
    #[error("a subnet has 1 to {NODES_MAX} nodes, not {0}")]
    Nodes(usize),
    /// The nodes' way out.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The module cannot be hosted.
    #[error(transparent)]
    Module(#[from] EngineError),
    /// The canister's own code refused.
    #[error(transparent)]
    Trapped(#[from] Trap),
    /// PocketIC has no such subnet.
    #[cfg(feature = "pocket-ic")]
    #[error("a subnet of PocketIC has 13 or 34 nodes, not {0}")]
    PocketIcNodes(usize),
    /// PocketIC's server or its library failed.
    #[cfg(feature = "pocket-ic")]
    #[error(transparent)]
    PocketIc(#[from] super::pocket_ic::Failed),
    /// PocketIC did not change the code.
    #[cfg(feature = "pocket-ic")]
    #[error("{0}")]
    Rejected(crate::reject::Reject),
}

impl Builder {
    pub(super) fn new(nodes: usize) -> Self {
        let settings = Settings::default();
        Self { nodes, schedule: Schedule::together(), network: None, settings, seed: None }
    }

    /// Who sends when; by default all together.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Where requests go; by default into the world, with the certificates that the system trusts.
    pub fn network(mut self, network: Network) -> Self {
        self.network = Some(network);
        self
    }

    /// The canister's cycles at the start; by default 100 trillion.
    pub fn cycles(mut self, cycles: u128) -> Self {
        self.settings.cycles = cycles;
        self
    }

    /// The canister's controller, who also installs it; by default [`super::ANONYMOUS`].
    pub fn controller(mut self, principal: impl Into<Vec<u8>>) -> Self {
        self.settings.controllers = vec![principal.into()];
        self
    }

    /// What `raw_rand` gives and which node makes a non-replicated outcall is drawn from this. By default it is drawn
    /// itself, as nobody foresees `raw_rand`, and two subnets have nothing in common; see [`Subnet::seed`].
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Everything else that the engine can be told. The number of nodes stays the subnet's.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Installs a canister: plain Wasm or gzip, and the Candid argument of its `init`.
    ///
    /// # Errors
    /// See [`InstallError`].
    pub async fn install(self, wasm: &[u8], arg: impl Into<Vec<u8>>) -> Result<Subnet, InstallError> {
        self.node_count()?;
        let module = modules::compiled(wasm.to_vec()).await?;
        self.install_module(&module, arg).await
    }

    /// Installs a canister whose module is compiled already.
    ///
    /// # Errors
    /// See [`InstallError`].
    pub async fn install_module(
        self,
        module: &Module,
        arg: impl Into<Vec<u8>>,
    ) -> Result<Subnet, InstallError> {
        let node_count = self.node_count()?;
        let network = match self.network {
            Some(network) => network,
            None => blocking(Network::new).await?,
        };
        let settings = Settings { node_count, ..self.settings };
        let (module, arg) = (module.clone(), arg.into());
        let canister = blocking(move || Canister::install(&module, &arg, settings)).await?;
        let adapters = (0..self.nodes).map(|_| Adapter::new(&network)).collect();
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        Ok(Subnet::new(Embedded::new(canister), adapters, self.schedule, seed))
    }

    fn node_count(&self) -> Result<u32, InstallError> {
        let nodes = u32::try_from(self.nodes).ok().filter(|_| (1..=NODES_MAX).contains(&self.nodes));
        nodes.ok_or(InstallError::Nodes(self.nodes))
    }
}
