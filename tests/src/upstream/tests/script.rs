//! A double that could be ignored would prove nothing: scripts that fail their tests.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

/// The text of the panic that this causes.
fn panic_of(work: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(work)).expect_err("nothing failed");
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).expect("a panic with a text")
}

#[tokio::test]
#[should_panic(expected = "1 steps of the script were not used; seen: 1")]
async fn a_step_that_is_left_over_fails_the_test() {
    let upstream = Upstream::start(Script::steps([Act::json("{}"), Act::json("{}")])).await;
    exchange(&upstream, &last(GET)).await;
    upstream.finish().await;
}

#[tokio::test]
#[should_panic(expected = "request 1 was not foreseen: POST /pay")]
async fn a_request_too_many_fails_the_test() {
    let upstream = Upstream::start(Script::steps([Act::json("{}")])).await;
    exchange(&upstream, &last(GET)).await;
    let (bytes, _) = exchange(&upstream, POST).await;
    assert!(bytes.starts_with("HTTP/1.1 500") && bytes.ends_with("the script did not foresee this request"));
    upstream.finish().await;
}

#[tokio::test]
async fn dropping_an_upstream_checks_its_script_too() {
    let upstream = Upstream::start(Script::steps([Act::Hang])).await;
    assert!(panic_of(|| drop(upstream)).contains("1 steps of the script were not used"));
}

#[tokio::test]
async fn a_test_that_already_fails_keeps_its_own_reason() {
    let upstream = Upstream::start(Script::steps([Act::Hang])).await;
    // A second panic while the first unwinds would abort the process.
    let text = panic_of(move || {
        let _upstream = upstream;
        panic!("the reason");
    });
    assert_eq!(text, "the reason");
}

#[tokio::test]
#[should_panic(expected = "carries no HTTP/1.1")]
async fn a_request_that_is_not_http_fails_the_test() {
    let upstream = Upstream::start(Script::always(Act::json("{}"))).await;
    exchange(&upstream, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    upstream.finish().await;
}

#[tokio::test]
#[should_panic(expected = "content-length [\"5\", \"6\"]")]
async fn a_request_that_can_be_read_in_two_ways_fails_the_test() {
    let upstream = Upstream::start(Script::always(Act::json("{}"))).await;
    exchange(&upstream, &POST.replacen("\r\n\r\n", "\r\ncontent-length: 6\r\n\r\n", 1)).await;
    upstream.finish().await;
}

#[tokio::test]
async fn a_rule_sees_the_request_it_decides_on() {
    let script = Script::each(|seen| Act::json(&format!("{:?}", seen.target)));
    let upstream = Upstream::start(script).await;
    assert!(exchange(&upstream, &last(GET)).await.0.ends_with("\"/price?of=ICP\""));
    assert!(exchange(&upstream, &last(POST)).await.0.ends_with("\"/pay\""));
    upstream.finish().await;
}

#[tokio::test]
async fn a_script_for_nobody_is_content_with_nobody() {
    Upstream::start(Script::steps([])).await.finish().await;
    Upstream::start(Script::always(Act::Hang)).await.finish().await;
}
