//! Who leads, who follows, who replays, in a store that nothing happens to.

#![expect(missing_docs, reason = "the names of the tests are their sentences")]

use std::sync::Arc;

use http::HeaderName;

use super::{
    Bench, ROOM,
    parts::{
        ANSWER_BYTES, LIFE, NONE, Text, ask, claim, follow, known, lead, led, name, replay, settle, settled,
        settlement, terms, text, unknown,
    },
};
use crate::{
    ledger::{Ask, Ending, Repeat, Unavailable},
    limits,
};

pub async fn one_leads_the_others_follow_and_all_get_the_same_record(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    let (mut lead, first) = lead(claim(&bench, &ask).await);
    let mut waiters = vec![first];
    for place in 0..12 {
        if place == 6 {
            assert_eq!(lead.begin().await, Ok(()));
        }
        waiters.push(follow(claim(&bench, &ask).await));
    }
    let leader = async { lead.settle(settlement("the answer"), NONE).await };
    let (_, records) = tokio::join!(leader, futures_util::future::join_all(waiters.into_iter().map(settled)));
    assert_eq!(records.len(), 13);
    for record in &records {
        assert_eq!(text(record), "the answer");
        assert_eq!(record.settled, bench.ledger().now(), "time passed between the answer and its waiters");
    }
}

pub async fn a_record_is_replayed_until_it_expires_and_then_the_key_is_free<B: Bench>(bench: B) {
    let ask = ask("key", "request", Repeat::Never);
    let (first, _) = led(&bench, &ask).await;
    bench.pass(LIFE * 2).await;
    first.settle(settlement("one"), NONE).await;
    bench.pass(LIFE - B::TICK).await;
    assert_eq!(text(&replay(claim(&bench, &ask).await)), "one", "life counts from the settlement");
    bench.pass(B::TICK).await;
    let (second, waiter) = led(&bench, &ask).await;
    second.settle(settlement("two"), NONE).await;
    assert_eq!(text(&settled(waiter).await), "two");
}

pub async fn another_request_under_the_same_key_conflicts_in_every_state(bench: impl Bench) {
    let (one, other) =
        (ask("key", "one", Repeat::SameConfiguration), ask("key", "other", Repeat::SameConfiguration));
    let (mut first, _waiter) = lead(claim(&bench, &one).await);
    assert_eq!(name(&claim(&bench, &other).await), "conflict", "claimed");
    assert_eq!(first.begin().await, Ok(()));
    assert_eq!(name(&claim(&bench, &other).await), "conflict", "in flight");
    drop(first);
    assert_eq!(name(&claim(&bench, &other).await), "conflict", "lost");
    settle(&bench, &one, "one").await;
    assert_eq!(name(&claim(&bench, &other).await), "conflict", "settled");
    bench.pass(LIFE).await;
    assert_eq!(name(&claim(&bench, &other).await), "lead", "expired");
}

pub async fn a_lost_leader_of_an_unsafe_request_is_recorded_as_unknown_for_everybody<B: Bench>(bench: B) {
    let ask = ask("key", "request", Repeat::Never);
    let (lead_of_it, first) = led(&bench, &ask).await;
    let second = follow(claim(&bench, &ask).await);
    drop(lead_of_it);
    assert_eq!(settled(first).await.settlement.answer, unknown());
    assert_eq!(settled(second).await.settlement.answer, unknown());
    bench.pass(LIFE - B::TICK).await;
    assert_eq!(replay(claim(&bench, &ask).await).settlement.answer, unknown());
    bench.pass(B::TICK).await;
    assert_eq!(name(&claim(&bench, &ask).await), "lead");
}

pub async fn a_lost_leader_of_a_safe_request_is_replaced_by_one_of_those_who_ask(bench: impl Bench) {
    for repeat in [Repeat::Always, Repeat::SameConfiguration] {
        let ask = ask(&format!("{repeat:?}"), "request", repeat);
        let (first, waiter) = led(&bench, &ask).await;
        let follower = follow(claim(&bench, &ask).await);
        assert!(!first.is_again());
        drop(first);
        for waiter in [waiter, follower] {
            assert!(matches!(waiter.ending().await, Ending::Lost));
        }
        let (second, waiter) = led(&bench, &ask).await;
        assert!(second.is_again(), "nobody knows that the first may have sent the request");
        let follower = follow(claim(&bench, &ask).await);
        second.settle(settlement("second try"), NONE).await;
        for waiter in [waiter, follower] {
            assert_eq!(text(&settled(waiter).await), "second try");
        }
    }
}

pub async fn an_idempotent_upstream_is_asked_again_only_under_the_configuration_of_the_claim<B: Bench>(
    bench: B,
) {
    let of_the_day = ask("key", "request", Repeat::SameConfiguration);
    let changed = Ask { terms: terms(Repeat::SameConfiguration, "changed"), ..of_the_day.clone() };
    drop(led(&bench, &of_the_day).await);
    drop(led(&bench, &of_the_day).await);
    bench.pass(LIFE - B::TICK).await;
    assert_eq!(known(claim(&bench, &changed).await).await.settlement.answer, unknown());
    assert_eq!(name(&claim(&bench, &of_the_day).await), "replay", "unknown is final");
}

pub async fn a_lead_that_is_dropped_before_it_began_leaves_the_key_as_it_was(bench: impl Bench) {
    for repeat in [Repeat::Never, Repeat::Always, Repeat::SameConfiguration] {
        let ask = ask(&format!("{repeat:?}"), "request", repeat);
        let (first, waiter) = lead(claim(&bench, &ask).await);
        let follower = follow(claim(&bench, &ask).await);
        drop(first);
        for waiter in [waiter, follower] {
            assert!(matches!(waiter.ending().await, Ending::Lost), "{repeat:?}: nothing was sent");
        }
        let (second, _) = led(&bench, &ask).await;
        assert!(!second.is_again(), "{repeat:?}");
        if repeat == Repeat::Never {
            continue;
        }
        drop(second);
        drop(lead(claim(&bench, &ask).await));
        let (third, _) = lead(claim(&bench, &ask).await);
        assert!(third.is_again(), "{repeat:?}: a leader before the one that did not begin was lost");
    }
}

pub async fn a_claim_that_is_refused_leaves_the_key_as_it_was_and_tells_everybody(bench: impl Bench) {
    for repeat in [Repeat::Never, Repeat::Always, Repeat::SameConfiguration] {
        let ask = ask(&format!("{repeat:?}"), "request", repeat);
        let (first, waiter) = lead(claim(&bench, &ask).await);
        let follower = follow(claim(&bench, &ask).await);
        first.refuse(Unavailable::Unreachable);
        for waiter in [waiter, follower] {
            assert!(matches!(waiter.ending().await, Ending::Refused(Unavailable::Unreachable)));
        }
        settle(&bench, &ask, "led once more").await;
    }
}

pub async fn a_refusal_is_recorded_without_having_begun(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    let (lead, waiter) = lead(claim(&bench, &ask).await);
    lead.settle(settlement("refused"), NONE).await;
    assert_eq!(text(&settled(waiter).await), "refused");
    assert_eq!(text(&replay(claim(&bench, &ask).await)), "refused");
}

pub async fn a_full_ledger_refuses_new_keys_and_forgets_no_live_one(bench: impl Bench) {
    let asks: Vec<Ask> = ["a", "b", "c", "d"].map(|key| ask(key, "request", Repeat::Never)).into();
    let mut leads = Vec::new();
    for ask in &asks {
        leads.push(led(&bench, ask).await);
    }
    let late = ask("late", "request", Repeat::Never);
    assert_eq!(bench.ledger().claim(&late).await.err(), Some(Unavailable::Full), "a claim without room");
    let full = "x".repeat(ANSWER_BYTES - 100);
    for (lead, _) in leads {
        lead.settle(settlement(&full), NONE).await;
    }
    assert_eq!(bench.ledger().claim(&late).await.err(), Some(Unavailable::Full), "records made room");
    for ask in &asks {
        assert_eq!(text(&replay(claim(&bench, ask).await)), full);
    }
    bench.pass(LIFE).await;
    assert_eq!(name(&claim(&bench, &late).await), "lead", "expired records still hold the room");
}

pub async fn a_settled_answer_gives_back_the_room_it_does_not_need(bench: impl Bench) {
    for key in 0..20 {
        settle(&bench, &ask(&key.to_string(), "request", Repeat::Never), "small").await;
    }
    let held = bench.ledger().occupancy();
    assert_eq!(held.keys, 20);
    assert!((1..ROOM).contains(&held.bytes), "{held:?}");
    bench.pass(LIFE).await;
    // Four claims fill the room: they fit only when nothing of it is held by what expired, was lost or was given up.
    for round in 0..4 {
        let mut leads = Vec::new();
        for key in 0..4 {
            let ask = ask(&format!("{round} {key}"), "request", Repeat::Always);
            let (mut lead, waiter) = lead(claim(&bench, &ask).await);
            if round % 2 == 0 {
                assert_eq!(lead.begin().await, Ok(()));
            }
            leads.push((lead, waiter));
        }
    }
}

pub async fn waiters_are_bounded_and_one_that_leaves_makes_room(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    let (_lead, _first) = led(&bench, &ask).await;
    let mut waiters = Vec::new();
    for _ in 0..limits::WAITERS_PER_KEY {
        waiters.push(follow(claim(&bench, &ask).await));
    }
    assert_eq!(name(&claim(&bench, &ask).await), "crowded");
    waiters.pop();
    assert_eq!(name(&claim(&bench, &ask).await), "follow");
}

pub async fn a_record_is_compared_by_the_headers_it_was_fingerprinted_with(bench: impl Bench) {
    let before = ask("key", "request", Repeat::Never);
    settle(&bench, &before, "answer").await;
    let names: Arc<[HeaderName]> = Arc::new([http::header::ACCEPT, http::header::AUTHORIZATION]);
    let after = Ask { request: Arc::new(Text { content: "request", names }), ..before };
    assert_eq!(text(&replay(claim(&bench, &after).await)), "answer");
}
