//! Subnets against a small server, with a canister that hands its argument on to `http_request`.

use candid::{Func, Principal};
use ic_management_canister_types::{HttpMethod, HttpRequestArgs, TransformContext, TransformFunc};

use super::{Builder, Round, Subnet, Update};
use crate::{adapter::Network, engine::Settings, rules::price};

mod agreement;
mod budget;
mod calls;
mod causes;
mod endless;
mod flexible;
mod refusals;
mod server;
mod single;

pub(super) use server::Server;

/// A GET of that URL, at price version 2.
fn get(url: impl Into<String>) -> HttpRequestArgs {
    HttpRequestArgs {
        url: url.into(),
        max_response_bytes: Some(1_000),
        method: HttpMethod::GET,
        headers: Vec::new(),
        body: None,
        transform: None,
        is_replicated: None,
        pricing_version: Some(2),
    }
}

fn with_transform(args: HttpRequestArgs, method: &str) -> HttpRequestArgs {
    let principal = Principal::from_slice(&Settings::default().canister);
    let function = TransformFunc(Func { principal, method: method.to_owned() });
    HttpRequestArgs { transform: Some(TransformContext { function, context: Vec::new() }), ..args }
}

async fn installed(builder: Builder) -> Subnet {
    let wasm = wat::parse_str(include_str!("tests/asker.wat")).unwrap();
    builder.network(Network::trusting_nobody().unwrap()).install(&wasm, []).await.unwrap()
}

async fn subnet(nodes: usize) -> Subnet {
    installed(Subnet::embedded(nodes)).await
}

async fn ask(subnet: &mut Subnet, args: &HttpRequestArgs) -> Update {
    send(subnet, "ask", args).await
}

async fn send(subnet: &mut Subnet, method: &str, args: &HttpRequestArgs) -> Update {
    subnet.update(method, candid::encode_one(args).unwrap()).await
}

/// From now on the canister attaches so many cycles.
async fn attach(subnet: &mut Subnet, cycles: u128) {
    let cycles = u64::try_from(cycles).unwrap();
    subnet.update("attach", cycles.to_le_bytes()).await.reply.unwrap();
}

/// What these nodes pay for what they used.
fn usage_of(round: &Round, replicas: impl IntoIterator<Item = usize>) -> u128 {
    let first = |number| round.replicas.iter().find(|record| record.number == number).unwrap();
    let usage = replicas.into_iter().map(|number| first(number).usage().unwrap());
    usage.map(|usage| price::per_node(round.nodes, &usage, round.replication)).sum()
}

/// The text that the canister's caller sees.
fn rejection(update: &Update) -> String {
    update.reply.clone().unwrap_err().message
}
