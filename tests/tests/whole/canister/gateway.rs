//! The gateway's own refusals and its end, as the canister's caller meets them: decided once, the same for all.

use outcall_canister::config::Settings;
use outcall_tests::{
    gate::Gate,
    upstream::{Act, Script, Upstream},
};

use super::{SIZES, Stage, configure, gateway_url, installed, told};

#[tokio::test]
async fn a_refusal_is_decided_once_for_all_and_the_next_attempt_is_a_new_one() {
    for nodes in SIZES {
        let rate = r#""rate": {"per_second": 0.000001, "burst": 1}"#;
        let mut stage = Stage::of(nodes, Script::steps([Act::Varying]), rate).await;
        assert_eq!(told::order(&stage.order("first").await.0), "placed: 200");
        for _ in 0..2 {
            let (told, update) = stage.order("second").await;
            assert_eq!(told::order(&told), "not executed: rate-limited", "{update}");
            assert!(update.is_agreed() && update.rounds.len() == 1, "{update}");
        }
        stage.upstream.finish().await;
    }
}

#[tokio::test]
async fn behind_an_open_breaker_nothing_is_executed() {
    for nodes in SIZES {
        let breaker = r#""breaker": {"failures": 1, "cooldown": "1h"}"#;
        let mut stage = Stage::of(nodes, Script::steps([Act::CloseAfterReading]), breaker).await;
        assert_eq!(told::order(&stage.order("first").await.0), "unknown, 4 left: outcome-unknown");
        assert_eq!(told::order(&stage.order("second").await.0), "not executed: breaker-open");
        assert_eq!(told::order(&stage.order("first").await.0), "unknown, 2 left: outcome-unknown");
        stage.upstream.finish().await;
    }
}

/// Another gateway, or this one tomorrow, may have the route: so the same key is asked again.
#[tokio::test]
async fn a_route_that_is_not_there_leaves_everything_open() {
    for nodes in SIZES {
        let mut stage = Stage::of(nodes, Script::steps([]), "").await;
        let elsewhere = Settings { order_path: Some("/nowhere".to_owned()), ..Settings::default() };
        configure(&mut stage.subnet, elsewhere).await;
        let (told, update) = stage.order("order-42").await;
        assert_eq!(told::order(&told), "unknown, 4 left: no-route", "{update}");
        stage.upstream.finish().await;
    }
}

/// Stops the gateway while the upstream holds an order; `open` tells whether it answers within the drain.
async fn drained(nodes: usize, open: bool) -> String {
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::Varying.held_at(&gate)])).await;
    let config = super::routes(&upstream.url(""), "").replacen('{', r#"{"server": {"drain": "1s"}, "#, 1);
    let gateway = outcall_tests::gateway::Gateway::start(&config).await;
    let mut subnet = installed(nodes, &gateway_url(&gateway)).await;
    let stop = async {
        gate.reached().await;
        let stopped = gateway.drain();
        if open {
            gate.release();
        }
        stopped.await.unwrap();
    };
    let ((told, update), ()) =
        tokio::join!(super::call(&mut subnet, "place_order", super::order("order-42")), stop);
    assert!(update.rounds[0].verdict.is_agreed(), "{update}");
    upstream.finish().await;
    told::order(&told)
}

#[tokio::test]
async fn an_order_under_way_when_the_gateway_stops_is_seen_through() {
    for nodes in SIZES {
        assert_eq!(drained(nodes, true).await, "placed: 200");
    }
}

/// Every replica is told *unknown*; asked again, nobody is there any more.
#[tokio::test]
async fn an_order_that_outlasts_the_drain_is_perhaps_executed() {
    for nodes in SIZES {
        let told = drained(nodes, false).await;
        assert_eq!(told, "unknown, 4 left: reject SysTransient: Connecting to 127.", "{nodes} nodes");
    }
}
