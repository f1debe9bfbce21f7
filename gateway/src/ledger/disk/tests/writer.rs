//! What becomes of what the writer was given: when it is gone, after a defect of ours, and when it could not write for long.

use super::*;
use crate::ledger::{
    Repeat,
    conformance::parts::{
        LIFE, NONE, PATIENT, ask, claim, lead, led, replay, settle, settled, settlement, text, unknown,
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

/// The first record has expired when both are written, and its end is not the end of the second.
#[tokio::test]
async fn a_disk_that_could_not_be_written_for_longer_than_a_record_lives_keeps_the_next_one() {
    let bench = DiskBench::open(ROOM).await;
    let (first, _) = led(&bench, &payment("key")).await;
    let (second, _) = led(&bench, &payment("other")).await;
    bench.fail(Failing::Lost);
    first.settle(settlement("never written"), NONE).await;
    second.settle(settlement("never written"), NONE).await;
    bench.pass(LIFE).await;
    let (third, _) = lead(claim(&bench, &payment("key")).await);
    third.settle(settlement("never written"), NONE).await;
    bench.heal().await;
    while bench.disk.make_room().await {}
    assert_eq!(bench.disk.occupancy().keys, 1);
    let bench = bench.crash().await;
    assert_eq!(replay(claim(&bench, &payment("key")).await).settlement.answer, unknown());
    // The control: what nobody claimed again is forgotten.
    lead(claim(&bench, &payment("other")).await);
}
