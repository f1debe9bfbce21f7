//! What every store must do, written once.
//!
//! A store joins by implementing [`Bench`] and naming itself in `conformance!`; the tests below then run on it.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, Method, StatusCode};
use outcall_protocol::{
    digest::{Digest, Hasher},
    fingerprint::Fingerprint,
};

use super::{
    Ask, Claim, Ending, Fingerprinted, Lead, Ledger, Memory, Record, Repeat, Settlement, Terms, Waiter,
};
use crate::{answer::Answer, error::Problem, limits};

mod model;

/// A store under test, and how its time passes.
pub(super) trait Bench {
    fn open(room_bytes: u64) -> Self;
    fn ledger(&self) -> &dyn Ledger;
    fn pass(&self, time: Duration) -> impl Future<Output = ()>;
}

struct MemoryBench(Memory);

impl Bench for MemoryBench {
    fn open(room_bytes: u64) -> Self {
        Self(Memory::new(room_bytes))
    }
    fn ledger(&self) -> &dyn Ledger {
        &self.0
    }
    async fn pass(&self, time: Duration) {
        tokio::time::advance(time).await;
    }
}

/// The suite for one store.
macro_rules! conformance {
    ($store:ident: $bench:ty => $($test:ident)*) => {
        mod $store {
            use super::*;
            $(
                #[tokio::test(start_paused = true)]
                async fn $test() {
                    super::$test(<$bench>::open(ROOM)).await;
                }
            )*
        }
    };
}

conformance! { memory: MemoryBench =>
    one_leads_the_others_follow_and_all_get_the_same_record
    a_record_is_replayed_until_it_expires_and_then_the_key_is_free
    another_request_under_the_same_key_conflicts_in_every_state
    a_lost_leader_of_an_unsafe_request_is_recorded_as_unknown_for_everybody
    a_lost_leader_of_a_safe_request_is_replaced_by_one_of_those_who_ask
    an_idempotent_upstream_is_asked_again_only_under_the_configuration_of_the_claim
    a_full_ledger_refuses_new_keys_and_forgets_no_live_one
    a_settled_answer_gives_back_the_room_it_does_not_need
    waiters_are_bounded_and_one_that_leaves_makes_room
    a_record_is_compared_by_the_headers_it_was_fingerprinted_with
}

pub(super) const LIFE: Duration = Duration::from_secs(300);
const MILLI: Duration = Duration::from_millis(1);
const ANSWER_BYTES: usize = 10_000;
const CLAIM: u64 = ANSWER_BYTES as u64 + limits::RECORD_OVERHEAD_BYTES;
const ROOM: u64 = 4 * CLAIM;

/// A request whose whole content is a text; a second header name changes what is compared.
struct Text {
    content: &'static str,
    names: Arc<[HeaderName]>,
}

impl Fingerprinted for Text {
    fn names(&self) -> &Arc<[HeaderName]> {
        &self.names
    }
    fn fingerprint(&self, names: &Arc<[HeaderName]>) -> Fingerprint {
        let content = Hasher::new("test").part(self.content.as_bytes());
        let whole = names.iter().fold(content, |hasher, name| hasher.part(name.as_str().as_bytes()));
        Fingerprint::from_digest(whole.finish())
    }
}

pub(super) fn ask(key: &str, content: &'static str, repeat: Repeat) -> Ask {
    let request = Text { content, names: Arc::new([http::header::ACCEPT]) };
    Ask { id: digest(key), request: Arc::new(request), terms: terms(repeat, "of the day") }
}

fn terms(repeat: Repeat, configuration: &str) -> Terms {
    Terms {
        repeat,
        answer_bytes_max: ANSWER_BYTES,
        configuration: digest(configuration),
        lost: Settlement {
            answer: Problem::OutcomeUnknown.answer(&Method::POST),
            life: LIFE,
            upstream_status: None,
        },
    }
}

fn digest(text: &str) -> Digest {
    Hasher::new("test").part(text.as_bytes()).finish()
}

pub(super) fn settlement(body: &str) -> Settlement {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let answer = Answer::new(&Method::POST, StatusCode::OK, Vec::new(), body);
    Settlement { answer, life: LIFE, upstream_status: Some(200) }
}

async fn claim(bench: &impl Bench, ask: &Ask) -> Claim {
    bench.ledger().claim(ask).await.expect("the ledger has room")
}

pub(super) fn lead(claim: Claim) -> (Lead, Waiter) {
    let Claim::Lead(lead, waiter) = claim else { panic!("expected to lead, was {}", name(&claim)) };
    (lead, waiter)
}

pub(super) fn follow(claim: Claim) -> Waiter {
    let Claim::Follow(waiter) = claim else { panic!("expected to follow, was {}", name(&claim)) };
    waiter
}

fn replay(claim: Claim) -> Arc<Record> {
    let Claim::Replay(record) = claim else { panic!("expected a replay, was {}", name(&claim)) };
    record
}

pub(super) fn name(claim: &Claim) -> &'static str {
    match claim {
        Claim::Lead(..) => "lead",
        Claim::Follow(_) => "follow",
        Claim::Replay(_) => "replay",
        Claim::Conflict => "conflict",
        Claim::Crowded => "crowded",
    }
}

async fn settled(waiter: Waiter) -> Arc<Record> {
    match waiter.ending().await {
        Ending::Settled(record) => record,
        Ending::Lost => panic!("expected a record, the leader was lost"),
    }
}

fn body(record: &Arc<Record>) -> &[u8] {
    record.settlement.answer.body()
}

async fn one_leads_the_others_follow_and_all_get_the_same_record(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    let (lead, first) = lead(claim(&bench, &ask).await);
    let mut waiters = vec![first];
    for _ in 0..12 {
        waiters.push(follow(claim(&bench, &ask).await));
    }
    let leader = async { lead.settle(settlement("the answer")).await };
    let (_, records) = tokio::join!(leader, futures_util::future::join_all(waiters.into_iter().map(settled)));
    assert_eq!(records.len(), 13);
    for record in &records {
        assert_eq!(body(record), b"the answer");
        assert_eq!(record.settled, bench.ledger().now(), "time passed between the answer and its waiters");
    }
}

async fn a_record_is_replayed_until_it_expires_and_then_the_key_is_free(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    let (first, _) = lead(claim(&bench, &ask).await);
    bench.pass(LIFE * 2).await;
    first.settle(settlement("one")).await;
    bench.pass(LIFE - MILLI).await;
    assert_eq!(body(&replay(claim(&bench, &ask).await)), b"one", "life counts from the settlement");
    bench.pass(MILLI).await;
    let (second, waiter) = lead(claim(&bench, &ask).await);
    second.settle(settlement("two")).await;
    assert_eq!(body(&settled(waiter).await), b"two");
}

async fn another_request_under_the_same_key_conflicts_in_every_state(bench: impl Bench) {
    let (one, other) = (ask("key", "one", Repeat::Always), ask("key", "other", Repeat::Always));
    let (first, _waiter) = lead(claim(&bench, &one).await);
    assert_eq!(name(&claim(&bench, &other).await), "conflict", "in flight");
    drop(first);
    assert_eq!(name(&claim(&bench, &other).await), "conflict", "lost");
    lead(claim(&bench, &one).await).0.settle(settlement("one")).await;
    assert_eq!(name(&claim(&bench, &other).await), "conflict", "settled");
    bench.pass(LIFE).await;
    assert_eq!(name(&claim(&bench, &other).await), "lead", "expired");
}

async fn a_lost_leader_of_an_unsafe_request_is_recorded_as_unknown_for_everybody(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    let (lead_of_it, first) = lead(claim(&bench, &ask).await);
    let second = follow(claim(&bench, &ask).await);
    drop(lead_of_it);
    let unknown = terms(Repeat::Never, "").lost.answer;
    assert_eq!(settled(first).await.settlement.answer, unknown);
    assert_eq!(settled(second).await.settlement.answer, unknown);
    bench.pass(LIFE - MILLI).await;
    assert_eq!(replay(claim(&bench, &ask).await).settlement.answer, unknown);
    bench.pass(MILLI).await;
    assert_eq!(name(&claim(&bench, &ask).await), "lead");
}

async fn a_lost_leader_of_a_safe_request_is_replaced_by_one_of_those_who_ask(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Always);
    let (first, waiter) = lead(claim(&bench, &ask).await);
    let follower = follow(claim(&bench, &ask).await);
    assert!(!first.is_again());
    drop(first);
    for waiter in [waiter, follower] {
        assert!(matches!(waiter.ending().await, Ending::Lost));
    }
    let (second, waiter) = lead(claim(&bench, &ask).await);
    assert!(second.is_again(), "nobody knows that the first may have sent the request");
    let follower = follow(claim(&bench, &ask).await);
    second.settle(settlement("second try")).await;
    for waiter in [waiter, follower] {
        assert_eq!(body(&settled(waiter).await), b"second try");
    }
}

async fn an_idempotent_upstream_is_asked_again_only_under_the_configuration_of_the_claim(bench: impl Bench) {
    let of_the_day = ask("key", "request", Repeat::SameConfiguration);
    let changed = Ask { terms: terms(Repeat::SameConfiguration, "changed"), ..of_the_day.clone() };
    drop(lead(claim(&bench, &of_the_day).await));
    drop(lead(claim(&bench, &of_the_day).await));
    bench.pass(LIFE - MILLI).await;
    let unknown = replay(claim(&bench, &changed).await);
    assert_eq!(unknown.settlement.answer, changed.terms.lost.answer);
    assert_eq!(name(&claim(&bench, &of_the_day).await), "replay", "unknown is final");
}

async fn a_full_ledger_refuses_new_keys_and_forgets_no_live_one(bench: impl Bench) {
    let asks: Vec<Ask> = ["a", "b", "c", "d"].map(|key| ask(key, "request", Repeat::Never)).into();
    let mut leads = Vec::new();
    for ask in &asks {
        leads.push(lead(claim(&bench, ask).await));
    }
    let late = ask("late", "request", Repeat::Never);
    assert!(bench.ledger().claim(&late).await.is_err(), "a claim without room");
    let full = "x".repeat(ANSWER_BYTES - 100);
    for (lead, _) in leads {
        lead.settle(settlement(&full)).await;
    }
    assert!(bench.ledger().claim(&late).await.is_err(), "records made room");
    for ask in &asks {
        assert_eq!(body(&replay(claim(&bench, ask).await)), full.as_bytes());
    }
    bench.pass(LIFE).await;
    assert_eq!(name(&claim(&bench, &late).await), "lead", "expired records still hold the room");
}

async fn a_settled_answer_gives_back_the_room_it_does_not_need(bench: impl Bench) {
    for key in 0..20 {
        let ask = ask(&key.to_string(), "request", Repeat::Never);
        lead(claim(&bench, &ask).await).0.settle(settlement("small")).await;
    }
    let held = bench.ledger().occupancy();
    assert_eq!(held.keys, 20);
    assert!((1..ROOM).contains(&held.bytes), "{held:?}");
    bench.pass(LIFE).await;
    // Four claims fill the room: they fit only when nothing of it is held by what expired or was lost.
    for round in 0..3 {
        let mut leads = Vec::new();
        for key in 0..4 {
            let ask = ask(&format!("{round} {key}"), "request", Repeat::Always);
            leads.push(lead(claim(&bench, &ask).await));
        }
    }
}

async fn waiters_are_bounded_and_one_that_leaves_makes_room(bench: impl Bench) {
    let ask = ask("key", "request", Repeat::Never);
    let (_lead, _first) = lead(claim(&bench, &ask).await);
    let mut waiters = Vec::new();
    for _ in 0..limits::WAITERS_PER_KEY {
        waiters.push(follow(claim(&bench, &ask).await));
    }
    assert_eq!(name(&claim(&bench, &ask).await), "crowded");
    waiters.pop();
    assert_eq!(name(&claim(&bench, &ask).await), "follow");
}

async fn a_record_is_compared_by_the_headers_it_was_fingerprinted_with(bench: impl Bench) {
    let before = ask("key", "request", Repeat::Never);
    lead(claim(&bench, &before).await).0.settle(settlement("answer")).await;
    let names: Arc<[HeaderName]> = Arc::new([http::header::ACCEPT, http::header::AUTHORIZATION]);
    let after = Ask { request: Arc::new(Text { content: "request", names }), ..before };
    assert_eq!(body(&replay(claim(&bench, &after).await)), b"answer");
}
