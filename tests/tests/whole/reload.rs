//! A configuration that is changed while the gateway runs: nobody is dropped, nobody sees half of each, and the replicas
//! of one key agree though some came before and some after.

use outcall_tests::{
    gate::Gate,
    gateway::Gateway,
    replica::{Answer, Outcall, Pending, Replica, Subnet, agreed},
    upstream::{Act, Script, Upstream},
};

use crate::{
    config::{route, route_with},
    receipts::{signing, verified},
    stage::refused,
};

mod process;

fn post(key: &str) -> Outcall {
    Outcall::post("/r").key(key).body("{}")
}

async fn answers(pending: Vec<Pending>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for pending in pending {
        answers.push(pending.answer().await.unwrap());
    }
    answers
}

#[tokio::test]
async fn a_burst_that_straddles_reloads_gets_one_answer() {
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::Varying.held_at(&gate)])).await;
    // Where the next configurations lead nobody may be sent.
    let elsewhere = Upstream::start(Script::steps([])).await;
    let gateway = Gateway::start(&route("/r", &upstream.url("/u"))).await;
    let replica = Replica::new(gateway.addr());
    let mut pending = vec![replica.start(&post("k")).await.unwrap()];
    gate.reached().await;
    for members in [
        r#""ttl": "1h""#,
        r#""forward_headers": ["x-new"]"#,
        r#""response": {"jq": ".price"}"#,
        r#""rate": {"per_second": 0.000001, "burst": 1}, "concurrency": 1"#,
        r#""upstream_idempotent": true"#,
    ] {
        gateway.reload(&route_with("/r", &elsewhere.url("/x"), members));
        pending.push(replica.start(&post("k")).await.unwrap());
    }
    gate.release();
    let mut answers = answers(pending).await;
    answers.extend(Subnet::new(gateway.addr(), 13).burst(&post("k")).await);
    assert_eq!(agreed(&answers).status, 200);
    assert_eq!(upstream.finish().await.len(), 1);
    assert_eq!(elsewhere.finish().await.len(), 0);
}

/// The control: a new key goes where the new configuration leads.
#[tokio::test]
async fn a_new_key_is_led_under_the_new_configuration() {
    let before = Upstream::start(Script::steps([])).await;
    let after = Upstream::start(Script::steps([Act::Varying])).await;
    let gateway = Gateway::start(&route("/r", &before.url("/u"))).await;
    let changes = gateway.reload(&route("/r", &after.url("/u")));
    assert_eq!(changes.changed, ["/r"]);
    assert_eq!(agreed(&Subnet::new(gateway.addr(), 13).burst(&post("k")).await).status, 200);
    assert_eq!((before.finish().await.len(), after.finish().await.len()), (0, 1));
    assert_eq!(gateway.reloads().loaded, 1);
}

/// A record keeps the names that it was fingerprinted with, and later requests are compared by those.
#[tokio::test]
async fn replicas_before_and_after_a_change_of_forward_headers_agree() {
    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let before = r#""forward_headers": ["x-a"]"#;
    let gateway = Gateway::start(&route_with("/r", &upstream.url("/u"), before)).await;
    let subnet = Subnet::new(gateway.addr(), 13);
    let outcall = post("k").header("x-a", "1").header("x-b", "2");
    let mut answers = subnet.burst(&outcall).await;
    gateway.reload(&route_with("/r", &upstream.url("/u"), r#""forward_headers": ["x-a", "x-b"]"#));
    answers.extend(subnet.burst(&outcall).await);
    gateway.reload(&route_with("/r", &upstream.url("/u"), r#""forward_headers": []"#));
    answers.extend(subnet.burst(&outcall).await);
    assert_eq!(agreed(&answers).status, 200);
    let other = post("k").header("x-a", "another").header("x-b", "2");
    refused(&Replica::new(gateway.addr()).send(&other).await.unwrap(), 422, "key-reused", "no");
    assert_eq!(upstream.finish().await.len(), 1);
}

#[tokio::test]
async fn a_reload_fills_no_bucket() {
    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let limited = r#""rate": {"per_second": 0.000001, "burst": 1}"#;
    let gateway = Gateway::start(&route_with("/r", &upstream.url("/u"), limited)).await;
    let replica = Replica::new(gateway.addr());
    assert_eq!(replica.send(&post("first")).await.unwrap().status, 200);
    for ttl in ["1h", "2h"] {
        let members = format!(r#"{limited}, "ttl": "{ttl}""#);
        gateway.reload(&route_with("/r", &upstream.url("/u"), &members));
        refused(&replica.send(&post(ttl)).await.unwrap(), 429, "rate-limited", "no");
    }
    assert_eq!(upstream.finish().await.len(), 1);
}

#[tokio::test]
async fn a_reload_does_not_double_the_calls_in_flight() {
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::Varying.held_at(&gate), Act::Varying])).await;
    let gateway = Gateway::start(&route_with("/r", &upstream.url("/u"), r#""concurrency": 1"#)).await;
    let replica = Replica::new(gateway.addr());
    let first = replica.start(&post("first")).await.unwrap();
    gate.reached().await;
    let members = r#""concurrency": 1, "ttl": "1h""#;
    gateway.reload(&route_with("/r", &upstream.url("/u"), members));
    refused(&replica.send(&post("second")).await.unwrap(), 503, "upstream-busy", "no");
    gate.release();
    assert_eq!(first.answer().await.unwrap().status, 200);
    assert_eq!(replica.send(&post("third")).await.unwrap().status, 200);
    assert_eq!(upstream.finish().await.len(), 2);
}

#[tokio::test]
async fn a_new_key_signs_new_answers_and_replays_keep_their_bytes() {
    let gate = Gate::new();
    let script = [Act::Varying, Act::Varying.held_at(&gate), Act::Varying];
    let upstream = Upstream::start(Script::steps(script)).await;
    let under = |keyid: &str| format!(r#"{{"/r": "{}", {}}}"#, upstream.url("/u"), signing(keyid));
    let gateway = Gateway::start(&under("old")).await;
    let replica = Replica::new(gateway.addr());
    let recorded = replica.send(&post("recorded")).await.unwrap();
    let in_flight = replica.start(&post("in-flight")).await.unwrap();
    gate.reached().await;
    let changes = gateway.reload(&under("new"));
    assert_eq!((changes.settings, changes.changed), (vec!["receipts"], vec![]));
    assert_eq!(replica.send(&post("recorded")).await.unwrap(), recorded, "a replay computes nothing");
    let follower = replica.start(&post("in-flight")).await.unwrap();
    gate.release();
    let answers = answers(vec![in_flight, follower]).await;
    assert!(verified(&["old"], &post("in-flight"), agreed(&answers)).is_ok(), "it ends as it began");
    let next = replica.send(&post("next")).await.unwrap();
    assert!(verified(&["new"], &post("next"), &next).is_ok());
    assert!(verified(&["old"], &post("next"), &next).is_err());
    assert_eq!(upstream.finish().await.len(), 3);
}
