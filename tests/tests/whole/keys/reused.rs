//! A key belongs to one request: what counts as another one, in flight and settled.

use outcall_tests::{
    gate::Gate,
    replica::{Outcall, agreed},
    upstream::{Act, Script},
};

use crate::stage::{Stage, refused};

fn original() -> Outcall {
    Outcall::post("/r/a?q=1").key("k").header("accept", "text/plain").header("accept", "text/html").body("{}")
}

/// Everything that makes it another request, in words.
fn others() -> Vec<(&'static str, Outcall)> {
    let changed = |change: fn(&mut Outcall)| {
        let mut outcall = original();
        change(&mut outcall);
        outcall
    };
    vec![
        ("another body", original().body("{ }")),
        ("no body", original().body("")),
        ("another path", changed(|outcall| outcall.path = "/r/b?q=1".into())),
        ("the path in other escapes", changed(|outcall| outcall.path = "/r/%61?q=1".into())),
        ("a slash more", changed(|outcall| outcall.path = "/r/a/?q=1".into())),
        ("another query", changed(|outcall| outcall.path = "/r/a?q=2".into())),
        ("no query", changed(|outcall| outcall.path = "/r/a".into())),
        ("a query in another order", changed(|outcall| outcall.path = "/r/a?q=1&".into())),
        ("another method", changed(|outcall| outcall.method = "PUT".into())),
        ("a safe method", changed(|outcall| outcall.method = "GET".into())),
        ("a forwarded header more", original().header("x-api-key", "1")),
        ("an empty forwarded header more", original().header("x-api-key", "")),
        ("a forwarded header less", changed(|outcall| drop(outcall.headers.pop()))),
        ("forwarded fields in another order", changed(|outcall| outcall.headers.swap(1, 2))),
        ("two fields folded into one", {
            let mut outcall = original();
            outcall.headers.truncate(1);
            outcall.header("accept", "text/plain, text/html")
        }),
    ]
}

/// What may differ without making it another request.
fn same() -> Vec<(&'static str, Outcall)> {
    let mut spelled = original();
    spelled.headers.iter_mut().for_each(|(name, _)| *name = name.to_ascii_uppercase());
    let mut moved = original();
    moved.headers.rotate_left(1);
    vec![
        ("names in capitals", spelled),
        ("the key behind the other headers", moved),
        ("headers that are not forwarded", original().header("cookie", "a=1").header("x-trace", "17")),
        ("another agent", original().header("user-agent", "ic/2.0")),
        ("the quoted key", {
            let mut outcall = original();
            outcall.headers[0].1 = "\"k\"".into();
            outcall
        }),
    ]
}

#[tokio::test]
async fn another_request_under_a_settled_key_is_refused_and_the_answer_still_replays() {
    let stage = Stage::varying("").await;
    let answer = stage.send(&original()).await;
    for (what, other) in others() {
        let refusal = stage.send(&other).await;
        assert_eq!(refusal.status, 422, "{what}: {refusal:?}");
        refused(&refusal, 422, "key-reused", "no");
        assert_eq!(stage.send(&original()).await, answer, "after {what}");
    }
    for (what, same) in same() {
        assert_eq!(stage.send(&same).await, answer, "{what}");
    }
    assert_eq!(stage.upstream.hits(), 1);
}

#[tokio::test]
async fn another_request_under_a_key_in_flight_is_refused_at_once_and_harms_nobody() {
    let gate = Gate::new();
    let stage = Stage::of(Script::steps([Act::Varying.held_at(&gate)]), "").await;
    let mut waiting = vec![stage.replica.start(&original()).await.unwrap()];
    gate.reached().await;
    for (what, other) in others() {
        let refusal = stage.send(&other).await;
        assert_eq!(refusal.status, 422, "{what}: {refusal:?}");
    }
    for (_, same) in same() {
        waiting.push(stage.replica.start(&same).await.unwrap());
    }
    gate.release();
    let mut answers = Vec::new();
    for pending in waiting {
        answers.push(pending.answer().await.unwrap());
    }
    assert_eq!(agreed(&answers).status, 200);
    assert_eq!(stage.upstream.finish().await.len(), 1);
}

#[tokio::test]
async fn each_of_these_requests_is_fine_under_a_key_of_its_own() {
    let stage = Stage::varying("").await;
    for (number, (what, mut other)) in others().into_iter().enumerate() {
        other.headers[0].1 = format!("k{number}");
        assert_eq!(stage.send(&other).await.status, 200, "{what}");
    }
    assert_eq!(stage.upstream.hits(), others().len());
}

#[tokio::test]
async fn a_refused_request_does_not_take_the_key() {
    let stage = Stage::varying("").await;
    refused(&stage.send(&Outcall::post("/r/../x").key("k")).await, 400, "path-invalid", "no");
    let answers = [stage.send(&original()).await, stage.send(&original()).await];
    assert_eq!(agreed(&answers).status, 200);
}
