//! Calls that are cancelled: the upstream is left, everybody hears the same, and what comes later is nothing.

use super::*;

const CANCEL: &str = r#", "respond_async": {"cancel": true}"#;

#[tokio::test(start_paused = true)]
async fn a_running_call_is_left_and_its_end_is_that_it_was_cancelled() {
    let desk = Desk::new(CANCEL);
    let given = desk.post("k").await;
    desk.asked(1).await;
    let started = Instant::now();
    let cancelled = desk.cancel(&ticket("k"), "c").await;
    assert!(started.elapsed().is_zero(), "it runs here, and is told at once");
    refused(&cancelled, Problem::Cancelled);
    assert_eq!(*desk.upstream.left.borrow(), 1, "the upstream still works");
    desk.says("too late");
    sleep(MINUTE).await;
    assert_eq!(desk.poll(&ticket("k"), "p").await, cancelled);
    assert_eq!(desk.cancel(&ticket("k"), "once-more").await, cancelled);
    assert_eq!(desk.post("k").await, given);
    assert_eq!(desk.hits(), 1);
    assert!(desk.app.activity.running().now().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_ended_keeps_its_end() {
    let desk = Desk::new(CANCEL);
    desk.post("k").await;
    desk.says("forty-two");
    desk.end(&ticket("k")).await;
    assert_eq!(text(&desk.cancel(&ticket("k"), "c").await), "forty-two");
    refused(&desk.cancel(&ticket("nobody's"), "d").await, Problem::TicketUnknown);
}

/// The control: where nothing was said of it, nothing is cancelled.
#[tokio::test(start_paused = true)]
async fn without_its_routes_leave_no_call_is_cancelled() {
    let desk = Desk::new(ASYNC);
    desk.post("k").await;
    desk.asked(1).await;
    refused(&desk.cancel(&ticket("k"), "c").await, Problem::NoRoute);
    desk.says("forty-two");
    assert_eq!(text(&desk.end(&ticket("k")).await), "forty-two");
}

/// A caller's change of mind is nothing that the upstream has done.
#[tokio::test(start_paused = true)]
async fn cancelling_opens_no_breaker() {
    let desk = Desk::new(&format!(r#"{CANCEL}, "breaker": {{"failures": 1, "cooldown": "1h"}}"#));
    desk.post("k").await;
    desk.asked(1).await;
    desk.cancel(&ticket("k"), "c").await;
    assert_eq!(desk.post("l").await.status(), StatusCode::ACCEPTED);
    desk.asked(2).await;
    desk.says("broken");
    desk.end(&ticket("l")).await;
    refused(&desk.post("m").await, Problem::BreakerOpen);
}

/// Two gateways on one ledger: the call runs in one, and the other is asked.
#[tokio::test(start_paused = true)]
async fn a_call_that_runs_in_another_gateway_ends_within_two_looks() {
    let config = format!(r#"{{"/llm": {{"upstream": "https://llm.example"{CANCEL}}}}}"#);
    let shared = Memory::new(ROOM);
    let (here, there) = (Desk::of(&config, shared.clone()), Desk::of(&config, shared));
    here.post("k").await;
    here.asked(1).await;
    let started = Instant::now();
    let cancelled = there.cancel(&ticket("k"), "c").await;
    refused(&cancelled, Problem::Cancelled);
    assert!(started.elapsed() <= 2 * crate::limits::CANCEL_LOOK, "{:?}", started.elapsed());
    assert_eq!(here.poll(&ticket("k"), "p").await, cancelled);
    assert_eq!((here.hits(), there.hits(), *here.upstream.left.borrow()), (1, 0, 1));
}

/// A gateway that does not look, since its configuration does not allow it, is not waited for for ever.
#[tokio::test(start_paused = true)]
async fn who_cannot_cancel_a_call_is_told_that_it_runs() {
    let config = |members: &str| format!(r#"{{"/llm": {{"upstream": "https://llm.example"{members}}}}}"#);
    let shared = Memory::new(ROOM);
    let (here, there) = (Desk::of(&config(ASYNC), shared.clone()), Desk::of(&config(CANCEL), shared));
    let given = here.post("k").await;
    here.asked(1).await;
    let started = Instant::now();
    assert_eq!(there.cancel(&ticket("k"), "c").await, given);
    assert!(started.elapsed() <= crate::limits::CANCEL_TIMEOUT);
}
