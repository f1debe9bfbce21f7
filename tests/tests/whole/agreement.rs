//! Thirteen replicas, one upstream request, one answer; and the control without the gateway.

use std::{collections::HashSet, time::Duration};

use futures_util::future::join_all;
use outcall_gateway::server::raise_descriptor_limit;
use outcall_tests::{
    gateway::Gateway,
    replica::{Answer, Outcall, Subnet, agreed},
    upstream::{Act, Ending, Reply, Script, Upstream},
};

use crate::config::{route, route_with};

const REPLICAS: usize = 13;
const KEYS: usize = 200;

#[tokio::test]
async fn thirteen_replicas_agree_through_the_gateway() {
    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let gateway = Gateway::start(&route("/price", &upstream.url("/v1/price"))).await;
    let subnet = Subnet::new(gateway.addr(), REPLICAS);
    let answers = subnet.burst(&Outcall::get("/price")).await;
    assert_eq!(agreed(&answers).status, 200);
    let late = subnet.burst(&Outcall::get("/price")).await;
    assert_eq!(agreed(&late), agreed(&answers), "late and restarted replicas get the recorded answer");
    upstream.finish().await;
}

#[tokio::test]
async fn the_same_upstream_diverges_without_it() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let answers = Subnet::new(upstream.addr(), REPLICAS).burst(&Outcall::get("/v1/price")).await;
    let different: HashSet<&[u8]> = answers.iter().map(|answer| answer.raw.as_slice()).collect();
    assert_eq!(different.len(), REPLICAS);
    assert_eq!(upstream.hits(), REPLICAS);
}

/// 13 replicas × 200 fresh POST keys at once.
async fn two_hundred_bursts(path: &str, gateway: &Gateway) -> Vec<Vec<Answer>> {
    let places = raise_descriptor_limit();
    let needed = (REPLICAS * KEYS * 2 + KEYS * 2 + 200) as u64;
    assert!(places.is_none_or(|places| places >= needed), "this test needs {needed} open files (ulimit -n)");
    let subnet = Subnet::new(gateway.addr(), REPLICAS);
    let outcall =
        |key: usize| Outcall::new("POST", path).key(&format!("order-{key}")).json(r#"{"amount":1}"#);
    let outcalls: Vec<Outcall> = (0..KEYS).map(outcall).collect();
    join_all(outcalls.iter().map(|outcall| subnet.burst(outcall))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_fresh_posts_of_thirteen_replicas_are_two_hundred_upstream_requests() {
    let slow = Act::Delay(Duration::from_millis(50), Box::new(Act::Varying));
    let upstream = Upstream::start(Script::always(slow)).await;
    let gateway = Gateway::start(&route("/order", &upstream.url("/v1/order"))).await;
    let rounds = two_hundred_bursts("/order", &gateway).await;
    let different: HashSet<&[u8]> = rounds.iter().map(|answers| agreed(answers).body.as_slice()).collect();
    assert_eq!(different.len(), KEYS, "every key has an answer of its own");
    assert_eq!(upstream.hits(), KEYS);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_posts_agree_on_every_failure_too() {
    let rows = [
        (Act::ResetBeforeReading, 502, Some("unknown")),
        (Act::ResetAfterReading, 502, Some("unknown")),
        (Act::CloseAfterReading, 502, Some("unknown")),
        (Act::HalfHead(Ending::Fin), 502, Some("unknown")),
        (Act::HalfBody(Ending::Rst), 502, Some("unknown")),
        (Act::promises_more(), 502, Some("unknown")),
        (Act::Garbage, 502, Some("unknown")),
        (Act::Hang, 502, Some("unknown")),
        (Act::Answer(Reply::too_large()), 502, Some("yes")),
        (Act::Answer(Reply::too_many_requests()), 429, None),
        (Act::Answer(Reply::unavailable()), 503, None),
        (Act::Answer(Reply::server_error()), 500, None),
        (Act::Answer(Reply::redirect(302, "/elsewhere")), 302, None),
    ];
    for (act, status, executed) in rows {
        let row = format!("{act:?}");
        let unread = matches!(act, Act::ResetBeforeReading);
        // Long enough to connect 200 times on a busy machine: only then is something sent.
        let timeout = if matches!(act, Act::Hang) { "6s" } else { "20s" };
        let upstream = Upstream::start(Script::always(act)).await;
        let config = route_with("/order", &upstream.url("/v1/order"), &format!(r#""timeout": "{timeout}""#));
        let gateway = Gateway::start(&config).await;
        for answers in two_hundred_bursts("/order", &gateway).await {
            let answer = agreed(&answers);
            assert_eq!(answer.status, status, "{row}: {}", answer.text());
            if let Some(executed) = executed {
                assert_eq!(answer.problem()["executed"], executed, "{row}");
            }
        }
        let reached = if unread { upstream.connections() } else { upstream.hits() };
        assert_eq!(reached, KEYS, "{row}");
    }
}
