//! The transforms of another hand: one that tidies up, one that does nothing, one that refuses.

use candid::Nat;
use outcall_harness::verdict::Verdict;
use outcall_tests::upstream::Reply;

use super::{Header, Refusal, Response, always, installed, tidied, update, weather};

/// What the caller of `look` learns, and how the round ended.
async fn looked(url: String, transform: &str) -> (Result<Response, Refusal>, Verdict) {
    let mut subnet = installed(&[]).await;
    let mut looked = update(&mut subnet, "look", (url, transform)).await;
    let told = looked.value().unwrap_or_else(|error| panic!("{error}: {looked}"));
    (told, looked.rounds.remove(0).verdict)
}

fn json(body: &str) -> Response {
    let header = Header { name: "content-type".to_owned(), value: "application/json".to_owned() };
    Response { status: Nat::from(200_u16), headers: vec![header], body: body.into() }
}

#[tokio::test]
async fn headers_are_trimmed_members_sorted_and_those_of_no_interest_left_out() {
    let upstream = weather().await;
    let (told, verdict) = looked(upstream.url("/harbour"), "tidy").await;
    assert_eq!(told, Ok(json(&tidied("harbour"))));
    assert!(matches!(verdict, Verdict::Agreed { replicas: 13, .. }), "{verdict}");
}

/// The control: the same answers, untouched.
#[tokio::test]
async fn the_same_answers_diverge_when_nothing_is_done_to_them() {
    let upstream = weather().await;
    let (told, verdict) = looked(upstream.url("/harbour"), "untouched").await;
    assert!(matches!(verdict, Verdict::Diverged { .. }), "{verdict}");
    let Refusal { code, text } = told.unwrap_err();
    assert_eq!(code, 2);
    assert!(text.starts_with("No consensus could be reached. Replicas had different responses."), "{text}");
}

#[tokio::test]
async fn a_transform_may_reply_by_hand() {
    let upstream = always(Reply::json("{}").header("x-extra", "1")).await;
    let (told, _) = looked(upstream.url("/"), "picky").await;
    assert_eq!(told, Ok(Response { headers: Vec::new(), ..json("{}") }));
}

/// A transform that rejects votes for its words, and all of them vote alike.
#[tokio::test]
async fn a_transform_may_reject_by_hand() {
    let upstream = always(Reply::new(503)).await;
    let (told, verdict) = looked(upstream.url("/"), "picky").await;
    let text = "status 503 is not good enough".to_owned();
    assert_eq!(told, Err(Refusal { code: 4, text }));
    assert!(matches!(verdict, Verdict::Rejected { replicas: 13, .. }), "{verdict}");
}

#[tokio::test]
async fn a_transform_that_traps_is_a_reject_that_all_replicas_share() {
    let upstream = always(Reply::new(200).body("rain")).await;
    let (told, verdict) = looked(upstream.url("/"), "tidy").await;
    let Refusal { code, text } = told.unwrap_err();
    assert_eq!(code, 5);
    assert!(text.contains("Canister called `ic0.trap` with message: 'this is no weather report'"), "{text}");
    assert!(matches!(verdict, Verdict::Rejected { replicas: 13, .. }), "{verdict}");
}

#[tokio::test]
async fn a_transform_that_is_not_there_is_a_reject_that_all_replicas_share() {
    let upstream = weather().await;
    let (told, _) = looked(upstream.url("/harbour"), "polish").await;
    let Refusal { code, text } = told.unwrap_err();
    assert_eq!(code, 5);
    assert!(text.ends_with("Canister has no query method 'polish'."), "{text}");
}
