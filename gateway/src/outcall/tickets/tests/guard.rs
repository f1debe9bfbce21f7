//! What at-most-once hangs on: the result's key, whatever becomes of the ticket.

use super::*;
use crate::ledger::Standing;

#[tokio::test(start_paused = true)]
async fn a_ticket_that_was_forgotten_is_given_out_again_and_nothing_is_sent() {
    for members in [ASYNC, r#", "respond_async": true, "upstream_idempotent": true"#] {
        let desk = Desk::new(members);
        let given = desk.post("k").await;
        desk.asked(1).await;
        desk.app.ledger.forget(ticket("k").outcall()).await.unwrap();
        assert_eq!(desk.post("k").await, given, "while it runs");
        desk.says("forty-two");
        assert_eq!(text(&desk.end(&ticket("k")).await), "forty-two");
        desk.app.ledger.forget(ticket("k").outcall()).await.unwrap();
        assert_eq!(desk.post("k").await, given, "when it has ended");
        assert_eq!(text(&desk.end(&ticket("k")).await), "forty-two");
        assert_eq!(desk.hits(), 1, "{members}");
    }
}

/// Nobody may be told that nothing was executed, when it was.
#[tokio::test(start_paused = true)]
async fn what_would_refuse_a_new_call_does_not_refuse_one_that_runs() {
    let desk = Desk::new(r#", "respond_async": {"running": 1}, "rate": {"per_second": 0.001, "burst": 1}"#);
    let given = desk.post("k").await;
    desk.asked(1).await;
    refused(&desk.post("another").await, Problem::UpstreamBusy);
    desk.app.ledger.forget(ticket("k").outcall()).await.unwrap();
    assert_eq!(desk.post("k").await, given);
}

#[tokio::test(start_paused = true)]
async fn under_a_forgotten_ticket_another_request_finds_the_key_taken() {
    let desk = Desk::new(ASYNC);
    desk.post("k").await;
    desk.asked(1).await;
    desk.app.ledger.forget(ticket("k").outcall()).await.unwrap();
    refused(&desk.send(Method::POST, "/llm", "k", "another prompt").await, Problem::KeyReused);
    assert_eq!(desk.hits(), 1);
}

/// The control: with both records forgotten the key is a new one, and that is what forgetting means.
#[tokio::test(start_paused = true)]
async fn with_both_keys_forgotten_the_call_is_made_again() {
    let desk = Desk::new(ASYNC);
    desk.post("k").await;
    desk.says("forty-two");
    desk.end(&ticket("k")).await;
    for id in [*ticket("k").outcall(), ticket("k").result_id("")] {
        assert!(matches!(desk.app.ledger.forget(&id).await, Ok(Standing::Settled(_))));
    }
    desk.post("k").await;
    desk.asked(2).await;
}
