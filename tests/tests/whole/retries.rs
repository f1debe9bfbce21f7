//! How often the leader tries: within its deadline, never more than the limit, and where nothing was sent also for
//! what must not be repeated.

use outcall_gateway::limits;
use outcall_tests::{
    gateway::{Gateway, Process},
    replica::{Outcall, Replica, Subnet, agreed},
    upstream::{Act, Refusing, Script, Upstream},
};

use crate::config::{route, route_with};

const ATTEMPTS: usize = limits::ATTEMPTS_MAX as usize;

fn outcalls() -> [Outcall; 2] {
    [Outcall::get("/r"), Outcall::post("/r").key("k-1").json("{}")]
}

#[tokio::test]
async fn an_upstream_that_refuses_is_given_up_within_a_short_deadline() {
    let refusing = Refusing::bind();
    for outcall in outcalls() {
        for timeout in ["100ms", "300ms"] {
            let timeout = format!(r#""timeout": "{timeout}""#);
            let gateway = Gateway::start(&route_with("/r", &refusing.url("/u"), &timeout)).await;
            let answers = Subnet::new(gateway.addr(), 13).burst(&outcall).await;
            let problem = agreed(&answers).problem();
            assert_eq!(problem["type"], "urn:outcall-gateway:upstream-unreachable", "{problem}");
            assert_eq!(problem["executed"], "no", "{problem}");
        }
    }
}

#[tokio::test]
async fn attempts_end_at_their_limit_and_earlier_where_the_deadline_is_near() {
    for (timeout, at_least) in [("25s", ATTEMPTS), ("100ms", 1)] {
        let upstream = Upstream::start(Script::always(Act::CloseAfterReading)).await;
        let timeout = format!(r#""timeout": "{timeout}""#);
        let gateway = Gateway::start(&route_with("/r", &upstream.url("/u"), &timeout)).await;
        let answers = Subnet::new(gateway.addr(), 13).burst(&Outcall::get("/r")).await;
        let problem = agreed(&answers).problem();
        assert_eq!(problem["type"], "urn:outcall-gateway:upstream-failed", "{problem}");
        let hits = upstream.hits();
        assert!(
            (at_least..=ATTEMPTS).contains(&hits),
            "{timeout}: {hits} attempts of {at_least}..={ATTEMPTS}"
        );
    }
}

#[tokio::test]
async fn every_attempt_sends_the_same_request() {
    let steps = std::iter::repeat_n(Act::CloseAfterReading, ATTEMPTS - 1).chain([Act::json("{}")]);
    let upstream = Upstream::start(Script::steps(steps)).await;
    let idempotent = r#""upstream_idempotent": true"#;
    let gateway = Gateway::start(&route_with("/r", &upstream.url("/u?a=1"), idempotent)).await;
    let outcall = Outcall::post("/r/b?c=2").key("k-1").header("X-Api-Key", "s3cret").json(r#"{"amount":5}"#);
    assert_eq!(Replica::new(gateway.addr()).send(&outcall).await.unwrap().text(), "{}");
    let seen = upstream.finish().await;
    for again in &seen[1..] {
        assert_eq!((&again.method, &again.target), (&seen[0].method, &seen[0].target));
        assert_eq!((&again.header_lines, &again.body), (&seen[0].header_lines, &seen[0].body));
    }
    assert!(seen[0].header("idempotency-key").is_some_and(|key| key.len() == 64), "{:?}", seen[0]);
}

/// A first attempt is refused for certain (the gateway has said so), then the upstream comes up.
#[tokio::test]
async fn a_refused_connection_is_tried_again_whatever_the_request_is() {
    for outcall in outcalls() {
        let refusing = Refusing::bind();
        let config = route("/r", &refusing.url("/u"));
        let binary = env!("CARGO_BIN_EXE_gateway-under-test");
        let mut gateway = Process::start(binary, &config, &["--log", "debug"]).await;
        let answer = Replica::new(gateway.addr()).start(&outcall).await.unwrap().answer();
        tokio::pin!(answer);
        tokio::select! {
            _ = gateway.said("an upstream call is tried again") => {}
            early = &mut answer => panic!("answered without a second attempt: {early:?}"),
        }
        let upstream = refusing.come_up(Script::steps([Act::json(r#"{"paid":true}"#)]));
        assert_eq!(answer.await.unwrap().text(), r#"{"paid":true}"#);
        assert_eq!(upstream.finish().await.len(), 1);
    }
}
