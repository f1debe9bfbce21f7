//! A canister that the embedded subnet was not written for runs on it: `tests/foreign`, which shares no code with the
//! sample and is known here by its Candid alone.

use std::sync::Arc;

use candid::{CandidType, Deserialize, Nat, Principal, encode_args, encode_one, utils::ArgumentEncoder};
use outcall_harness::{
    adapter::Network,
    subnet::{Subnet, Update},
    wasm::Build,
};
use outcall_tests::upstream::{Act, Reply, Script, Upstream};

mod doors;
mod gateway;
mod memory;
mod outcalls;
mod polls;
mod timers;
mod transforms;
mod traps;

#[derive(CandidType)]
struct Setup {
    stations: Vec<String>,
    every_seconds: u64,
}

#[derive(CandidType, Deserialize, Debug, PartialEq)]
struct Reading {
    station: String,
    text: String,
    at_nanos: u64,
}

#[derive(CandidType, Deserialize, Debug, PartialEq)]
struct Refusal {
    code: u32,
    text: String,
}

#[derive(CandidType, Deserialize, Debug, PartialEq)]
struct Header {
    name: String,
    value: String,
}

#[derive(CandidType, Deserialize, Debug, PartialEq)]
struct Response {
    status: Nat,
    headers: Vec<Header>,
    body: Vec<u8>,
}

#[derive(CandidType, Deserialize, Debug, PartialEq)]
struct Status {
    me: Principal,
    now_nanos: u64,
    replicated: bool,
    busy: bool,
    counted: u64,
    rescued: u64,
}

fn wasm() -> Arc<[u8]> {
    let build = Build::package("outcall-foreign").within(env!("CARGO_MANIFEST_DIR"));
    build.run().unwrap_or_else(|error| panic!("{error}"))
}

/// Nodes with the canister, which watches nothing unless it is told how often.
async fn nodes_watching(nodes: usize, stations: &[String], every_seconds: u64) -> Subnet {
    let setup = encode_one(Setup { stations: stations.to_vec(), every_seconds }).unwrap();
    let builder = Subnet::embedded(nodes).network(Network::trusting_nobody().unwrap());
    builder.install(&wasm(), setup).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn watching(stations: &[String], every_seconds: u64) -> Subnet {
    nodes_watching(13, stations, every_seconds).await
}

async fn installed(stations: &[String]) -> Subnet {
    watching(stations, 0).await
}

/// Weather stations, one for each path. No two answers are alike in what is of no interest: the date, who served
/// them, the order of the members.
async fn weather() -> Upstream {
    Upstream::start(Script::each(|seen| report(seen.order, &seen.target).into())).await
}

fn report(order: usize, target: &str) -> Reply {
    let station = target.trim_start_matches('/');
    let members = [
        format!(r#""station":"{station}""#),
        r#""celsius":21.5"#.to_owned(),
        format!(r#""served_by":{order}"#),
    ];
    let rotated = [&members[order % 3], &members[(order + 1) % 3], &members[(order + 2) % 3]];
    let body = format!("{{{},{},{}}}", rotated[0], rotated[1], rotated[2]);
    Reply::json(&body).header("date", &format!("moment {order}")).header("x-request", &order.to_string())
}

/// What `tidy` makes of a report.
fn tidied(station: &str) -> String {
    format!(r#"{{"celsius":21.5,"station":"{station}"}}"#)
}

/// An upstream that gives every replica the same.
async fn always(act: impl Into<Act>) -> Upstream {
    Upstream::start(Script::always(act.into())).await
}

async fn update(subnet: &mut Subnet, method: &str, args: impl ArgumentEncoder) -> Update {
    subnet.update(method, encode_args(args).unwrap()).await
}

/// The stations that an update of the canister has asked, and what it has learned.
fn seen(update: &Update) -> Vec<(String, String)> {
    let seen: Vec<Result<Reading, Refusal>> =
        update.value().unwrap_or_else(|error| panic!("{error}: {update}"));
    seen.into_iter().map(Result::unwrap).map(|reading| (reading.station, reading.text)).collect()
}

async fn readings(subnet: &Subnet) -> Vec<Reading> {
    let reply = subnet.query("readings", encode_args(()).unwrap()).await.unwrap();
    candid::decode_one(&reply).unwrap()
}

async fn status(subnet: &Subnet) -> Status {
    let reply = subnet.query("status", encode_args(()).unwrap()).await.unwrap();
    candid::decode_one(&reply).unwrap()
}
