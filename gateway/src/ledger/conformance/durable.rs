//! What a store keeps of its promises when its process dies, and when its writes fail.

#![expect(missing_docs, reason = "the names of the tests are their sentences")]

use super::{
    Bench, Failing,
    parts::{
        LIFE, NONE, PATIENT, ask, claim, follow, known, lead, led, name, replay, settle, settled, settlement,
        terms, text, unknown,
    },
};
use crate::ledger::{Ask, Ending, Repeat, Unavailable};

pub async fn a_record_is_the_same_after_a_crash_and_expires_at_its_time(bench: impl Bench) {
    for repeat in [Repeat::Never, Repeat::Always, Repeat::SameConfiguration] {
        settle(&bench, &ask(&format!("{repeat:?}"), "request", repeat), "the answer").await;
    }
    let mut bench = bench;
    for repeat in [Repeat::Never, Repeat::Always, Repeat::SameConfiguration] {
        let ask = ask(&format!("{repeat:?}"), "request", repeat);
        let before = replay(claim(&bench, &ask).await);
        bench = bench.crash().await;
        assert_eq!(replay(claim(&bench, &ask).await), before, "{repeat:?}");
    }
    bench.pass(LIFE).await;
    assert_eq!(name(&claim(&bench, &ask("Never", "request", Repeat::Never)).await), "lead");
}

pub async fn an_unfinished_unsafe_claim_is_unknown_after_a_crash_from_its_detection<B: Bench>(bench: B) {
    let ask = ask("key", "request", Repeat::Never);
    let _lead = led(&bench, &ask).await;
    bench.pass(LIFE * 2).await;
    let bench = bench.crash().await;
    assert_eq!(replay(claim(&bench, &ask).await).settlement.answer, unknown());
    bench.pass(LIFE - B::TICK).await;
    let bench = bench.crash().await;
    assert_eq!(replay(claim(&bench, &ask).await).settlement, terms(Repeat::Never, "").lost.settlement());
    bench.pass(B::TICK).await;
    assert_eq!(name(&claim(&bench, &ask).await), "lead");
}

pub async fn an_unfinished_safe_claim_vanishes_in_a_crash(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Always);
    let _lead = led(&bench, &ask).await;
    let bench = bench.crash().await;
    settle(&bench, &ask, "another's").await;
}

pub async fn a_claim_that_had_not_begun_vanishes_in_a_crash<B: Bench>(bench: B) {
    let ask = ask("key", "request", Repeat::Never);
    let _lead = lead(claim(&bench, &ask).await);
    let bench = bench.crash().await;
    if B::CLAIMS_AT_ONCE {
        // Nobody but the dead can say that nothing was sent.
        return assert_eq!(replay(claim(&bench, &ask).await).settlement.answer, unknown());
    }
    let (second, _) = lead(claim(&bench, &ask).await);
    assert!(!second.is_again());
}

pub async fn an_unfinished_idempotent_claim_is_led_again_after_a_crash_under_its_configuration_only(
    bench: impl Bench,
) {
    let of_the_day = ask("key", "request", Repeat::SameConfiguration);
    let changed = Ask { terms: terms(Repeat::SameConfiguration, "changed"), ..of_the_day.clone() };
    let _lead = led(&bench, &of_the_day).await;
    let bench = bench.crash().await;
    let (again, _) = led(&bench, &of_the_day).await;
    assert!(again.is_again(), "the dead may have sent it");
    let bench = bench.crash().await;
    assert_eq!(known(claim(&bench, &changed).await).await.settlement.answer, unknown());
    let bench = bench.crash().await;
    assert_eq!(name(&claim(&bench, &of_the_day).await), "replay", "unknown is final");
}

pub async fn time_never_runs_backwards_over_a_crash(bench: impl Bench) {
    settle(&bench, &ask("key", "request", Repeat::Never), "dates the store").await;
    let before = bench.ledger().now();
    let bench = bench.crash().await;
    assert!(bench.ledger().now() >= before);
}

pub async fn the_room_that_records_take_is_taken_after_a_crash(bench: impl Bench) {
    for key in ["a", "b", "c"] {
        settle(&bench, &ask(key, "request", Repeat::Never), "the answer").await;
    }
    let before = bench.ledger().occupancy();
    let bench = bench.crash().await;
    assert_eq!(bench.ledger().occupancy(), before);
    bench.pass(LIFE).await;
    let mut leads = Vec::new();
    for key in ["d", "e", "f", "g"] {
        leads.push(led(&bench, &ask(key, "request", Repeat::Never)).await);
    }
}

pub async fn a_claim_whose_write_fails_leaves_nothing_behind(bench: impl Bench) {
    leaves_nothing_behind(bench, Failing::Lost).await;
}

pub async fn a_claim_whose_failed_write_landed_leaves_nothing_behind(bench: impl Bench) {
    leaves_nothing_behind(bench, Failing::Landed).await;
}

async fn leaves_nothing_behind<B: Bench>(bench: B, how: Failing) {
    let [refused, dropped] = ["refused", "dropped"].map(|key| ask(key, "request", Repeat::Never));
    bench.fail(how);
    if B::CLAIMS_AT_ONCE {
        for ask in [&refused, &dropped] {
            assert_eq!(bench.ledger().claim(ask).await.err(), Some(Unavailable::Unreachable));
        }
    } else {
        let (mut first, waiter) = lead(claim(&bench, &refused).await);
        let follower = follow(claim(&bench, &refused).await);
        assert_eq!(first.begin().await, Err(Unavailable::Unreachable));
        first.refuse(Unavailable::Unreachable);
        for waiter in [waiter, follower] {
            assert!(matches!(waiter.ending().await, Ending::Refused(Unavailable::Unreachable)));
        }
        let (mut second, _) = lead(claim(&bench, &dropped).await);
        assert_eq!(second.begin().await, Err(Unavailable::Unreachable));
        drop(second);
    }
    bench.heal().await;
    let bench = bench.crash().await;
    for ask in [refused, dropped] {
        settle(&bench, &ask, "led when it could be").await;
    }
}

pub async fn an_answer_that_cannot_be_written_in_time_is_unknown_for_everybody_and_for_ever(
    bench: impl Bench,
) {
    let ask = ask("key", "request", Repeat::Never);
    let (lead, waiter) = led(&bench, &ask).await;
    let follower = follow(claim(&bench, &ask).await);
    bench.fail(Failing::Lost);
    lead.settle(settlement("too late"), NONE).await;
    for waiter in [waiter, follower] {
        assert_eq!(settled(waiter).await.settlement.answer, unknown());
    }
    assert_eq!(replay(claim(&bench, &ask).await).settlement.answer, unknown());
    bench.heal().await;
    assert_eq!(replay(claim(&bench, &ask).await).settlement.answer, unknown());
    let bench = bench.crash().await;
    assert_eq!(replay(claim(&bench, &ask).await).settlement.answer, unknown());
}

pub async fn an_answer_that_landed_after_all_stands(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    let (lead, waiter) = led(&bench, &ask).await;
    bench.fail(Failing::Landed);
    lead.settle(settlement("landed"), NONE).await;
    assert_eq!(settled(waiter).await.settlement.answer, unknown(), "nobody could know");
    bench.heal().await;
    assert_eq!(text(&replay(claim(&bench, &ask).await)), "landed");
    let bench = bench.crash().await;
    assert_eq!(text(&replay(claim(&bench, &ask).await)), "landed");
}

pub async fn an_answer_is_written_when_the_store_returns_in_time(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    let (lead, waiter) = led(&bench, &ask).await;
    bench.fail(Failing::Lost);
    let returns = async {
        bench.write_failed().await;
        assert_eq!(name(&claim(&bench, &ask).await), "follow", "everybody waits meanwhile");
        bench.heal().await;
    };
    tokio::join!(lead.settle(settlement("in time"), PATIENT), returns);
    assert_eq!(text(&settled(waiter).await), "in time");
    let bench = bench.crash().await;
    assert_eq!(text(&replay(claim(&bench, &ask).await)), "in time");
}

pub async fn the_store_owns_an_answer_whose_leader_is_gone(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    let (lead, waiter) = led(&bench, &ask).await;
    bench.fail(Failing::Lost);
    tokio::select! {
        () = lead.settle(settlement("its last word"), PATIENT) => panic!("settled in a store that fails"),
        () = bench.write_failed() => {}
    }
    bench.heal().await;
    assert_eq!(text(&settled(waiter).await), "its last word");
}

pub async fn what_is_known_is_replayed_while_writes_fail<B: Bench>(bench: B) {
    let known = ask("known", "request", Repeat::Never);
    settle(&bench, &known, "the answer").await;
    let bench = bench.crash().await;
    bench.fail(Failing::Lost);
    let fresh = bench.ledger().claim(&ask("fresh", "request", Repeat::Never)).await;
    let begun = match fresh {
        Ok(fresh) if !B::CLAIMS_AT_ONCE => lead(fresh).0.begin().await,
        fresh => fresh.map(|_| ()),
    };
    assert_eq!(begun, Err(Unavailable::Unreachable));
    assert_eq!(text(&replay(claim(&bench, &known).await)), "the answer");
}
