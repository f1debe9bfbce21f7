//! A key that was answered is not led again, however much the upstream would like to change its mind. The times
//! themselves are tested with a paused clock (`gateway/src/outcall/settlement/tests.rs`).

use outcall_tests::{
    gateway::Gateway,
    replica::{Answer, Outcall, Replica, Subnet, agreed},
    upstream::{Act, Reply, Script, Upstream},
};

use crate::config::route;

fn pay(key: &str) -> Outcall {
    Outcall::post("/r").key(key).json(r#"{"amount":5}"#)
}

/// Three bursts of a subnet, one after the other: the answer that all of them got.
async fn three_bursts(gateway: &Gateway, outcall: &Outcall) -> Answer {
    let subnet = Subnet::new(gateway.addr(), 13);
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.extend(subnet.burst(outcall).await);
    }
    agreed(&answers).clone()
}

#[tokio::test]
async fn an_upstream_that_recovers_is_not_asked_again_under_the_same_key() {
    for (first, status) in [
        (Reply::unavailable().into(), 503),
        (Reply::too_many_requests().into(), 429),
        (Reply::server_error().into(), 500),
        (Act::CloseAfterReading, 502),
        (Reply::too_large().into(), 502),
    ] {
        let upstream = Upstream::start(Script::steps([first, Act::json(r#"{"paid":true}"#)])).await;
        let gateway = Gateway::start(&route("/r", &upstream.url("/pay"))).await;
        assert_eq!(three_bursts(&gateway, &pay("k-1")).await.status, status);
        assert_eq!(upstream.hits(), 1, "a {status} was led again");
        // The control: a new key reaches the recovered upstream.
        assert_eq!(three_bursts(&gateway, &pay("k-2")).await.text(), r#"{"paid":true}"#);
        upstream.finish().await;
    }
}

#[tokio::test]
async fn an_unreachable_upstream_that_comes_up_is_not_asked_under_the_failed_key() {
    let refusing = outcall_tests::upstream::Refusing::bind();
    let gateway = Gateway::start(&route("/r", &refusing.url("/pay"))).await;
    let failed = three_bursts(&gateway, &pay("k-1")).await;
    assert_eq!(failed.problem()["executed"], "no", "{failed:?}");

    let upstream = refusing.come_up(Script::steps([Act::json(r#"{"paid":true}"#)]));
    assert_eq!(three_bursts(&gateway, &pay("k-1")).await, failed);
    assert_eq!(upstream.hits(), 0, "the promise of `no` was broken");
    assert_eq!(three_bursts(&gateway, &pay("k-2")).await.text(), r#"{"paid":true}"#);
    upstream.finish().await;
}

#[tokio::test]
async fn a_keyless_failure_is_shared_for_its_window_too() {
    let upstream = Upstream::start(Script::steps([Reply::unavailable().into()])).await;
    let gateway = Gateway::start(&route("/r", &upstream.url("/price"))).await;
    assert_eq!(three_bursts(&gateway, &Outcall::get("/r")).await.status, 503);
    let late = Replica::new(gateway.addr()).send_twice(&Outcall::get("/r")).await.unwrap();
    assert_eq!(agreed(&late).status, 503);
    upstream.finish().await;
}
