//! The ends of a question: each has a name of its own, whoever is believed.

use super::*;

/// How it ends.
async fn ended(signed: bool, end: End) -> String {
    let mut asking = if signed { Asking::signed(13).await } else { Asking::unsigned(13).await };
    let (number, _) = asking.ask().await;
    asking.gateway.ends(end);
    asking.passes(5).await;
    let answer = asking.answer(number).await;
    match answer.state {
        State::Posting => "posting".to_owned(),
        State::Running { .. } => format!("running: {}", hindered(&answer)),
        State::Answered { status, body } => format!("answered: {status} {body}"),
        State::Declined { status, body } => format!("declined: {status} {body}"),
        State::NotExecuted(cause) => format!("not executed: {}", cause.kind),
        State::Executed(cause) => format!("executed: {}", cause.kind),
        State::Unknown(cause) => format!("unknown: {}", cause.kind),
        State::Cancelled(cause) => format!("cancelled: {}", cause.kind),
        State::Expired(cause) => format!("expired: {}", cause.kind),
        State::Forgotten(cause) => format!("forgotten: {}", cause.kind),
        State::GivenUp(cause) => format!("given up: {}", cause.kind),
    }
}

#[tokio::test]
async fn every_end_is_told_apart() {
    let recorded = |status, kind, executed| End::Recorded(status, scripted::problem(kind, executed));
    let own = |status, body: &str| End::Recorded(status, body.to_owned());
    for (end, expected) in [
        (own(200, "Paris"), "answered: 200 Paris"),
        (own(202, "queued"), "answered: 202 queued"),
        (own(422, "too long"), "declined: 422 too long"),
        (own(500, "oops"), "executed: status"),
        (recorded(502, "outcome-unknown", "unknown"), "unknown: outcome-unknown"),
        (recorded(502, "cancelled", "unknown"), "cancelled: cancelled"),
        (recorded(502, "upstream-unreachable", "no"), "not executed: upstream-unreachable"),
        (recorded(502, "answer-too-large", "yes"), "executed: answer-too-large"),
        (End::Ticket(410, "ticket-expired"), "expired: ticket-expired"),
        (End::Ticket(404, "ticket-unknown"), "forgotten: ticket-unknown"),
        (End::Ticket(503, "draining"), "running: draining"),
    ] {
        for signed in [true, false] {
            assert_eq!(ended(signed, end.clone()).await, expected, "signed: {signed}");
        }
    }
}
