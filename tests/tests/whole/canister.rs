//! The scenarios once more, from the canister's side: its real Wasm on subnets of both sizes, a real request from every
//! replica, and what the canister's caller is told in the end.

use std::sync::Arc;

use candid::{CandidType, encode_args, encode_one};
use outcall_canister::{
    config::{Config, Settings},
    error::{ConfigureError, OrderError, PriceError},
    order::{Order, Placed, Side},
    price::Price,
};
use outcall_harness::{
    adapter::Network,
    schedule::Schedule,
    subnet::{Subnet, Update},
    wasm::Build,
};
use outcall_tests::{
    gateway::Gateway,
    upstream::{Act, Script, Seen, Upstream},
};

mod agreement;
mod asker;
mod calls;
mod causes;
mod cost;
mod failures;
mod gateway;
mod identity;
mod keys;
mod questions;
mod receipts;
mod told;
mod upgrades;

/// An application subnet, and a large fiduciary one.
const SIZES: [usize; 2] = [13, 34];

/// The sample canister on a subnet; the gateway with the routes `/price` and `/order`; the upstream behind it.
struct Stage {
    upstream: Upstream,
    gateway: Gateway,
    subnet: Subnet,
}

impl Stage {
    /// An upstream with this script. `members` are those of both routes, as JSON.
    async fn of(nodes: usize, script: Script<Act>, members: &str) -> Self {
        Self::before(nodes, Upstream::start(script).await, members).await
    }

    /// An upstream that answers everything with this act.
    async fn always(nodes: usize, act: Act) -> Self {
        Self::of(nodes, Script::always(act), "").await
    }

    async fn before(nodes: usize, upstream: Upstream, members: &str) -> Self {
        let gateway = Gateway::start(&routes(&upstream.url(""), members)).await;
        let subnet = installed(nodes, &gateway_url(&gateway)).await;
        Self { upstream, gateway, subnet }
    }

    /// From now on the canister calls the upstream itself.
    async fn directly(mut self) -> Self {
        let gateway = Some(self.upstream.url(""));
        configure(&mut self.subnet, Settings { gateway, ..Settings::default() }).await;
        self
    }

    /// From now on the replicas send like this.
    fn sending(mut self, schedule: Schedule) -> Self {
        self.subnet.set_schedule(schedule);
        self
    }

    /// What the caller is told of a price.
    async fn price(&mut self) -> (Result<Price, PriceError>, Update) {
        call(&mut self.subnet, "get_price", "ICP/USD").await
    }

    /// What the caller is told of the order with that id.
    async fn order(&mut self, id: &str) -> (Result<Placed, OrderError>, Update) {
        call(&mut self.subnet, "place_order", order(id)).await
    }

    /// The requests that reached the upstream, which must be so many.
    #[track_caller]
    fn seen(&self, hits: usize) -> Vec<Seen> {
        let requests = self.upstream.requests();
        assert_eq!(requests.len(), hits, "requests at the upstream");
        requests
    }
}

/// Both routes to this upstream; an answer fits what the canister allows for it.
fn routes(upstream: &str, members: &str) -> String {
    let route = |path: &str, bytes: u64| {
        let comma = if members.is_empty() { "" } else { ", " };
        let response = format!(r#""response": {{"max_bytes": {bytes}}}"#);
        format!(r#""{path}": {{"upstream": "{upstream}{path}", {response}{comma}{members}}}"#)
    };
    format!("{{{}, {}}}", route("/price", 1_024 - 64), route("/order", 2_048 - 64))
}

fn gateway_url(gateway: &Gateway) -> String {
    format!("http://{}", gateway.addr())
}

/// The Wasm that one deploys.
fn wasm() -> Arc<[u8]> {
    let build = Build::package("outcall-canister").profile("canister").within(env!("CARGO_MANIFEST_DIR"));
    build.run().unwrap_or_else(|error| panic!("{error}"))
}

/// The sample canister, told of this gateway.
async fn installed(nodes: usize, gateway: &str) -> Subnet {
    let wasm = tokio::task::spawn_blocking(wasm).await.unwrap();
    let settings = Settings { gateway: Some(gateway.to_owned()), ..Settings::default() };
    let subnet = Subnet::embedded(nodes).network(Network::trusting_nobody().unwrap());
    subnet.install(&wasm, encode_one(settings).unwrap()).await.unwrap()
}

async fn configure(subnet: &mut Subnet, settings: Settings) -> Config {
    let update = subnet.update("configure", encode_one(settings).unwrap()).await;
    update.value::<Result<Config, ConfigureError>>().unwrap().unwrap()
}

/// Sends an update of one argument, and reads what its caller is told.
async fn call<T: CandidType + for<'a> candid::Deserialize<'a>>(
    subnet: &mut Subnet,
    method: &str,
    arg: impl CandidType,
) -> (T, Update) {
    let update = subnet.update(method, encode_args((arg,)).unwrap()).await;
    (update.value().unwrap_or_else(|error| panic!("{error}: {update}")), update)
}

fn order(id: &str) -> Order {
    Order { id: id.to_owned(), pair: "ICP/USD".to_owned(), side: Side::Buy, amount_e8s: 150_000_000 }
}
