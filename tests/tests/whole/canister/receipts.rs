//! One node in place of thirteen: what it fetches is believed by the gateway's receipt, and whatever it does to it is
//! noticed, each thing by its own name.

use std::{
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use outcall_canister::{
    config::{ReceiptKey, Receipts},
    reading::Cause,
};
use outcall_harness::rules::price::Replication;
use outcall_tests::malicious::{Malice, Malicious};

use super::*;
use crate::receipts::{secret, signing};

mod cost;

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

fn receipts(signer: &str) -> Settings {
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

fn without_receipt(answer: &str) -> String {
    let lines = answer.split_inclusive("\r\n");
    lines
        .filter(|line| {
            !outcall_protocol::receipt::FIELDS.iter().any(|field| line.starts_with(&format!("{field}:")))
        })
        .collect()
}

/// One of the gateway's own refusals, as anybody can write it.
fn refusal(executed: &str) -> String {
    let body = format!(
        r#"{{"type":"urn:outcall-gateway:draining","title":"T","status":503,"detail":"D.","executed":"{executed}"}}"#
    );
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
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

#[tokio::test]
async fn whatever_a_node_does_to_an_answer_is_noticed_by_its_own_name() {
    type Lie = fn(&str) -> String;
    let lies: [(Lie, &str); 8] = [
        (dearer, "receipt-body-changed"),
        (|answer| answer.replacen("200 OK", "203 OK", 1), "receipt-wrong-signature"),
        (|answer| answer.replacen("application/json", "application/JSON", 1), "receipt-wrong-signature"),
        (|answer| answer.replacen("created=1", "created=2", 1), "receipt-wrong-signature"),
        (
            |answer| {
                answer.replacen("content-digest:", "content-digesT:", 1).replacen(
                    "content-digesT:",
                    "x-digest:",
                    1,
                )
            },
            "receipt-missing",
        ),
        (|answer| answer.replacen("keyid=\"now\"", "keyid=\"old\"", 1), "receipt-unknown-key"),
        (without_receipt, "receipt-unsigned"),
        (|_| refusal("no"), "receipt-unsigned"),
    ];
    for (lie, kind) in lies {
        let told = move |_: usize, answer: String| lie(&answer);
        let mut scene = Scene::of(13, Script::steps([Act::Varying]), told).await;
        let (told, update) = scene.price("get_price_cheap").await;
        assert_eq!(told, format!("unavailable: {kind}"), "{update}: {:?}", scene.between.answers());
        assert_eq!(update.rounds.len(), 2, "it asks once more");
        scene.upstream.finish().await;
    }
}

/// The first answer over and over, whatever is asked.
#[derive(Default)]
struct Replaying(Mutex<Option<String>>);

impl Malice for Replaying {
    fn answer(&self, _: usize, answer: String) -> String {
        self.0.lock().unwrap().get_or_insert(answer).clone()
    }
}

#[tokio::test]
async fn the_answer_to_another_key_is_not_taken_for_this_ones() {
    let mut scene = Scene::of(13, Script::steps([Act::Varying, Act::Varying]), Replaying::default()).await;
    assert!(scene.price("get_price_cheap").await.0.parse::<f64>().is_ok(), "it is the answer to the first");
    assert_eq!(scene.price("get_price_cheap").await.0, "unavailable: receipt-other-request");
    scene.upstream.finish().await;
}

/// Time passes between the gateway's answer and the node's handing it over; or the canister's clock is behind.
#[tokio::test]
async fn an_answer_of_yesterday_is_not_one_of_today_nor_one_of_tomorrow() {
    let mut scene = Scene::of(13, Script::always(Act::Varying), honest).await;
    assert!(scene.price("get_price_cheap").await.0.parse::<f64>().is_ok());
    scene.subnet.advance(Duration::from_secs(AGE_S_MAX + 60)).await.unwrap();
    assert_eq!(scene.price("get_price_cheap").await.0, "unavailable: receipt-stale");
    // An order may be asked for longer.
    assert_eq!(scene.order().await.0, "placed: 200");
    scene.subnet.advance(Duration::from_secs(3_600)).await.unwrap();
    let (told, _) = call(&mut scene.subnet, "place_order_cheap", order("order-43")).await;
    assert_eq!(told::order(&told), "unknown, 4 left: receipt-stale");

    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let config = routes(&upstream.url(""), "").replacen('{', &format!("{{{}, ", signing("now")), 1);
    let gateway = Gateway::start(&config).await;
    let mut early = installed(13, &gateway_url(&gateway)).await;
    configure(&mut early, receipts("now")).await;
    let (told, _) = call(&mut early, "get_price_cheap", "ICP/USD").await;
    assert_eq!(told::price(&told), "unavailable: receipt-ahead");
    upstream.finish().await;
}

#[tokio::test]
async fn a_signature_of_anybody_elses_is_wrong() {
    let mut scene = Scene::of(13, Script::steps([Act::Varying]), honest).await;
    configure(&mut scene.subnet, receipts("stranger")).await;
    assert_eq!(scene.price("get_price_cheap").await.0, "unavailable: receipt-wrong-signature");
    scene.upstream.finish().await;
}

/// Sends another amount under the order's key, at first.
struct Greedy;

impl Malice for Greedy {
    fn request(&self, number: usize, request: String) -> Option<String> {
        Some(if number == 0 { request.replacen("150000000", "950000000", 1) } else { request })
    }
    fn answer(&self, _: usize, answer: String) -> String {
        answer
    }
}

/// A receipt cannot undo what the backend did; but nobody takes it for what was wanted.
#[tokio::test]
async fn another_body_under_the_orders_key_is_never_told_as_the_order() {
    let mut scene = Scene::of(13, Script::steps([Act::Varying]), Greedy).await;
    let (told, update) = scene.order().await;
    // Asked again, the gateway says that the key was used for another request, which it does not sign.
    assert_eq!(told, "unknown, 4 left: receipt-unsigned", "{update}");
    let answers = scene.between.answers();
    assert!(answers[0].starts_with("HTTP/1.1 200") && answers[1].starts_with("HTTP/1.1 422"), "{answers:?}");
    let seen = scene.upstream.finish().await;
    assert!(seen[0].text().contains("950000000"), "the attack was made");
}

/// The same in one ask, so that the error is its own.
#[tokio::test]
async fn the_receipt_of_another_body_names_itself() {
    struct Always;
    impl Malice for Always {
        fn request(&self, _: usize, request: String) -> Option<String> {
            Some(request.replacen("150000000", "950000000", 1))
        }
        fn answer(&self, _: usize, answer: String) -> String {
            answer
        }
    }
    let mut scene = Scene::of(13, Script::steps([Act::Varying]), Always).await;
    assert_eq!(scene.order().await.0, "unknown, 4 left: receipt-other-request");
    scene.upstream.finish().await;
}

/// Who says that nothing was executed may wish that the order is sent again under a new key.
#[tokio::test]
async fn a_no_that_is_not_signed_is_not_a_no() {
    struct Denying;
    impl Malice for Denying {
        fn answer(&self, number: usize, answer: String) -> String {
            if number == 0 { refusal("no") } else { answer }
        }
    }
    let mut scene = Scene::of(13, Script::steps([Act::Varying]), Denying).await;
    let (told, update) = scene.order().await;
    assert_eq!(
        (told.as_str(), update.rounds.len()),
        ("placed: 200", 2),
        "the same key is asked again: {update}"
    );
    assert_eq!(scene.upstream.finish().await.len(), 1);
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
