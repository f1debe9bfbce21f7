//! The promises, held against everything that the replicas heard, the upstreams saw and the ledger wrote.
//!
//! An answer is *definite* when it is an upstream's, or a problem that says `"yes"` or `"no"`; every other is a refusal
//! that says `"unknown"`, which promises nothing. What Redis has lost may be led again where that is safe, and where an
//! operator has accepted the loss.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use outcall_protocol::{
    key::IdempotencyKey,
    outcall_id::{Key as Identified, outcall_id},
};

use super::{
    gateway::Heard,
    key::{Key, Kind},
    tally::Tally,
    world::{Testimony, World},
};
use crate::ledger::Record;

/// What an answer takes at the most, whatever goes wrong: three claims, each with a whole call, a lost lease and its end.
const BOUND: Duration = Duration::from_secs(120);
/// The same when nothing goes wrong: a slow connection, and an upstream that takes its time.
const BOUND_CALM: Duration = Duration::from_secs(10);

/// What one answer promises.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    /// The upstream's own words.
    Real(u16, String),
    /// A problem that was executed.
    Yes(String),
    /// A problem that was not.
    No(String),
    /// A problem that promises nothing.
    Unknown(String),
    /// The key belongs to another request.
    Reused,
}

/// Holds every promise against what happened.
pub(super) fn judge(world: &World) -> Tally {
    let testimonies = world.testimonies();
    let mut tally = Tally::of(world);
    for testimony in &testimonies {
        let said = said(testimony);
        tally.count(said.as_ref().map(kind_of), testimony);
        bounded(world, testimony, said.as_ref());
    }
    for (number, key) in world.keys.iter().enumerate() {
        let own: Vec<_> = testimonies.iter().filter(|testimony| testimony.key == number).collect();
        once(world, key, &own);
        one_answer(world, key, &own);
        honest(world, key, &own);
        agreed_in_the_end(world, key, &own);
        recorded(world, key, &own);
        one_receipt(world, key, &own);
        if world.calm {
            undisturbed(world, key, &own);
        }
    }
    if !world.server.adds_up() {
        world.history.defect(format_args!("the room that is taken is not the room of what is there"));
    }
    tally
}

/// Everything is answered or refused in bounded time.
fn bounded(world: &World, testimony: &Testimony, said: Option<&Said>) {
    let bound = if world.calm { BOUND_CALM } else { BOUND };
    if testimony.took > bound {
        world.history.defect(format_args!("an answer took {:?}: {testimony:?}", testimony.took));
    }
    if testimony.last && said.is_none() {
        world.history.defect(format_args!("a gateway does not answer in the end: {testimony:?}"));
    }
}

/// What must not be repeated reaches its upstream at most once.
fn once(world: &World, key: &Key, own: &[&Testimony]) {
    let seen = world.upstreams.seen(&key.name);
    if key.kind == Kind::Unsafe && seen.reached > 1 && !forgiven(world, own) {
        world.history.defect(format_args!("{} reached its upstream {} times", key.name, seen.reached));
    }
    if key.kind == Kind::Honoured && seen.executed > 1 {
        world.history.defect(format_args!("the upstream of {} does not honour keys", key.name));
    }
}

/// There is one definite answer. Those that Redis has lost may have had a successor, where another leader was safe.
fn one_answer(world: &World, key: &Key, own: &[&Testimony]) {
    let definite: BTreeSet<_> = own.iter().filter_map(|testimony| definite(testimony)).collect();
    let most = if key.kind == Kind::Unsafe { 1 } else { 1 + world.losses() };
    if definite.len() > most && !forgiven(world, own) {
        world.history.defect(format_args!("{} has answers {definite:?}", key.name));
    }
}

/// Whatever an answer says of what was executed is true, and it answers what was asked.
fn honest(world: &World, key: &Key, own: &[&Testimony]) {
    let seen = world.upstreams.seen(&key.name);
    for testimony in own {
        let wrong = match said(testimony) {
            Some(Said::Real(_, body)) => {
                seen.executed == 0
                    || !body.starts_with(&format!("{} {}", key.name, key.text(testimony.variant)))
            }
            Some(Said::Yes(_)) => seen.executed == 0,
            Some(Said::No(_)) => {
                let lasting = key.kind == Kind::Unsafe || world.losses() == 0;
                seen.reached > 0 && lasting && !forgiven(world, own)
            }
            Some(Said::Reused) => !key.disputed,
            Some(Said::Unknown(kind)) => kind == "internal",
            None => false,
        };
        if wrong {
            world.history.defect(format_args!(
                "not true, with {} sent and {} executed: {testimony:?}",
                seen.reached, seen.executed
            ));
        }
    }
}

/// When all is whole again, all gateways say the same, unless Redis has lost what one of them still has at hand. Under a
/// disputed key one of them may have refused the other request, and so lead none.
fn agreed_in_the_end(world: &World, key: &Key, own: &[&Testimony]) {
    let last = own.iter().filter(|testimony| testimony.last).filter_map(|testimony| said(testimony));
    let last = last.filter(|said| !key.disputed || !matches!(said, Said::Unknown(_)));
    // Why one has refused it may be its own reason.
    let last: BTreeSet<_> = last
        .map(|said| match said {
            Said::Unknown(kind) if kind.starts_with("ledger-") => Said::Unknown("ledger".to_owned()),
            said => said,
        })
        .collect();
    if last.len() > 1 && world.losses() == 0 {
        world.history.defect(format_args!("{} ends in {last:?}", key.name));
    }
}

/// The ledger has recorded one end, and of what must not be repeated nobody has heard another.
fn recorded(world: &World, key: &Key, own: &[&Testimony]) {
    let records = records(world, key);
    if records.len() > 1 {
        world.history.defect(format_args!("{} was recorded as {records:?}", key.name));
    }
    let Some(record) = records.first() else { return };
    if key.kind != Kind::Unsafe || forgiven(world, own) {
        return;
    }
    for testimony in own {
        if definite(testimony).is_some_and(|definite| definite != *record) {
            world.history.defect(format_args!("recorded is {record:?}: {testimony:?}"));
        }
    }
}

/// The same answer has the same receipt, whoever gave it; also the same *unknown*, where nobody else can have been told one.
fn one_receipt(world: &World, key: &Key, own: &[&Testimony]) {
    if world.losses() > 0 || forgiven(world, own) {
        return;
    }
    let mut receipts: BTreeMap<Said, BTreeSet<&Option<String>>> = BTreeMap::new();
    for testimony in own {
        let Some(Heard::Answer { signature, .. }) = &testimony.heard else { continue };
        let Some(said) = said(testimony) else { continue };
        if key.kind == Kind::Unsafe || definite(testimony).is_some() {
            receipts.entry(said).or_default().insert(signature);
        }
    }
    if receipts.values().any(|receipts| receipts.len() > 1) {
        world.history.defect(format_args!("{} has receipts {receipts:?}", key.name));
    }
}

/// The control: where nothing goes wrong everybody gets the upstream's one answer.
fn undisturbed(world: &World, key: &Key, own: &[&Testimony]) {
    let seen = world.upstreams.seen(&key.name);
    let good = own.iter().all(|testimony| match said(testimony) {
        Some(Said::Real(200, _)) => true,
        Some(Said::Reused) => key.disputed,
        _ => false,
    });
    if !good || (seen.reached, seen.executed) != (1, 1) {
        world
            .history
            .defect(format_args!("nothing went wrong, and {} was not answered by one call", key.name));
    }
}

/// Whether an operator has accepted that this key may be led again, who cannot know of it.
fn forgiven(world: &World, own: &[&Testimony]) -> bool {
    let first = own.iter().map(|testimony| testimony.asked).min();
    world.accepted().is_some_and(|accepted| first.is_some_and(|first| first < accepted))
}

fn definite(testimony: &Testimony) -> Option<Said> {
    said(testimony).filter(|said| matches!(said, Said::Real(..) | Said::Yes(_) | Said::No(_)))
}

fn said(testimony: &Testimony) -> Option<Said> {
    let Some(Heard::Answer { status, kind, body, .. }) = &testimony.heard else { return None };
    Some(read(*status, kind, body))
}

fn read(status: u16, content_type: &str, body: &[u8]) -> Said {
    if content_type != "application/problem+json" {
        return Said::Real(status, String::from_utf8_lossy(body).into_owned());
    }
    let problem: serde_json::Value = serde_json::from_slice(body).expect("a problem");
    let text = |name: &str| problem[name].as_str().expect("a text").to_owned();
    let kind = text("type").trim_start_matches("urn:outcall-gateway:").to_owned();
    match &*text("executed") {
        _ if kind == "key-reused" => Said::Reused,
        "yes" => Said::Yes(kind),
        "no" => Said::No(kind),
        _ => Said::Unknown(kind),
    }
}

/// What the ledger has ever recorded for a key, and not lost.
fn records(world: &World, key: &Key) -> Vec<Said> {
    let route = if key.kind == Kind::Honoured { "/honours" } else { "/plain" };
    if key.kind == Kind::Keyless {
        return Vec::new();
    }
    let given = IdempotencyKey::parse([key.name.as_bytes()]).expect("a key");
    let id = outcall_id(route, "", &Identified::Given(given));
    let name = format!("{{outcall}}:key:{id}").into_bytes();
    let own = world.server.records().into_iter().filter(|(key, _)| *key == name);
    own.map(|(_, bytes)| {
        let answer = Record::decode(id, &bytes).expect("a record").settlement.answer;
        let kind =
            answer.headers().find(|(name, _)| *name == "content-type").map(|(_, value)| value.to_vec());
        read(
            answer.status().as_u16(),
            &String::from_utf8(kind.unwrap_or_default()).expect("a type"),
            answer.body(),
        )
    })
    .collect()
}

fn kind_of(said: &Said) -> &'static str {
    match said {
        Said::Real(..) => "real",
        Said::Yes(_) => "yes",
        Said::No(_) => "no",
        Said::Unknown(_) => "unknown",
        Said::Reused => "reused",
    }
}
