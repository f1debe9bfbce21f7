//! Who asks when: replicas that come late, polls that straddle the end of a call, and answers that nobody can read.

use outcall_tests::{gateway::Gateway, upstream::Reply};

use super::*;
use crate::stage::refused;

#[tokio::test]
async fn replicas_that_come_when_the_answer_is_there_get_the_ticket_of_the_others() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let gateway = Gateway::start(&config(&upstream, "", "")).await;
    let replica = Replica::new(gateway.addr());
    let mut given = Vec::new();
    for _ in 0..6 {
        given.push(replica.send(&prompt("k")).await.unwrap());
    }
    gate.reached().await;
    gate.release();
    let answer = end(gateway.addr(), "k").await;
    for _ in 6..REPLICAS {
        given.push(replica.send(&prompt("k")).await.unwrap());
    }
    is_ticket(agreed(&given), "k");
    assert_eq!(asked(gateway.addr(), &poll("k", "p")).await, answer);
    assert_eq!((answer.status, upstream.finish().await.len()), (200, 1));
}

/// The control: two keys are two calls.
#[tokio::test]
async fn two_keys_are_two_calls_with_tickets_of_their_own() {
    let gate = Gate::open();
    let upstream = thinking(&gate).await;
    let gateway = Gateway::start(&config(&upstream, "", "")).await;
    let mut ends = Vec::new();
    for key in ["a", "b"] {
        is_ticket(&asked(gateway.addr(), &prompt(key)).await, key);
        ends.push(end(gateway.addr(), key).await);
    }
    assert_ne!(ends[0], ends[1]);
    assert_eq!(upstream.finish().await.len(), 2);
}

/// Six replicas of a poll ask while the call runs, and seven when it has ended: its own key decides.
#[tokio::test]
async fn a_poll_that_straddles_the_end_of_the_call_is_one_answer() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let gateway = Gateway::start(&config(&upstream, "", "")).await;
    let given = asked(gateway.addr(), &prompt("k")).await;
    gate.reached().await;
    let mut polled = Subnet::new(gateway.addr(), 6).burst(&poll("k", "straddling")).await;
    gate.release();
    let answer = end(gateway.addr(), "k").await;
    polled.extend(Subnet::new(gateway.addr(), 7).burst(&poll("k", "straddling")).await);
    assert_eq!(*agreed(&polled), given, "a poll says what the POST said");
    assert_eq!(asked(gateway.addr(), &poll("k", "the-next")).await, answer);
}

#[tokio::test]
async fn an_answer_over_the_cap_is_the_same_failure_for_every_poll() {
    let large = Act::Answer(Reply::json(&format!("{:?}", "x".repeat(1_000))));
    let upstream = Upstream::start(Script::steps([large])).await;
    let gateway = Gateway::start(&config(&upstream, r#", "response": {"max_bytes": 900}"#, "")).await;
    is_ticket(&asked(gateway.addr(), &prompt("k")).await, "k");
    let answer = end(gateway.addr(), "k").await;
    refused(&answer, 502, "answer-too-large", "yes");
    for again in ["1", "2"] {
        assert_eq!(asked(gateway.addr(), &poll("k", again)).await, answer);
    }
    is_ticket(&asked(gateway.addr(), &prompt("k")).await, "k");
    upstream.finish().await;
}

#[tokio::test]
async fn nothing_below_the_tickets_goes_upstream() {
    let upstream = Upstream::start(Script::steps([])).await;
    let gateway = Gateway::start(&config(&upstream, "", "")).await;
    let replica = Replica::new(gateway.addr());
    refused(&asked(gateway.addr(), &poll("never", "p")).await, 404, "ticket-unknown", "unknown");
    let without_key = Outcall::get(&ticket("k").location("/llm"));
    refused(&replica.send(&without_key).await.unwrap(), 400, "key-missing", "no");
    let cancel = Outcall::post(&ticket("k").cancel_location("/llm")).key("c");
    refused(&replica.send(&cancel).await.unwrap(), 404, "no-route", "unknown");
    for path in ["/llm/ticket", "/llm/ticket/7", "/llm/ticket/%37"] {
        let answer = replica.send(&Outcall::get(path).key("q")).await.unwrap();
        refused(&answer, 404, "ticket-unknown", "unknown");
    }
    upstream.finish().await;
}
