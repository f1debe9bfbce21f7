//! What the suite is written with: requests that are a text, answers that are a text, and short names for claims.

#![expect(missing_docs, reason = "the names say it")]

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, Method, StatusCode};
use outcall_protocol::{
    digest::{Digest, Hasher},
    fingerprint::Fingerprint,
};

use super::Bench;
use crate::{
    answer::Answer,
    error::Problem,
    ledger::{Ask, Claim, Ending, Fingerprinted, Lead, Record, Repeat, Settlement, Terms, Waiter},
    limits,
};

pub const LIFE: Duration = Duration::from_secs(300);
pub const ANSWER_BYTES: usize = 10_000;
pub const CLAIM_BYTES: u64 = ANSWER_BYTES as u64 + limits::RECORD_OVERHEAD_BYTES;
/// No write is tried again: the first failure is the end.
pub const NONE: Duration = Duration::ZERO;
/// Longer than any test takes.
pub const PATIENT: Duration = Duration::from_secs(3600);

/// A request whose whole content is a text; a second header name changes what is compared.
pub struct Text {
    pub content: &'static str,
    pub names: Arc<[HeaderName]>,
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

pub fn ask(key: &str, content: &'static str, repeat: Repeat) -> Ask {
    let request = Text { content, names: Arc::new([http::header::ACCEPT]) };
    Ask { id: digest(key), request: Arc::new(request), terms: terms(repeat, "of the day") }
}

pub fn terms(repeat: Repeat, configuration: &str) -> Terms {
    let answer = unknown();
    let lost = Settlement { answer, life: LIFE, upstream_status: None }.into();
    Terms { repeat, answer_bytes_max: ANSWER_BYTES, configuration: digest(configuration), lost }
}

pub fn unknown() -> Answer {
    Problem::OutcomeUnknown.answer(&Method::POST)
}

fn digest(text: &str) -> Digest {
    Hasher::new("test").part(text.as_bytes()).finish()
}

pub fn settlement(body: &str) -> Settlement {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let headers = vec![(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain"))];
    let answer = Answer::new(&Method::POST, StatusCode::OK, headers, body);
    Settlement { answer, life: LIFE, upstream_status: Some(200) }
}

pub async fn claim(bench: &impl Bench, ask: &Ask) -> Claim {
    bench.quiet().await;
    bench.ledger().claim(ask).await.unwrap_or_else(|why| panic!("cannot be claimed: {why}"))
}

/// A lead that has not begun.
pub fn lead(claim: Claim) -> (Lead, Waiter) {
    let Claim::Lead(lead, waiter) = claim else { panic!("expected to lead, was {}", name(&claim)) };
    (lead, waiter)
}

/// A lead whose claim is durable.
pub async fn led(bench: &impl Bench, ask: &Ask) -> (Lead, Waiter) {
    let (mut lead, waiter) = lead(claim(bench, ask).await);
    lead.begin().await.unwrap_or_else(|why| panic!("cannot begin: {why}"));
    (lead, waiter)
}

/// A key with its answer.
pub async fn settle(bench: &impl Bench, ask: &Ask, body: &str) {
    let (lead, waiter) = led(bench, ask).await;
    lead.settle(settlement(body), NONE).await;
    assert_eq!(text(&settled(waiter).await), body);
}

pub fn follow(claim: Claim) -> Waiter {
    let Claim::Follow(waiter) = claim else { panic!("expected to follow, was {}", name(&claim)) };
    waiter
}

pub fn replay(claim: Claim) -> Arc<Record> {
    let Claim::Replay(record) = claim else { panic!("expected a replay, was {}", name(&claim)) };
    record
}

/// The record of a key that nobody may lead: at once, or as soon as it is written.
pub async fn known(claim: Claim) -> Arc<Record> {
    match claim {
        Claim::Follow(waiter) => settled(waiter).await,
        other => replay(other),
    }
}

pub fn name(claim: &Claim) -> &'static str {
    match claim {
        Claim::Lead(..) => "lead",
        Claim::Follow(_) => "follow",
        Claim::Replay(_) => "replay",
        Claim::Conflict => "conflict",
        Claim::Crowded => "crowded",
    }
}

pub async fn settled(waiter: Waiter) -> Arc<Record> {
    match waiter.ending().await {
        Ending::Settled(record) => record,
        ending => panic!("expected a record, found {ending:?}"),
    }
}

pub fn text(record: &Arc<Record>) -> &str {
    std::str::from_utf8(record.settlement.answer.body()).unwrap_or_else(|error| panic!("{error}"))
}
