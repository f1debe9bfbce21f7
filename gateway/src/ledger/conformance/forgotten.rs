//! What operators may have forgotten, and what not.

#![expect(missing_docs, reason = "the names of the tests are their sentences")]

use super::{
    Bench, Failing, ROOM,
    parts::{LIFE, NONE, ask, claim, follow, lead, led, name, replay, settle, settled, settlement, text},
};
use crate::ledger::{Ask, Repeat, Standing, Unavailable};

async fn look(bench: &impl Bench, ask: &Ask) -> Standing {
    bench.quiet().await;
    bench.ledger().look(&ask.id).await.unwrap_or_else(|why| panic!("cannot be looked at: {why}"))
}

async fn forget(bench: &impl Bench, ask: &Ask) -> Standing {
    bench.quiet().await;
    bench.ledger().forget(&ask.id).await.unwrap_or_else(|why| panic!("cannot be forgotten: {why}"))
}

pub async fn what_is_settled_can_be_forgotten_and_then_the_key_is_free(bench: impl Bench) {
    for repeat in [Repeat::Never, Repeat::Always, Repeat::SameConfiguration] {
        let first = ask("key", "request", repeat);
        settle(&bench, &first, "one").await;
        let record = replay(claim(&bench, &first).await);
        assert_eq!(look(&bench, &first).await, Standing::Settled(record.clone()), "{repeat:?}");
        assert_eq!(forget(&bench, &first).await, Standing::Settled(record), "{repeat:?}");
        assert_eq!(look(&bench, &first).await, Standing::Absent, "{repeat:?}");
        // By whatever request, and as if there had been none.
        let second = ask("key", "another", repeat);
        let (mut lead, waiter) = lead(claim(&bench, &second).await);
        assert!(!lead.is_again(), "{repeat:?}");
        assert_eq!(lead.begin().await, Ok(()));
        lead.settle(settlement("two"), NONE).await;
        assert_eq!(text(&settled(waiter).await), "two");
        assert_eq!(text(&replay(claim(&bench, &second).await)), "two", "{repeat:?}");
        bench.pass(LIFE).await;
        assert_eq!(name(&claim(&bench, &second).await), "lead", "the second has an end of its own");
    }
}

pub async fn what_is_in_flight_or_lost_is_not_forgotten(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Always);
    assert_eq!([look(&bench, &ask).await, forget(&bench, &ask).await], [Standing::Absent, Standing::Absent]);
    let (leading, waiter) = led(&bench, &ask).await;
    assert_eq!(
        [look(&bench, &ask).await, forget(&bench, &ask).await],
        [Standing::InFlight, Standing::InFlight]
    );
    let follower = follow(claim(&bench, &ask).await);
    drop(leading);
    drop((waiter, follower));
    assert_eq!([look(&bench, &ask).await, forget(&bench, &ask).await], [Standing::Lost, Standing::Lost]);
    let (again, _waiter) = lead(claim(&bench, &ask).await);
    assert!(again.is_again(), "it is known that it was lost");
    again.settle(settlement("the answer"), NONE).await;
    assert_eq!(text(&replay(claim(&bench, &ask).await)), "the answer");
}

pub async fn what_has_expired_is_not_there_to_be_forgotten(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    settle(&bench, &ask, "the answer").await;
    bench.pass(LIFE).await;
    assert_eq!([look(&bench, &ask).await, forget(&bench, &ask).await], [Standing::Absent, Standing::Absent]);
}

pub async fn what_is_forgotten_gives_back_its_room(bench: impl Bench) {
    let before = bench.ledger().occupancy();
    let large = "x".repeat(super::parts::ANSWER_BYTES - 100);
    let asks: Vec<Ask> =
        (0..4).map(|number| ask(&format!("key {number}"), "request", Repeat::Never)).collect();
    for ask in &asks {
        settle(&bench, ask, &large).await;
    }
    let more = ask("one more", "request", Repeat::Never);
    bench.quiet().await;
    assert_eq!(
        bench.ledger().claim(&more).await.err(),
        Some(Unavailable::Full),
        "the control: {ROOM} are taken"
    );
    forget(&bench, &asks[0]).await;
    let full = bench.ledger().occupancy();
    assert_eq!(full.keys, before.keys + 3);
    assert_eq!(name(&claim(&bench, &more).await), "lead");
    for ask in &asks[1..] {
        forget(&bench, ask).await;
    }
    assert_eq!(look(&bench, &more).await, Standing::Absent, "a lead that was dropped undoes itself");
    assert_eq!(bench.ledger().occupancy(), before);
}

pub async fn what_is_forgotten_stays_forgotten_after_a_crash(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    settle(&bench, &ask, "one").await;
    let before = bench.ledger().occupancy();
    forget(&bench, &ask).await;
    let bench = bench.crash().await;
    assert_eq!(look(&bench, &ask).await, Standing::Absent);
    settle(&bench, &ask, "two").await;
    assert_eq!(bench.ledger().occupancy(), before);
}

pub async fn what_cannot_be_written_is_not_forgotten(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    settle(&bench, &ask, "the answer").await;
    bench.fail(Failing::Lost);
    assert_eq!(bench.ledger().forget(&ask.id).await, Err(Unavailable::Unreachable));
    bench.heal().await;
    assert_eq!(text(&replay(claim(&bench, &ask).await)), "the answer");
}
