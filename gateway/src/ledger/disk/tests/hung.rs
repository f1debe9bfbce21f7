//! A disk that neither writes nor fails: nobody waits for it for ever.

use super::*;
use crate::ledger::{
    Repeat, Standing,
    conformance::{
        Bench,
        parts::{
            CLAIM_BYTES, NONE, ask, claim, follow, led, replay, settle, settled, settlement, text, unknown,
        },
    },
};

fn payment(key: &str) -> Ask {
    ask(key, "5 ICP", Repeat::Never)
}

/// Nobody waits for the clock, which goes on when there is nothing else to do.
async fn hung<T>(bench: &DiskBench, asking: impl Future<Output = T>) -> T {
    bench.faults.hang(true);
    tokio::time::pause();
    let said = asking.await;
    tokio::time::resume();
    said
}

#[tokio::test]
async fn an_answer_whose_write_hangs_is_unknown_for_now_and_stands_when_it_has_landed() {
    let bench = DiskBench::open(1 << 20).await;
    let (sent, waiter) = led(&bench, &payment("sent")).await;
    let follower = follow(claim(&bench, &payment("sent")).await);
    hung(&bench, sent.settle(settlement("landed"), NONE)).await;
    for waiter in [waiter, follower] {
        assert_eq!(settled(waiter).await.settlement.answer, unknown());
    }
    assert_eq!(replay(claim(&bench, &payment("sent")).await).settlement.answer, unknown());

    bench.faults.hang(false);
    settle(&bench, &payment("behind it"), "known").await;
    assert_eq!(text(&replay(claim(&bench, &payment("sent")).await)), "landed");
    let bench = bench.crash().await;
    assert_eq!(text(&replay(claim(&bench, &payment("sent")).await)), "landed");
}

#[tokio::test]
async fn an_answer_whose_write_hangs_and_fails_is_unknown_for_ever() {
    let bench = DiskBench::open(1 << 20).await;
    let (sent, waiter) = led(&bench, &payment("sent")).await;
    hung(&bench, sent.settle(settlement("lost"), NONE)).await;
    assert_eq!(settled(waiter).await.settlement.answer, unknown());

    bench.fail(Failing::Lost);
    bench.faults.hang(false);
    bench.write_failed().await;
    bench.heal().await;
    assert_eq!(replay(claim(&bench, &payment("sent")).await).settlement.answer, unknown());
    let bench = bench.crash().await;
    assert_eq!(replay(claim(&bench, &payment("sent")).await).settlement.answer, unknown());
}

#[tokio::test]
async fn a_key_that_finds_no_room_does_not_wait_for_it() {
    let bench = DiskBench::open(CLAIM_BYTES).await;
    let (sent, _waiter) = led(&bench, &payment("sent")).await;
    hung(&bench, sent.settle(settlement("in hand"), NONE)).await;
    // What it has taken is more than what is left for another.
    let another = hung(&bench, bench.ledger().claim(&payment("another"))).await;
    assert_eq!(another.err(), Some(Unavailable::Full));
    bench.faults.hang(false);
}

/// Whoever polls looks, and takes what he sees for the end: what is owed is none yet.
#[tokio::test]
async fn whoever_looks_is_shown_no_end_that_may_still_become_another() {
    let bench = DiskBench::open(1 << 20).await;
    let (sent, waiter) = led(&bench, &payment("sent")).await;
    hung(&bench, sent.settle(settlement("landed"), NONE)).await;
    assert_eq!(settled(waiter).await.settlement.answer, unknown());
    let look = async || bench.ledger().look(&payment("sent").id).await;
    assert_eq!(look().await, Ok(Standing::InFlight));

    bench.faults.hang(false);
    settle(&bench, &payment("behind it"), "known").await;
    let Ok(Standing::Settled(record)) = look().await else { panic!("it has no end") };
    assert_eq!(text(&record), "landed");
}
