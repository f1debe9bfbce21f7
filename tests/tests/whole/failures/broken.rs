//! Row 2: something was sent, then the exchange broke off. What is safe to repeat is tried again; all else goes out
//! once, and its outcome is unknown.

use outcall_tests::upstream::{Ending, Framing, Reply};

use super::*;

/// The ways in which an upstream breaks off after it was written to, and whether it has read the request then.
fn broken_off() -> Vec<(&'static str, Act, bool)> {
    let no_end = b"HTTP/1.1 200 Scripted\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"hal\r\n".to_vec();
    let bad_chunk =
        b"HTTP/1.1 200 Scripted\r\ntransfer-encoding: chunked\r\n\r\nnone\r\n{}\r\n0\r\n\r\n".to_vec();
    let two_lengths = b"HTTP/1.1 200 Scripted\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ".to_vec();
    let switching =
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n".to_vec();
    vec![
        ("reset before reading", Act::ResetBeforeReading, false),
        ("reset after reading", Act::ResetAfterReading, true),
        ("close after reading", Act::CloseAfterReading, true),
        ("half a head, then closed", Act::HalfHead(Ending::Fin), true),
        ("half a head, then reset", Act::HalfHead(Ending::Rst), true),
        ("half a body, then closed", Act::HalfBody(Ending::Fin), true),
        ("half a body, then reset", Act::HalfBody(Ending::Rst), true),
        ("less body than promised", Act::promises_more(), true),
        ("chunks without an end", Act::Raw(no_end), true),
        ("a chunk without a size", Act::Raw(bad_chunk), true),
        ("two lengths", Act::Raw(two_lengths), true),
        ("garbage", Act::Garbage, true),
        ("only an interim answer", Act::Informational(vec![103], Box::new(Act::CloseAfterReading)), true),
        ("another protocol", Act::Raw(switching), true),
    ]
}

#[tokio::test]
async fn what_must_not_be_repeated_goes_out_once_and_its_outcome_is_unknown() {
    for (how, act, read) in broken_off() {
        for_each(UNSAFE, async |kind| {
            eprintln!("{kind:?}: {how}");
            // A second request, even a first byte of one, would not be foreseen.
            let (answer, upstream) = against(kind, "", Script::steps([act.clone()])).await;
            assert_problem(kind, &answer, 502, "outcome-unknown", "unknown");
            let seen = (upstream.hits(), upstream.incomplete(), upstream.connections());
            assert_eq!(seen, (usize::from(read), 0, 1), "{kind:?}: {how}");
            upstream.finish().await;
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_safe_to_repeat_is_tried_four_times_and_has_then_failed() {
    for (how, act, read) in broken_off() {
        for_each(SAFE, async |kind| {
            eprintln!("{kind:?}: {how}");
            let steps = std::iter::repeat_n(act.clone(), ATTEMPTS);
            let (answer, upstream) = against(kind, "", Script::steps(steps)).await;
            assert_problem(kind, &answer, 502, "upstream-failed", "unknown");
            let seen = (upstream.hits(), upstream.incomplete());
            assert_eq!(seen, (if read { ATTEMPTS } else { 0 }, 0), "{kind:?}: {how}");
            upstream.finish().await;
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_safe_to_repeat_and_succeeds_at_last_is_a_success_for_everybody() {
    for (how, act, _) in broken_off() {
        for_each(SAFE, async |kind| {
            eprintln!("{kind:?}: {how}");
            let (answer, upstream) = against(kind, "", Script::steps([act.clone(), Act::Varying])).await;
            assert_eq!(answer.status, 200, "{kind:?}: {how}: {answer:?}");
            upstream.finish().await;
        })
        .await;
    }
}

/// A body that ends with its connection is whole when the connection ends in order; the control to the halves above.
#[tokio::test]
async fn a_body_that_ends_with_its_connection_is_complete() {
    for_each(ALL, async |kind| {
        let reply = Reply::json(r#"{"paid":true}"#).framing(Framing::UntilClose);
        let (answer, upstream) = against(kind, "", Script::steps([reply.into()])).await;
        assert_passed_on(kind, &answer, 200, r#"{"paid":true}"#);
        upstream.finish().await;
    })
    .await;
}

/// The surplus of one answer must not become the beginning of the next one on the same connection.
#[tokio::test]
async fn more_body_than_promised_never_reaches_another_key() {
    let rule = |seen: &outcall_tests::upstream::Seen| {
        if seen.text().contains("first") { Act::sends_more() } else { Act::json(r#"{"second":true}"#) }
    };
    let upstream = Upstream::start(Script::each(rule)).await;
    let gateway = Gateway::start(&config(&upstream.url("/u"), "", None)).await;
    let replica = Replica::new(gateway.addr());
    for round in 0..50 {
        let first = Outcall::post("/r").key(&format!("a-{round}")).json(r#"{"first":true}"#);
        let second = Outcall::post("/r").key(&format!("b-{round}")).json(r#"{"second":true}"#);
        let answer = replica.send(&first).await.unwrap();
        assert_passed_on(Post, &answer, 200, r#"{"paid":true}"#);
        let answer = replica.send(&second).await.unwrap();
        if answer.status == 502 {
            assert_problem(Post, &answer, 502, "outcome-unknown", "unknown");
        } else {
            assert_passed_on(Post, &answer, 200, r#"{"second":true}"#);
        }
    }
    assert!(upstream.hits() <= 100, "{} requests for 100 keys", upstream.hits());
}
