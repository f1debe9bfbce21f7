//! Polls: each has a key of its own, and what it saw is what all its replicas see.

use super::*;
use crate::limits;

#[tokio::test(start_paused = true)]
async fn a_poll_says_what_the_post_said_until_there_is_an_end() {
    let desk = Desk::new(r#", "respond_async": {"poll": "20s"}"#);
    let given = desk.post("k").await;
    let polled = desk.poll(&ticket("k"), "p").await;
    assert_eq!(polled, given);
    assert!(text(&polled).ends_with(r#""retry_after":20}"#));
}

/// The upstream answers between the first and the last replica of one poll.
#[tokio::test(start_paused = true)]
async fn the_replicas_of_one_poll_see_the_same_though_the_call_ends_between_them() {
    let desk = Desk::new(ASYNC);
    desk.post("k").await;
    desk.asked(1).await;
    let location = ticket("k").location("/llm");
    let early = desk.send(Method::GET, &location, "straddling", "").await;
    desk.says("forty-two");
    assert_eq!(text(&desk.end(&ticket("k")).await), "forty-two");
    assert_eq!(desk.poll(&ticket("k"), "straddling").await, early);
    assert_eq!(early.status(), StatusCode::ACCEPTED);
    assert_eq!(text(&desk.poll(&ticket("k"), "the-next").await), "forty-two");
}

/// What a poll saw is forgotten after two minutes; then its key is a new one.
#[tokio::test(start_paused = true)]
async fn what_a_poll_saw_is_kept_for_its_own_replicas_and_no_longer() {
    let desk = Desk::new(ASYNC);
    desk.post("k").await;
    desk.asked(1).await;
    let early = desk.poll(&ticket("k"), "p").await;
    desk.says("forty-two");
    desk.end(&ticket("k")).await;
    assert_eq!(desk.poll(&ticket("k"), "p").await, early);
    sleep(limits::POLL_TTL).await;
    assert_eq!(text(&desk.poll(&ticket("k"), "p").await), "forty-two");
}

#[tokio::test(start_paused = true)]
async fn a_result_that_has_expired_is_gone_and_then_its_ticket_is_unknown() {
    let desk = Desk::new(r#", "respond_async": true, "ttl": "2h", "timeout": "1m""#);
    desk.post("k").await;
    desk.asked(1).await;
    desk.says("forty-two");
    assert_eq!(text(&desk.end(&ticket("k")).await), "forty-two");
    sleep(119 * MINUTE).await;
    assert_eq!(text(&desk.poll(&ticket("k"), "late").await), "forty-two");
    sleep(MINUTE).await;
    refused(&desk.poll(&ticket("k"), "too-late").await, Problem::TicketExpired);
    sleep(3 * MINUTE).await;
    refused(&desk.poll(&ticket("k"), "much-too-late").await, Problem::TicketUnknown);
    assert_eq!(desk.hits(), 1);
    assert_eq!(desk.post("k").await.status(), StatusCode::ACCEPTED, "the key is free");
    desk.asked(2).await;
}

#[tokio::test(start_paused = true)]
async fn failures_are_the_end_of_a_call_too() {
    let desk = Desk::new(ASYNC);
    desk.post("k").await;
    desk.asked(1).await;
    desk.says("broken");
    refused(&desk.end(&ticket("k")).await, Problem::OutcomeUnknown);
    assert_eq!(desk.hits(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_poll_is_refused_and_never_goes_upstream() {
    let desk = Desk::new(ASYNC);
    let location = ticket("k").location("/llm");
    refused(&desk.poll(&ticket("k"), "p").await, Problem::TicketUnknown);
    refused(&desk.send(Method::GET, &location, "", "").await, Problem::KeyMissing);
    for path in ["/llm/ticket", "/llm/ticket/", "/llm/ticket/7", &format!("{location}/x")] {
        refused(&desk.send(Method::GET, path, "q", "").await, Problem::TicketUnknown);
    }
    for method in [Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let answer = desk.send(method.clone(), &location, "r", "").await;
        assert_eq!(answer.problem(), Some(Problem::MethodNotAllowed), "{method}");
        let allow = answer.headers().find(|(name, _)| *name == "allow").unwrap().1;
        assert_eq!(allow, b"GET");
    }
    let get = desk.send(Method::GET, "/llm", "s", "").await;
    assert_eq!(get.problem(), Some(Problem::MethodNotAllowed), "the route's own path");
    assert_eq!(desk.hits(), 0);
}

/// The control: on an ordinary route the same paths are the upstream's.
#[tokio::test(start_paused = true)]
async fn without_respond_async_what_looks_like_a_ticket_is_the_upstreams() {
    let desk = Desk::new("");
    desk.says("theirs");
    assert_eq!(text(&desk.poll(&ticket("k"), "p").await), "theirs");
    assert_eq!(desk.hits(), 1);
}

/// `alice` and `bob` may both use the route.
fn for_two() -> Desk {
    let hash = |token: &str| outcall_protocol::digest::plain(token.as_bytes());
    let config = format!(
        r#"{{"/llm": {{"upstream": "https://llm.example", "respond_async": true, "timeout": "1m", "allow": ["alice", "bob"]}},
            "callers": {{"alice": {{"tokens_sha256": ["{}"]}}, "bob": {{"tokens_sha256": ["{}"]}}}}}}"#,
        hash("of-alice"),
        hash("of-bob"),
    );
    Desk::of(&config, Memory::new(ROOM))
}

#[tokio::test(start_paused = true)]
async fn nobody_sees_anything_of_another_callers_ticket() {
    let desk = for_two();
    let given = desk.bearing("of-alice", Method::POST, "/llm", "k", "").await;
    assert_eq!(given.status(), StatusCode::ACCEPTED);
    desk.asked(1).await;
    let location = ticket_of("alice", "k").location("/llm");
    let polled = async |token: &str, key: &str| desk.bearing(token, Method::GET, &location, key, "").await;
    assert_eq!(polled("of-alice", "1").await, given);
    refused(&polled("of-bob", "1").await, Problem::TicketUnknown);
    desk.says("forty-two");
    sleep(MINUTE).await;
    assert_eq!(text(&polled("of-alice", "2").await), "forty-two");
    refused(&polled("of-bob", "2").await, Problem::TicketUnknown);
    sleep(limits::TTL_DEFAULT).await;
    refused(&polled("of-alice", "3").await, Problem::TicketExpired);
    refused(&polled("of-bob", "3").await, Problem::TicketUnknown);
    refused(&polled("of-mallory", "3").await, Problem::TokenInvalid);
}

/// Where nobody is known by name, a ticket's own record says that it was given out: to whoever may ask on its route.
#[tokio::test(start_paused = true)]
async fn on_another_route_nobody_learns_that_a_ticket_was_given_out() {
    let config = format!(
        r#"{{"/shop": {{"upstream": "https://llm.example", "respond_async": true, "timeout": "1m", "allow": ["alice"]}},
            "/llm": {{"upstream": "https://llm.example", "respond_async": true, "timeout": "1m"}},
            "callers": {{"alice": {{"tokens_sha256": ["{}"]}}}}}}"#,
        outcall_protocol::digest::plain(b"of-alice"),
    );
    let desk = Desk::of(&config, Memory::new(ROOM));
    desk.says("forty-two");
    let given = desk.bearing("of-alice", Method::POST, "/shop", "k", "").await;
    assert_eq!(given.status(), StatusCode::ACCEPTED);
    let key = Key::Given(IdempotencyKey::parse([b"k".as_slice()]).unwrap());
    let hers = Ticket::of(outcall_id("/shop", "alice", &key));
    refused(&desk.poll(&hers, "p").await, Problem::TicketUnknown);
    // The control: the same ticket, where it was given out, and one of the route's own that has expired.
    let location = hers.location("/shop");
    let asked = desk.bearing("of-alice", Method::GET, &location, "q", "").await;
    assert_eq!(text(&asked), "forty-two");
    desk.post("k").await;
    sleep(limits::TTL_DEFAULT + MINUTE / 2).await;
    refused(&desk.poll(&ticket("k"), "late").await, Problem::TicketExpired);
    refused(&desk.poll(&hers, "late-too").await, Problem::TicketUnknown);
}

/// A failure may be remembered for longer than an answer: then its ticket is, too.
#[tokio::test(start_paused = true)]
async fn a_ticket_outlives_a_failure_that_is_kept_for_longer_than_answers() {
    let desk = Desk::new(
        r#", "respond_async": true, "upstream_idempotent": true, "ttl": "2m", "error_ttl": "1h", "timeout": "1m""#,
    );
    desk.says("broken");
    let given = desk.post("k").await;
    refused(&desk.end(&ticket("k")).await, Problem::UpstreamFailed);
    let sent = desk.hits();
    sleep(58 * MINUTE).await;
    refused(&desk.poll(&ticket("k"), "late").await, Problem::UpstreamFailed);
    sleep(2 * MINUTE).await;
    refused(&desk.poll(&ticket("k"), "too-late").await, Problem::TicketExpired);
    assert_eq!(desk.post("k").await, given);
    assert_eq!(desk.hits(), sent);
}
