//! Where an upstream sends a call on to: followed if the route says so, within its origin, where repeating is safe.

use outcall_tests::{
    replica::Outcall,
    upstream::{Act, Reply, Script, Upstream},
};

use crate::stage::Stage;

const FOLLOWING: &str = r#""follow_redirects": true, "inject": {"authorization": "secret"}"#;

fn to(status: u16, location: &str) -> Act {
    Act::Answer(Reply::new(status).header("location", location).body("moved"))
}

fn found() -> Act {
    Act::json(r#"{"price":4}"#)
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_with_all_that_the_request_had() {
    let stage = Stage::of(Script::steps([to(302, "../v2?now"), found()]), FOLLOWING).await;
    let answer = stage.send(&Outcall::get("/r/x").header("accept", "text/plain")).await;
    assert_eq!((answer.status, answer.text()), (200, r#"{"price":4}"#.to_owned()));
    let [first, second] = <[_; 2]>::try_from(stage.upstream.requests()).unwrap();
    assert_eq!((first.target.as_str(), second.target.as_str()), ("/u/x", "/v2?now"));
    assert_eq!(first.header_lines, second.header_lines);
    assert_eq!(second.header("authorization"), Some("secret"));
}

#[tokio::test]
async fn the_whole_burst_gets_what_is_at_the_end_of_one_walk() {
    let stage = Stage::of(Script::steps([to(301, "/v2"), to(307, "/v3"), found()]), FOLLOWING).await;
    let outcall = Outcall::get("/r");
    let answers = futures_util::future::join_all((0..13).map(|_| stage.send(&outcall))).await;
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
    assert_eq!((answers[0].status, stage.upstream.hits()), (200, 3));
}

#[tokio::test]
async fn a_redirect_to_anybody_else_is_the_answer_and_nobody_else_is_called() {
    let other = Upstream::start(Script::steps([])).await;
    let stage = Stage::of(Script::always(to(302, &other.url("/x"))), FOLLOWING).await;
    let answer = stage.send(&Outcall::get("/r")).await;
    assert_eq!((answer.status, answer.text().as_str()), (302, "moved"));
    assert_eq!((stage.upstream.hits(), other.hits(), other.connections()), (1, 0, 0));
}

#[tokio::test]
async fn nothing_is_followed_unless_the_route_says_so() {
    let stage = Stage::always(to(302, "/v2"), "").await;
    assert_eq!(stage.send(&Outcall::get("/r")).await.status, 302);
    assert_eq!(stage.upstream.hits(), 1);
}

#[tokio::test]
async fn what_must_not_be_repeated_is_not_sent_on() {
    let stage = Stage::always(to(307, "/v2"), FOLLOWING).await;
    assert_eq!(stage.send(&Outcall::post("/r").key("k").json("{}")).await.status, 307);
    assert_eq!(stage.upstream.hits(), 1);
}

#[tokio::test]
async fn where_the_upstream_honours_the_key_a_post_goes_on_with_its_key_and_body() {
    let members = format!(r#"{FOLLOWING}, "upstream_idempotent": true"#);
    let stage = Stage::of(Script::steps([to(308, "/v2"), found()]), &members).await;
    assert_eq!(stage.send(&Outcall::post("/r").key("k").json(r#"{"n":1}"#)).await.status, 200);
    let [first, second] = <[_; 2]>::try_from(stage.upstream.requests()).unwrap();
    assert_eq!((second.method.as_str(), second.target.as_str()), ("POST", "/v2"));
    assert_eq!(second.text(), r#"{"n":1}"#);
    assert_eq!(first.header("idempotency-key"), second.header("idempotency-key"));
}

#[tokio::test]
async fn a_walk_in_circles_ends_and_its_last_answer_is_the_answer() {
    let stage = Stage::always(to(302, "/u"), FOLLOWING).await;
    assert_eq!(stage.send(&Outcall::get("/r")).await.status, 302);
    assert_eq!(stage.upstream.hits(), 6, "one request and five redirects");
}
