//! What those who wait here are told of a claim elsewhere.

use super::*;
use crate::ledger::{
    Repeat, Timestamp,
    conformance::parts::{ask, settlement},
};

/// What one who follows a claim elsewhere is told when a record of `recorded` is found in its place.
async fn told(recorded: &'static str) -> Ending {
    let locals = Arc::new(Locals::default());
    let mine = ask("key", "mine", Repeat::Never);
    let Found::Nothing(place) = locals.find(&mine) else { panic!("the key is known") };
    let (waiter, seat) = place.open(mine.as_new(), None);
    let recorded = ask("key", recorded, Repeat::Never).as_new();
    let record = recorded.settled(settlement("answer"), Timestamp::from_millis(0));
    locals.end(mine.id, &seat, Ending::Settled(Arc::new(record)));
    waiter.ending().await
}

/// The first claim was undone, since its client had left, and another request claimed the key: nobody here has heard of it.
#[tokio::test]
async fn who_follows_a_claim_elsewhere_never_gets_the_answer_to_another_request() {
    assert!(matches!(told("another's").await, Ending::Lost));
}

/// The control.
#[tokio::test]
async fn who_follows_a_claim_elsewhere_gets_the_answer_to_his_request() {
    assert!(matches!(told("mine").await, Ending::Settled(_)));
}
