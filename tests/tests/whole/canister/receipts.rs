//! One node in place of thirteen: what it fetches is believed by the gateway's receipt, and whatever it does to it is
//! noticed, each thing by its own name.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use outcall_canister::{
    config::{ReceiptKey, Receipts},
    reading::Cause,
};
use outcall_harness::rules::price::Replication;
use outcall_tests::malicious::{Malice, Malicious};

use super::*;
use crate::receipts::{secret, signing};

mod cost;
mod lies;

/// The embedded subnet's first moment, in seconds since 1970-01-01 UTC.
pub(super) const BEGINNING_S: u64 = 1_767_225_600;
const AGE_S_MAX: u64 = 120;

/// The sample canister, whose nodes reach a signing gateway through one that may lie; its clock is as right as the gateway's.
struct Scene {
    upstream: Upstream,
    /// Nobody else keeps it running.
    _gateway: Gateway,
    between: Malicious,
    subnet: Subnet,
}

impl Scene {
    async fn of(nodes: usize, script: Script<Act>, malice: impl Malice) -> Self {
        let upstream = Upstream::start(script).await;
        let config = routes(&upstream.url(""), "").replacen('{', &format!("{{{}, ", signing("now")), 1);
        let gateway = Gateway::start(&config).await;
        let between = Malicious::before(gateway.addr(), malice).await;
        let mut subnet = installed(nodes, &between.url()).await;
        configure(&mut subnet, receipts("now")).await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        subnet.advance(now - Duration::from_secs(BEGINNING_S)).await.unwrap();
        Self { upstream, _gateway: gateway, between, subnet }
    }

    async fn price(&mut self, method: &str) -> (String, Update) {
        let (told, update) = call(&mut self.subnet, method, "ICP/USD").await;
        (told::price(&told), update)
    }

    async fn order(&mut self) -> (String, Update) {
        let (told, update) = call(&mut self.subnet, "place_order_cheap", order("order-42")).await;
        (told::order(&told), update)
    }
}

pub(super) fn receipts(signer: &str) -> Settings {
    let key = ReceiptKey { keyid: "now".into(), public_key: secret(signer).public().x() };
    let receipts = Receipts { keys: vec![key], age_s_max: AGE_S_MAX, quorum_nodes: 4 };
    Settings { receipts: Some(receipts), ..Settings::default() }
}

fn honest(_: usize, answer: String) -> String {
    answer
}

/// The answer with the first digit of its price changed.
fn dearer(answer: &str) -> String {
    const MEMBER: &str = "\"price\":";
    let at = answer.find(MEMBER).map(|at| at + MEMBER.len()).unwrap();
    let digit = if &answer[at..=at] == "9" { "1" } else { "9" };
    format!("{}{digit}{}", &answer[..at], &answer[at + 1..])
}

#[tokio::test]
async fn one_node_asks_and_is_believed() {
    for nodes in SIZES {
        let mut scene = Scene::of(nodes, Script::steps([Act::Varying, Act::Varying]), honest).await;
        let (told, update) = scene.price("get_price_cheap").await;
        assert!(told.parse::<f64>().is_ok(), "{told}: {update}");
        assert_eq!((update.rounds[0].replication, update.rounds[0].requests()), (Replication::Single, 1));
        let (told, update) = scene.order().await;
        assert_eq!((told.as_str(), update.rounds.len()), ("placed: 200", 1), "{update}");
        scene.upstream.finish().await;
    }
}

#[tokio::test]
async fn without_a_key_no_single_node_is_asked() {
    let mut stage = Stage::of(13, Script::steps([]), "").await;
    for method in ["get_price_cheap", "get_price_quorum"] {
        let (told, update) = call(&mut stage.subnet, method, "ICP/USD").await;
        assert_eq!(
            (told::price(&told), update.rounds.len()),
            ("not sent: NoReceiptKey".to_owned(), 0),
            "{method}"
        );
    }
    let (told, update) = call(&mut stage.subnet, "place_order_cheap", order("a")).await;
    assert_eq!((told::order(&told), update.rounds.len()), ("not sent: NoReceiptKey".to_owned(), 0));
    stage.upstream.finish().await;
}

/// What the gateway itself says under its signature is believed as from all replicas.
#[tokio::test]
async fn a_signed_no_is_a_no() {
    let upstream = outcall_tests::upstream::Refusing::bind();
    let config = routes(&upstream.url(""), "").replacen('{', &format!("{{{}, ", signing("now")), 1);
    let gateway = Gateway::start(&config).await;
    let mut subnet = installed(13, &gateway_url(&gateway)).await;
    configure(&mut subnet, receipts("now")).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    subnet.advance(now - Duration::from_secs(BEGINNING_S)).await.unwrap();
    let (told, _) = call(&mut subnet, "place_order_cheap", order("a")).await;
    assert_eq!(told::order(&told), "not executed: upstream-unreachable");
}

#[tokio::test]
async fn of_several_nodes_one_honest_one_is_enough() {
    for nodes in SIZES {
        let liars = |number: usize, answer: String| if number < 3 { dearer(&answer) } else { answer };
        let mut scene = Scene::of(nodes, Script::steps([Act::Varying]), liars).await;
        let (told, update) = scene.price("get_price_quorum").await;
        let signed = scene.between.answers().swap_remove(0);
        assert!(signed.contains(&format!("\"price\":{told}")), "{told}: {signed}: {update}");
        assert_eq!((update.rounds.len(), update.rounds[0].requests()), (1, 4), "{update}");
        scene.upstream.finish().await;
    }
}

#[tokio::test]
async fn of_several_nodes_that_all_lie_none_is_believed() {
    let mut scene =
        Scene::of(13, Script::steps([Act::Varying]), |_: usize, answer: String| dearer(&answer)).await;
    let (told, update) = scene.price("get_price_quorum").await;
    assert_eq!(told, "unavailable: receipt-body-changed", "{update}");
    scene.upstream.finish().await;
}

/// The words for people say what was found.
#[tokio::test]
async fn a_cause_says_what_was_found() {
    let mut scene =
        Scene::of(13, Script::steps([Act::Varying]), |_: usize, answer: String| dearer(&answer)).await;
    let (told, _): (Result<Price, PriceError>, _) =
        call(&mut scene.subnet, "get_price_cheap", "ICP/USD").await;
    let cause = Cause { kind: "receipt-body-changed".into(), detail: "the body was changed".into() };
    assert_eq!(told, Err(PriceError::Unavailable(cause)));
    scene.upstream.finish().await;
}
