//! Concurrency, rate and breaker: asked once per key, and the same refusal for everybody.

use outcall_tests::{
    gate::Gate,
    replica::{Answer, Outcall, Subnet, agreed},
    upstream::{Act, Reply, Script},
};

use crate::stage::{Stage, refused};

fn post(key: &str) -> Outcall {
    Outcall::post("/r").key(key).body("{}")
}

async fn burst(stage: &Stage, outcall: &Outcall) -> Answer {
    agreed(&Subnet::new(stage.gateway.addr(), 13).burst(outcall).await).clone()
}

#[tokio::test]
async fn concurrency_refuses_a_key_for_all_its_replicas_and_for_good() {
    let gate = Gate::new();
    let script = Script::steps([Act::Varying.held_at(&gate), Act::Varying]);
    let stage = Stage::of(script, r#""concurrency": 1"#).await;
    let first = stage.replica.start(&post("first")).await.unwrap();
    gate.reached().await;
    let refusal = burst(&stage, &post("second")).await;
    refused(&refusal, 503, "upstream-busy", "no");
    let follower = stage.replica.start(&post("first")).await.unwrap();
    gate.release();
    assert_eq!(agreed(&[first.answer().await.unwrap(), follower.answer().await.unwrap()]).status, 200);
    assert_eq!(burst(&stage, &post("second")).await, refusal, "there is room now, and the refusal stands");
    refused(&burst(&stage, &post("second").body("[]")).await, 422, "key-reused", "no");
    assert_eq!(burst(&stage, &post("third")).await.status, 200);
    assert_eq!(stage.upstream.finish().await.len(), 2);
}

#[tokio::test]
async fn rate_counts_keys_and_not_requests() {
    let stage = Stage::varying(r#""rate": {"per_second": 0.000001, "burst": 2}"#).await;
    let first = burst(&stage, &post("first")).await;
    let second = burst(&stage, &Outcall::get("/r")).await;
    assert_eq!((first.status, second.status), (200, 200));
    let refusal = burst(&stage, &post("third")).await;
    refused(&refusal, 429, "rate-limited", "no");
    refused(&burst(&stage, &Outcall::get("/r?keyless")).await, 429, "rate-limited", "no");
    assert_eq!(burst(&stage, &post("first")).await, first, "replays are free");
    assert_eq!(burst(&stage, &Outcall::get("/r")).await, second);
    assert_eq!(burst(&stage, &post("third")).await, refusal);
    refused(&burst(&stage, &post("third").body("[]")).await, 422, "key-reused", "no");
    assert_eq!(stage.upstream.hits(), 2);
}

#[tokio::test]
async fn what_is_refused_before_it_could_lead_takes_nothing_of_the_rate() {
    let stage = Stage::varying(r#""rate": {"per_second": 0.000001, "burst": 2}"#).await;
    assert_eq!(burst(&stage, &post("first")).await.status, 200);
    for _ in 0..3 {
        assert_eq!(burst(&stage, &post("first").body("[]")).await.status, 422);
        assert_eq!(burst(&stage, &Outcall::post("/r")).await.status, 400);
        assert_eq!(burst(&stage, &post("x").body(vec![0; 2_000_001])).await.status, 413);
    }
    assert_eq!(burst(&stage, &post("second")).await.status, 200);
}

#[tokio::test]
async fn the_breaker_opens_after_failures_in_a_row_and_replays_go_on() {
    let steps = [
        Act::ResetAfterReading,
        Act::json("{}"),
        Act::ResetAfterReading,
        Act::HalfBody(outcall_tests::upstream::Ending::Fin),
    ];
    let stage = Stage::of(Script::steps(steps), r#""breaker": {"failures": 2, "cooldown": "1h"}"#).await;
    let failed = burst(&stage, &post("1")).await;
    refused(&failed, 502, "outcome-unknown", "unknown");
    let fine = burst(&stage, &post("2")).await;
    assert_eq!(fine.status, 200, "one failure is not two in a row");
    for key in ["3", "4"] {
        refused(&burst(&stage, &post(key)).await, 502, "outcome-unknown", "unknown");
    }
    let refusal = burst(&stage, &post("5")).await;
    refused(&refusal, 503, "breaker-open", "no");
    refused(&burst(&stage, &Outcall::get("/r")).await, 503, "breaker-open", "no");
    assert_eq!(burst(&stage, &post("5")).await, refusal);
    assert_eq!((burst(&stage, &post("1")).await, burst(&stage, &post("2")).await), (failed, fine));
    assert_eq!(stage.upstream.finish().await.len(), 4);
}

#[tokio::test]
async fn a_complete_answer_is_no_failure_whatever_it_says() {
    let members = r#""breaker": {"failures": 1, "cooldown": "1h"}, "response": {"canonical_json": true}"#;
    let replies =
        [Reply::server_error(), Reply::unavailable(), Reply::too_many_requests(), Reply::json("no JSON")];
    let stage =
        Stage::of(Script::steps(replies.into_iter().chain([Reply::json("{}")]).map(Act::Answer)), members)
            .await;
    for (key, status) in [("1", 500), ("2", 503), ("3", 429), ("4", 502), ("5", 200)] {
        assert_eq!(burst(&stage, &post(key)).await.status, status);
    }
}

#[tokio::test]
async fn each_route_has_limits_of_its_own() {
    use outcall_tests::{gateway::Gateway, replica::Replica, upstream::Upstream};
    let upstream = Upstream::start(Script::always(Act::json("{}"))).await;
    let route =
        format!(r#"{{"upstream": "{}", "rate": {{"per_second": 0.000001, "burst": 1}}}}"#, upstream.url("/"));
    let gateway = Gateway::start(&format!(r#"{{"/a": {route}, "/b": {route}}}"#)).await;
    let replica = Replica::new(gateway.addr());
    for (path, status) in [("/a?1", 200), ("/a?2", 429), ("/b?1", 200), ("/b?2", 429)] {
        assert_eq!(replica.send(&Outcall::get(path)).await.unwrap().status, status, "{path}");
    }
}
