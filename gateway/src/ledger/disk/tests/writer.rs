//! A writer that is gone: a defect of ours, after which nobody waits for ever, and nothing is sent.

use super::*;
use crate::ledger::{
    Repeat,
    conformance::parts::{
        PATIENT, ask, claim, lead, led, replay, settle, settled, settlement, text, unknown,
    },
};

const ROOM: u64 = 1 << 20;

fn payment(key: &str) -> Ask {
    ask(key, "5 ICP", Repeat::Never)
}

#[tokio::test]
async fn without_a_writer_nothing_is_led_and_what_was_sent_is_unknown() {
    let bench = DiskBench::open(ROOM).await;
    settle(&bench, &payment("known"), "known").await;
    let (mut sent, waiter) = led(&bench, &payment("sent")).await;
    sent.begin().await.unwrap();

    bench.faults.panics.store(true, Ordering::Relaxed);
    sent.settle(settlement("sent"), PATIENT).await;
    assert_eq!(settled(waiter).await.settlement.answer, unknown());
    let (mut new, _waiter) = lead(claim(&bench, &payment("new")).await);
    assert_eq!(new.begin().await, Err(Unavailable::Unreachable));
    assert_eq!(text(&replay(claim(&bench, &payment("known")).await)), "known");

    // The next process knows what this one has sent.
    let bench = bench.crash().await;
    let again = replay(claim(&bench, &payment("sent")).await);
    assert_eq!(again.settlement.answer, unknown());
    led(&bench, &payment("new")).await;
}
