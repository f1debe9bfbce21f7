//! Row 5: complete, but refused by us. The upstream has executed it, so it is not asked again and the answer says so.

use outcall_tests::upstream::{Framing, Reply};

use super::*;

/// One refused answer for every kind of request.
async fn assert_refused(members: &str, reply: Reply, problem: &str) {
    for_each(ALL, async |kind| {
        eprintln!("{kind:?}: {problem}");
        let (answer, upstream) = against(kind, members, Script::steps([reply.clone().into()])).await;
        assert_problem(kind, &answer, 502, problem, "yes");
        assert_eq!(upstream.hits(), 1, "{kind:?}");
        upstream.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_body_larger_than_a_replica_accepts_is_refused() {
    assert_refused("", Reply::too_large(), "answer-too-large").await;
}

#[tokio::test]
async fn a_large_body_of_unknown_length_is_refused() {
    assert_refused("", Reply::too_large().framing(Framing::Chunked), "answer-too-large").await;
    assert_refused("", Reply::too_large().framing(Framing::UntilClose), "answer-too-large").await;
}

#[tokio::test]
async fn the_routes_own_limit_counts_headers_and_body() {
    // `content-type` and its value, `content-length` and its value, and the body: 12 + 16 + 14 + 2 + 20.
    let reply = || Reply::json(r#"{"twenty":"bytes__"}"#);
    assert_eq!(reply().body_bytes(), 20);
    let limit = |bytes: usize| format!(r#""response": {{"max_bytes": {bytes}}}"#);
    assert_refused(&limit(63), reply(), "answer-too-large").await;
    assert_refused(&limit(19), reply(), "answer-too-large").await;
    for_each(ALL, async |kind| {
        let (answer, upstream) = against(kind, &limit(64), Script::steps([reply().into()])).await;
        assert_passed_on(kind, &answer, 200, r#"{"twenty":"bytes__"}"#);
        upstream.finish().await;
    })
    .await;
}

#[tokio::test]
async fn more_headers_than_a_replica_accepts_are_refused() {
    let repeated = |times: usize| (0..times).fold(Reply::new(200), |reply, _| reply.header("x-many", "1"));
    let kept = r#""response": {"keep_headers": ["x-many"]}"#;
    // With `content-length` that makes 65.
    assert_refused(kept, repeated(64), "answer-headers").await;
    for_each(ALL, async |kind| {
        let (answer, upstream) = against(kind, kept, Script::steps([repeated(63).into()])).await;
        assert_eq!((answer.status, answer.header_lines.len()), (200, 64), "{kind:?}");
        upstream.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_kept_header_that_is_not_ascii_is_refused_and_one_that_is_dropped_is_not() {
    let kept = r#""response": {"keep_headers": ["x-city"]}"#;
    assert_refused(kept, Reply::non_ascii_header(), "answer-headers").await;
    for_each(ALL, async |kind| {
        let (answer, upstream) = against(kind, "", Script::steps([Reply::non_ascii_header().into()])).await;
        assert_passed_on(kind, &answer, 200, "{}");
        upstream.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_not_the_promised_json_is_refused() {
    let canonical = r#""response": {"canonical_json": true}"#;
    let projected = r#""response": {"jq": ".price"}"#;
    for body in ["<html>", "{", r#"{"a":1,"a":2}"#, r#"{"a":1} {"a":2}"#] {
        assert_refused(canonical, Reply::json(body), "answer-not-json").await;
    }
    assert_refused(projected, Reply::json("<html>"), "answer-not-json").await;
    assert_refused(projected, Reply::json("[]"), "answer-projection").await;
}

#[tokio::test]
async fn a_coding_that_cannot_be_undone_is_refused() {
    assert_refused("", Reply::encoded("x-rot13", b"{}".to_vec()), "answer-coding").await;
    assert_refused("", Reply::gzip_cut_short(r#"{"paid":true}"#), "answer-coding").await;
    assert_refused("", Reply::encoded("gzip", b"no gzip at all".to_vec()), "answer-coding").await;
}

#[tokio::test]
async fn a_body_that_decompresses_to_too_much_is_refused() {
    assert_refused("", Reply::gzip_bomb(), "answer-too-large").await;
    // Its window is its whole content, and larger than HTTP allows (RFC 9659).
    assert_refused("", Reply::zstd_bomb(), "answer-coding").await;
}

/// HEAD measures what it does not send: no size of it can be too large.
#[tokio::test]
async fn the_length_of_a_body_that_head_does_not_send_is_no_reason_to_refuse() {
    let upstream = Upstream::start(Script::steps([Reply::too_large().into()])).await;
    let gateway = Gateway::start(&config(&upstream.url("/u"), "", None)).await;
    let answer = everybody(&gateway, &Outcall::head("/r")).await;
    assert_eq!((answer.status, answer.header("content-length")), (200, None), "{answer:?}");
    assert_eq!(upstream.finish().await.len(), 1);
}

/// Refused on the first attempt that was complete, after others that were not.
#[tokio::test]
async fn an_answer_that_is_refused_after_a_retry_was_executed() {
    for_each(SAFE, async |kind| {
        let steps = [Act::CloseAfterReading, Reply::too_large().into()];
        let (answer, upstream) = against(kind, "", Script::steps(steps)).await;
        assert_problem(kind, &answer, 502, "answer-too-large", "yes");
        upstream.finish().await;
    })
    .await;
}
