//! The printed route is the gateway's configuration, but for the address of the upstream.

use std::collections::HashSet;

use outcall_harness::{outcall::Request, verdict::Verdict};
use outcall_tests::{
    gateway::Gateway,
    replica::{Outcall, Replica},
    upstream::Reply,
};

use super::*;

/// The gateway with this configuration; the name in it leads to the upstream.
async fn gateway(printed: &str, upstream: &Upstream) -> Gateway {
    let here = printed.replace("http://api.example.com", &upstream.url(""));
    assert_ne!(here, printed, "the upstream is the one that was probed");
    Gateway::start(&here).await
}

/// What a subnet decides on the same question, asked through the gateway.
async fn asked_through(gateway: &Gateway) -> Verdict {
    let url = format!("http://{}/v1/quote", gateway.addr());
    let network = Network::trusting_nobody().unwrap();
    Probe::new(Request::get(url), 13).network(network).ask().await.unwrap().verdict
}

#[tokio::test]
async fn the_route_makes_the_same_upstream_agree_and_every_single_answer_of_it_alike() {
    let upstream = hostile().await;
    let report = probed(&upstream).await;
    let gateway = gateway(text(&report.route), &upstream).await;
    let before = upstream.hits();
    let verdict = asked_through(&gateway).await;
    assert!(matches!(verdict, Verdict::Agreed { replicas: 13, .. }), "{verdict}");
    assert_eq!(upstream.hits(), before + 1, "the gateway asks once");
    // Under keys of their own the upstream is asked each time, and what the replicas get is still one answer: the one
    // that the probe has foretold, to the byte.
    let replica = Replica::new(gateway.addr());
    let foretold = report.route.unwrap().answer.unwrap();
    for key in 0..8 {
        let answer = replica.send(&Outcall::get("/v1/quote").key(&format!("key-{key}"))).await.unwrap();
        let headers: Vec<(String, String)> = answer
            .header_lines
            .iter()
            .map(|line| {
                line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap()
            })
            .collect();
        assert_eq!((answer.status, &headers), (foretold.status, &foretold.headers));
        assert_eq!((answer.text().as_str(), &answer.body), (LEFT, &foretold.body));
    }
    assert_eq!(upstream.hits(), before + 9);
}

/// The control: with a route that takes nothing away, each key has an answer of its own.
#[tokio::test]
async fn without_what_the_route_takes_away_no_two_keys_are_answered_alike() {
    let upstream = hostile().await;
    let gateway = gateway(r#"{"/v1/quote": "http://api.example.com/v1/quote"}"#, &upstream).await;
    let replica = Replica::new(gateway.addr());
    let mut bodies = HashSet::new();
    for key in 0..8 {
        bodies
            .insert(replica.send(&Outcall::get("/v1/quote").key(&format!("key-{key}"))).await.unwrap().body);
    }
    assert_eq!(bodies.len(), 8);
}

#[tokio::test]
async fn a_price_that_moves_agrees_through_the_route_because_it_asks_once() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let report = probed(&upstream).await;
    assert_eq!(report.transform.as_ref().unwrap().text, None, "no transform is faked");
    let route = report.route.unwrap();
    assert!(!route.alike && route.why[0].starts_with("the value itself moves: $.price."), "{route:?}");
    let gateway = gateway(route.text.as_deref().unwrap(), &upstream).await;
    let before = upstream.hits();
    let verdict = asked_through(&gateway).await;
    assert!(matches!(verdict, Verdict::Agreed { replicas: 13, .. }), "{verdict}");
    assert_eq!(upstream.hits(), before + 1);
}

#[tokio::test]
async fn where_some_are_told_429_one_request_is_not() {
    let upstream = Upstream::start(Script::each(|seen: &Seen| {
        if seen.order % 3 == 2 { Reply::too_many_requests().into() } else { Act::json(r#"{"price":"6.88"}"#) }
    }))
    .await;
    let report = probed(&upstream).await;
    assert_eq!(places(&report), ["header retry-after", "status"].map(str::to_owned)[1..]);
    let route = report.route.unwrap();
    assert!(
        !route.alike && route.why[0].starts_with("429 for some (status: 200 in 9 replicas, 429 in 4)"),
        "{route:?}"
    );
    let gateway = gateway(route.text.as_deref().unwrap(), &upstream).await;
    let verdict = asked_through(&gateway).await;
    assert!(matches!(verdict, Verdict::Agreed { replicas: 13, .. }), "{verdict}");
}

#[tokio::test]
async fn compressed_answers_are_alike_through_the_route() {
    let upstream = Upstream::start(Script::each(|seen: &Seen| {
        let text = format!(r#"{{"price":"6.88","request_id":"{}"}}"#, token());
        if seen.order.is_multiple_of(2) { Reply::gzip(&text).into() } else { Act::json(&text) }
    }))
    .await;
    let report = probed(&upstream).await;
    assert_eq!(report.transform.as_ref().unwrap().text, None);
    let gateway = gateway(text(&report.route), &upstream).await;
    let replica = Replica::new(gateway.addr());
    for key in 0..4 {
        let answer = replica.send(&Outcall::get("/v1/quote").key(&format!("key-{key}"))).await.unwrap();
        assert_eq!(answer.text(), r#"{"price":"6.88"}"#);
    }
}
