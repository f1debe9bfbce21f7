//! Receipts: the ticket's is the POST's, a poll's own is the poll's, and the result's is the POST's again, whoever polls.

use outcall_tests::gateway::Gateway;

use super::*;
use crate::{
    receipts::{signing, verified},
    stage::refused,
};

#[tokio::test]
async fn each_answer_has_the_receipt_of_the_request_that_it_answers() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let settings = format!(", {}", signing("now"));
    let gateway = Gateway::start(&config(&upstream, "", &settings)).await;
    let holds = |outcall: &Outcall, answer: &Answer| verified(&["now"], outcall, answer).is_ok();
    let (post, poll) = (prompt("k"), |key: &str| poll("k", key));

    let given = asked(gateway.addr(), &post).await;
    is_ticket(&given, "k");
    assert!(holds(&post, &given), "{given:?}");
    let receipt = verified(&["now"], &post, &given).unwrap();
    assert!(receipt.signed.iter().any(|name| name == "location"), "{:?}", receipt.signed);

    gate.reached().await;
    let running = asked(gateway.addr(), &poll("1")).await;
    is_ticket(&running, "k");
    assert!(holds(&poll("1"), &running) && !holds(&poll("2"), &running) && !holds(&post, &running));

    gate.release();
    let answer = end(gateway.addr(), "k").await;
    let polled = asked(gateway.addr(), &poll("2")).await;
    assert_eq!(polled, answer);
    assert!(holds(&post, &answer) && !holds(&poll("2"), &answer), "{answer:?}");
}

#[tokio::test]
async fn failures_and_unknown_tickets_are_signed_too() {
    let upstream = Upstream::start(Script::steps([Act::CloseAfterReading])).await;
    let settings = format!(", {}", signing("now"));
    let gateway = Gateway::start(&config(&upstream, "", &settings)).await;
    asked(gateway.addr(), &prompt("k")).await;
    let failed = end(gateway.addr(), "k").await;
    refused(&failed, 502, "outcome-unknown", "unknown");
    assert!(verified(&["now"], &prompt("k"), &failed).is_ok());
    let nobodys = poll("never", "p");
    let unknown = asked(gateway.addr(), &nobodys).await;
    refused(&unknown, 404, "ticket-unknown", "unknown");
    assert!(verified(&["now"], &nobodys, &unknown).is_ok());
    upstream.finish().await;
}
