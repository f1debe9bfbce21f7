//! The promises, held against everything that the replicas heard, the upstreams saw and the ledger wrote.
//!
//! What Redis has lost may be led again where that is safe, and where an operator has accepted the loss.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use outcall_protocol::digest::Digest;

use super::{
    gateway::Heard,
    key::{Errand, Key, Kind},
    said::{Said, definite, read, said},
    tally::Tally,
    world::{Testimony, World},
};
use crate::ledger::Record;

mod tickets;

/// What an answer takes at the most, whatever goes wrong: three claims, each with a whole call, a lost lease and its end.
const BOUND: Duration = Duration::from_secs(120);
/// The same when nothing goes wrong: a slow connection, and an upstream that takes its time.
const BOUND_CALM: Duration = Duration::from_secs(10);

/// Holds every promise against what happened.
pub(super) fn judge(world: &World) -> Tally {
    let testimonies = world.testimonies();
    let mut tally = Tally::of(world);
    for testimony in &testimonies {
        let said = said(testimony);
        tally.count(said.as_ref().map(Said::name), testimony);
        bounded(world, testimony, said.as_ref());
    }
    for (number, key) in world.keys.iter().enumerate() {
        let of_key = testimonies.iter().filter(|testimony| testimony.key == number);
        let (own, others): (Vec<_>, Vec<_>) = of_key.partition(|testimony| testimony.errand == Errand::Call);
        once(world, key, &own);
        one_answer(world, key, &own);
        honest(world, key, &own);
        agreed_in_the_end(world, key, &own);
        recorded(world, key, &own);
        one_receipt(world, key, &own);
        if key.kind == Kind::Deferred {
            tally.add(tickets::judge(world, key, &own, &others), 1);
        }
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
    if key.kind.is_once() && seen.reached > 1 && !forgiven(world, own) {
        world.history.defect(format_args!("{} reached its upstream {} times", key.name, seen.reached));
    }
    if key.kind == Kind::Honoured && seen.executed > 1 {
        world.history.defect(format_args!("the upstream of {} does not honour keys", key.name));
    }
}

/// There is one definite answer. Those that Redis has lost may have had a successor, where another leader was safe.
fn one_answer(world: &World, key: &Key, own: &[&Testimony]) {
    let definite: BTreeSet<_> = own.iter().filter_map(|testimony| definite(testimony)).collect();
    let most = if key.kind.is_once() { 1 } else { 1 + world.losses() };
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
                let lasting = key.kind.is_once() || world.losses() == 0;
                seen.reached > 0 && lasting && !forgiven(world, own)
            }
            Some(Said::Running(ticket)) => ticket != key.ticket().to_string(),
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
    if key.kind == Kind::Keyless {
        return;
    }
    let records = records(world, key.id());
    if records.len() > 1 {
        world.history.defect(format_args!("{} was recorded as {records:?}", key.name));
    }
    let Some(record) = records.first() else { return };
    if !key.kind.is_once() || forgiven(world, own) {
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
        if key.kind.is_once() || definite(testimony).is_some() {
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
        Some(Said::Real(200, _)) => key.kind != Kind::Deferred,
        Some(Said::Running(_)) => key.kind == Kind::Deferred,
        Some(Said::Reused) => key.disputed,
        _ => false,
    });
    // What was cancelled may have ended before it began.
    if !good || !(key.cancelled || (seen.reached, seen.executed) == (1, 1)) {
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

/// What the ledger has ever recorded under this identity, and not lost.
fn records(world: &World, id: Digest) -> Vec<Said> {
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
