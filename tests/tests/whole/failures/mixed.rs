//! Attempts that fail in different ways: what one of them may have done, no later one can undo.

use outcall_tests::h2_upstream::Reason;

use super::*;

#[tokio::test]
async fn a_request_that_was_sent_once_is_never_reported_as_not_executed() {
    for_each(SAFE, async |kind| {
        let refused = [Act::ResetOnAccept, Act::ResetOnAccept, Act::ResetOnAccept];
        let steps = [Act::ResetAfterReading].into_iter().chain(refused);
        let (answer, upstream) = against_tls(kind, Script::steps(steps)).await;
        assert_problem(kind, &answer, 502, "upstream-failed", "unknown");
        assert_eq!(upstream.hits(), 1, "{kind:?}");
        upstream.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_same_over_http2_and_in_the_other_order() {
    let reset = H2Act::Reset(Reason::INTERNAL_ERROR);
    let refuse = || H2Act::Refuse;
    for_each(SAFE, async |kind| {
        for steps in [
            [reset.clone(), refuse(), refuse(), refuse()],
            [refuse(), reset.clone(), refuse(), refuse()],
            [refuse(), refuse(), refuse(), reset.clone()],
        ] {
            let (answer, upstream) = against_h2(kind, "", Script::steps(steps)).await;
            assert_problem(kind, &answer, 502, "upstream-failed", "unknown");
            assert_eq!(upstream.hits(), 1, "{kind:?}");
            upstream.finish().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_must_not_be_repeated_stops_at_the_first_attempt_that_was_sent() {
    for_each(UNSAFE, async |kind| {
        let steps = [Act::ResetOnAccept, Act::ResetAfterReading];
        let (answer, upstream) = against_tls(kind, Script::steps(steps)).await;
        assert_problem(kind, &answer, 502, "outcome-unknown", "unknown");
        assert_eq!(upstream.hits(), 1, "{kind:?}");
        upstream.finish().await;

        let steps = [H2Act::Refuse, H2Act::GoAwayBelow, H2Act::Reset(Reason::INTERNAL_ERROR)];
        let (answer, upstream) = against_h2(kind, "", Script::steps(steps)).await;
        assert_problem(kind, &answer, 502, "outcome-unknown", "unknown");
        assert_eq!(upstream.hits(), 1, "{kind:?}");
        upstream.finish().await;
    })
    .await;
}

/// The upstream goes away between two attempts: the connection that would carry the second is refused.
#[tokio::test]
async fn a_reset_and_then_a_refused_connection_is_not_reported_as_not_executed() {
    for_each(SAFE, async |kind| {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/u", listener.local_addr().unwrap());
        let once = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            // First nobody listens any more, then the request is lost.
            drop(listener);
            stream.peek(&mut [0]).await.unwrap();
            stream.set_zero_linger().unwrap();
        });
        let gateway = Gateway::start(&config(&url, "", None)).await;
        let answer = everybody(&gateway, &kind.outcall()).await;
        once.await.unwrap();
        assert_problem(kind, &answer, 502, "upstream-failed", "unknown");
    })
    .await;
}
