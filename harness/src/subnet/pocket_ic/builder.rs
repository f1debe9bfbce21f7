//! Which subnet of which server, and the canister on it.

use std::time::Duration;

use candid::Principal;
use pocket_ic::{
    CreateCanisterParams, CreateCanisterPlacement, PocketIcBuilder, StartServerParams,
    common::rest::{IcpConfig, IcpConfigFlag},
    start_server,
};

use super::{
    super::{ANONYMOUS, InstallError, Subnet, hosted::blocking},
    PocketIc,
    driver::Driver,
    principal,
};
use crate::{
    adapter::{Adapter, Network},
    schedule::Schedule,
};

/// Nodes of the subnets that PocketIC has and that canisters are installed on: application and fiduciary.
const APPLICATION_NODES: usize = 13;
const FIDUCIARY_NODES: usize = 34;
/// How long a server that is started here waits for the next question before it ends. The library's own would be 60 s,
/// less than a person thinks at a breakpoint.
const SERVER_PATIENCE: Duration = Duration::from_secs(600);

/// A subnet of a PocketIC server in the making.
#[derive(Clone, Debug)]
#[must_use = "nothing is there before a canister is installed"]
pub struct Builder {
    nodes: usize,
    schedule: Schedule,
    network: Option<Network>,
    cycles: u128,
    controller: Principal,
    seed: Option<u64>,
    server: Option<String>,
}

impl Builder {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            nodes,
            schedule: Schedule::together(),
            network: None,
            cycles: 100_000_000_000_000,
            controller: principal(ANONYMOUS),
            seed: None,
            server: None,
        }
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
        self.cycles = cycles;
        self
    }

    /// The canister's controller, who also installs it; by default [`super::super::ANONYMOUS`].
    pub fn controller(mut self, controller: impl Into<Vec<u8>>) -> Self {
        self.controller = principal(&controller.into());
        self
    }

    /// Which nodes make outcalls that not all of them make is drawn from this; by default it is drawn itself.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// A server that runs already, by its URL. Without one the library starts one for the process: the program that
    /// `POCKET_IC_BIN` names or, where nothing is named, one that it downloads.
    pub fn server(mut self, url: impl Into<String>) -> Self {
        self.server = Some(url.into());
        self
    }

    /// Installs a canister: plain Wasm or gzip, and the Candid argument of its `init`.
    ///
    /// # Errors
    /// See [`InstallError`].
    pub async fn install(
        self,
        wasm: &[u8],
        arg: impl Into<Vec<u8>>,
    ) -> Result<Subnet<PocketIc>, InstallError> {
        if ![APPLICATION_NODES, FIDUCIARY_NODES].contains(&self.nodes) {
            return Err(InstallError::PocketIcNodes(self.nodes));
        }
        let network = match self.network {
            Some(network) => network,
            None => blocking(Network::new).await?,
        };
        let (fiduciary, server) = (self.nodes == FIDUCIARY_NODES, self.server);
        let driver = Driver::start(move || build(fiduciary, server.as_deref())).await?;
        let (controller, cycles, wasm, arg) = (self.controller, self.cycles, wasm.to_vec(), arg.into());
        let canister = driver.ask(move |pic| install(pic, fiduciary, controller, cycles, wasm, arg)).await?;
        let adapters = (0..self.nodes).map(|_| Adapter::new(&network)).collect();
        let engine = PocketIc { driver, canister, controller };
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..));
        Ok(Subnet::new(engine, adapters, self.schedule, seed))
    }
}

/// Runs on the driver's thread; what goes wrong there panics, which is the library's way.
fn build(fiduciary: bool, server: Option<&str>) -> pocket_ic::PocketIc {
    let url = match server {
        Some(url) => url.parse(),
        None => started().parse(),
    };
    let url = url.unwrap_or_else(|error| panic!("the server's URL: {error}"));
    // Flexible outcalls and price version 2 on subnets that charge.
    let config = IcpConfig { beta_features: Some(IcpConfigFlag::Enabled), ..IcpConfig::default() };
    let builder = PocketIcBuilder::new().with_server_url(url).with_icp_config(config);
    let builder = if fiduciary { builder.with_fiduciary_subnet() } else { builder.with_application_subnet() };
    builder.build()
}

/// The URL of the process's server. It starts inside a runtime that lives no longer than that.
fn started() -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("a runtime to start the server in: {error}"));
    let params =
        StartServerParams { reuse: true, ttl: Some(SERVER_PATIENCE), ..StartServerParams::default() };
    let (_server, url) = runtime.block_on(start_server(params));
    url.to_string()
}

fn install(
    pic: &pocket_ic::PocketIc,
    fiduciary: bool,
    controller: Principal,
    cycles: u128,
    wasm: Vec<u8>,
    arg: Vec<u8>,
) -> Principal {
    let topology = pic.topology();
    let subnet =
        if fiduciary { topology.get_fiduciary() } else { topology.get_app_subnets().first().copied() };
    let params = CreateCanisterParams {
        cycles: Some(cycles),
        placement: subnet.map(CreateCanisterPlacement::SubnetId),
        ..CreateCanisterParams::default()
    };
    let created = pic.create_canister_with_params(Some(controller), params);
    let canister = created.unwrap_or_else(|error| panic!("no canister was created: {error}"));
    pic.install_canister(canister, wasm, arg, Some(controller));
    canister
}
