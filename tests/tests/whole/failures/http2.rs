//! Over HTTP/2 the upstream can say that it has not looked at a request. Only then is it sent again where it must not
//! be executed twice.

use outcall_tests::h2_upstream::Reason;

use super::*;

/// What proves that the request was not processed (RFC 9113, sections 6.8 and 8.7).
fn not_processed() -> [H2Act; 3] {
    [H2Act::Refuse, H2Act::GoAwayBelow, H2Act::GoAwayBelowFor(Reason::ENHANCE_YOUR_CALM)]
}

/// What leaves it open. A GOAWAY with an error leaves the streams up to the one that it names as open as one without.
fn perhaps_processed() -> Vec<H2Act> {
    vec![
        H2Act::GoAwayAbove,
        H2Act::GoAwayAboveFor(Reason::INTERNAL_ERROR),
        H2Act::GoAwayAboveFor(Reason::ENHANCE_YOUR_CALM),
        H2Act::Reset(Reason::INTERNAL_ERROR),
        H2Act::Reset(Reason::CANCEL),
        H2Act::Reset(Reason::NO_ERROR),
        H2Act::Close,
        H2Act::HalfBody,
    ]
}

#[tokio::test]
async fn what_was_not_processed_is_sent_again_whatever_it_is() {
    for act in not_processed() {
        for_each(ALL, async |kind| {
            let steps = [act.clone(), act.clone(), act.clone(), H2Act::json("{}")];
            let (answer, upstream) = against_h2(kind, "", Script::steps(steps)).await;
            assert_passed_on(kind, &answer, 200, "{}");
            assert_eq!(upstream.hits(), 1, "{kind:?}: {act:?}");
            upstream.finish().await;
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_never_processed_is_unreachable_and_not_executed() {
    for act in not_processed() {
        for_each(ALL, async |kind| {
            let steps = std::iter::repeat_n(act.clone(), ATTEMPTS);
            let (answer, upstream) = against_h2(kind, "", Script::steps(steps)).await;
            assert_problem(kind, &answer, 502, "upstream-unreachable", "no");
            assert_eq!(upstream.hits(), 0, "{kind:?}: {act:?}");
            upstream.finish().await;
        })
        .await;
    }
}

#[tokio::test]
async fn what_may_have_been_processed_is_not_sent_again_where_it_must_not_be_repeated() {
    for act in perhaps_processed() {
        for_each(UNSAFE, async |kind| {
            let (answer, upstream) = against_h2(kind, "", Script::steps([act.clone()])).await;
            assert_problem(kind, &answer, 502, "outcome-unknown", "unknown");
            assert_eq!((upstream.hits(), upstream.incomplete()), (1, 0), "{kind:?}: {act:?}");
            upstream.finish().await;
        })
        .await;
    }
}

#[tokio::test]
async fn what_may_have_been_processed_is_tried_four_times_where_that_is_safe() {
    for act in perhaps_processed() {
        for_each(SAFE, async |kind| {
            let steps = std::iter::repeat_n(act.clone(), ATTEMPTS);
            let (answer, upstream) = against_h2(kind, "", Script::steps(steps)).await;
            assert_problem(kind, &answer, 502, "upstream-failed", "unknown");
            assert_eq!(upstream.hits(), ATTEMPTS, "{kind:?}: {act:?}");
            upstream.finish().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_success_at_last_is_a_success_for_everybody() {
    for act in perhaps_processed() {
        for_each(SAFE, async |kind| {
            let steps = [act.clone(), H2Act::json("{}")];
            let (answer, upstream) = against_h2(kind, "", Script::steps(steps)).await;
            assert_passed_on(kind, &answer, 200, "{}");
            upstream.finish().await;
        })
        .await;
    }
}
