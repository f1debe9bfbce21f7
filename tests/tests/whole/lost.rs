//! Leaders that a drain cuts off: the upstream may have executed the call, so nobody is told that it has not.

use outcall_tests::{
    gate::Gate,
    gateway::Gateway,
    replica::{Answer, Outcall, Pending, Replica, agreed},
    upstream::{Act, Script, Upstream},
};

/// The shortest drain there is, and a route whose calls may outlast it.
fn config(upstream: &str, members: &str) -> String {
    format!(r#"{{"server": {{"drain": "1s"}}, "/r": {{"upstream": "{upstream}"{members}}}}}"#)
}

/// Thirteen replicas whose leader is cut off by the end of a drain while the upstream holds its answer.
async fn cut_off(outcall: &Outcall, members: &str) -> Answer {
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::json("{}").held_at(&gate)])).await;
    let gateway = Gateway::start(&config(&upstream.url("/u"), members)).await;
    let replica = Replica::new(gateway.addr());
    let mut waiting: Vec<Pending> = Vec::new();
    for _ in 0..13 {
        waiting.push(replica.start(outcall).await.unwrap());
    }
    gate.reached().await;
    let stopped = gateway.drain();
    let mut answers = Vec::new();
    for pending in waiting {
        answers.push(pending.answer().await.unwrap());
    }
    stopped.await.unwrap();
    upstream.abandoned_by(1).await;
    assert_eq!(upstream.finish().await.len(), 1, "cut off, and sent again");
    agreed(&answers).clone()
}

fn found(answer: &Answer) -> (u16, String, String) {
    let problem = answer.problem();
    let text = |name: &str| problem[name].as_str().unwrap().to_owned();
    (answer.status, text("type"), text("executed"))
}

#[tokio::test]
async fn what_must_not_be_repeated_and_is_cut_off_by_a_drain_is_unknown_for_everybody() {
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for body in ["", r#"{"amount":5}"#] {
            let answer = cut_off(&Outcall::new(method, "/r").key("k-1").body(body), "").await;
            let unknown = (502, "urn:outcall-gateway:outcome-unknown".to_owned(), "unknown".to_owned());
            assert_eq!(found(&answer), unknown, "{method} {body:?}");
        }
    }
}

/// It may be led again, but a gateway that is leaving does not lead: still, the call that was cut off was sent.
#[tokio::test]
async fn what_is_safe_to_repeat_and_cut_off_by_a_drain_is_not_reported_as_not_executed() {
    let idempotent = r#", "upstream_idempotent": true"#;
    for (outcall, members) in [
        (Outcall::get("/r"), ""),
        (Outcall::get("/r").key("k-1"), ""),
        (Outcall::get("/r").key("k-1").body("a GET with a body"), ""),
        (Outcall::post("/r").key("k-1"), idempotent),
        (Outcall::post("/r").key("k-1").json(r#"{"amount":5}"#), idempotent),
        (Outcall::new("DELETE", "/r").key("k-1"), idempotent),
    ] {
        let answer = cut_off(&outcall, members).await;
        let lost = (502, "urn:outcall-gateway:leader-lost".to_owned(), "unknown".to_owned());
        assert_eq!(found(&answer), lost, "{outcall:?}");
    }
}

/// The control: what the drain has the time for is answered as ever.
#[tokio::test]
async fn what_ends_within_the_drain_is_not_altered() {
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::json(r#"{"paid":true}"#).held_at(&gate)])).await;
    let gateway = Gateway::start(&config(&upstream.url("/u"), "")).await;
    let outcall = Outcall::post("/r").key("k-1").json("{}");
    let pending = Replica::new(gateway.addr()).start(&outcall).await.unwrap();
    gate.reached().await;
    let stopped = gateway.drain();
    gate.release();
    assert_eq!(pending.answer().await.unwrap().text(), r#"{"paid":true}"#);
    stopped.await.unwrap();
    upstream.finish().await;
}
