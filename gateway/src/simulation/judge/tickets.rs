//! The promises of a ticket, held against what everybody heard who asked about it.
//!
//! Its call has one end, whoever is told it and when. Whoever was told that it runs finds it, or its end. The replicas of
//! one poll see the same.

use std::collections::{BTreeMap, BTreeSet};

use super::{forgiven, records};
use crate::simulation::{
    gateway::Heard,
    key::{Errand, Key},
    said::{Said, said},
    world::{Testimony, World},
};

/// Holds them all. What became of the call in the end, for the tally.
pub(super) fn judge(world: &World, key: &Key, calls: &[&Testimony], asked: &[&Testimony]) -> &'static str {
    let forgiven = forgiven(world, calls);
    asked.iter().for_each(|testimony| of_its_own(world, key, testimony));
    let mut ends: BTreeMap<Said, BTreeSet<&Option<String>>> = BTreeMap::new();
    for testimony in asked {
        let Some(Heard::Answer { signature, .. }) = &testimony.heard else { continue };
        let Some(end) = said(testimony).filter(is_end) else { continue };
        honest(world, key, testimony, &end, forgiven);
        ends.entry(end).or_default().insert(signature);
    }
    if !forgiven {
        one_end(world, key, &ends);
        found(world, key, calls, asked);
    }
    each_poll_agrees(world, key, asked, forgiven);
    ended(world, key, asked);
    match ends.keys().next() {
        None => "tickets without an end",
        Some(Said::Real(..)) => "tickets answered",
        Some(Said::Unknown(kind)) if kind == "cancelled" => "tickets cancelled",
        Some(Said::Unknown(_)) => "tickets unknown",
        Some(_) => "tickets failed",
    }
}

/// Whether a call has ended in this way, and nobody may hear another one. The rest is about the ticket, the poll, or the
/// ledger.
fn is_end(said: &Said) -> bool {
    match said {
        Said::Real(..) | Said::Yes(_) => true,
        Said::No(kind) => kind == "upstream-unreachable",
        Said::Unknown(kind) => ["outcome-unknown", "cancelled"].contains(&&**kind),
        Said::Running(_) | Said::Reused => false,
    }
}

/// Whoever asks about this ticket is told of this one, and never of a defect; in peace there is nothing else to be told.
fn of_its_own(world: &World, key: &Key, testimony: &Testimony) {
    let good = match said(testimony) {
        Some(Said::Running(ticket)) => ticket == key.ticket().to_string(),
        Some(Said::Unknown(kind)) if kind == "internal" => false,
        Some(Said::Unknown(kind)) if world.calm => ["cancelled", "ticket-unknown"].contains(&&*kind),
        Some(Said::Real(200, _)) => true,
        _ => !world.calm,
    };
    if !good {
        world.history.defect(format_args!("not an answer to a poll of {}: {testimony:?}", key.name));
    }
}

/// What is said of the call is true.
fn honest(world: &World, key: &Key, testimony: &Testimony, end: &Said, forgiven: bool) {
    let seen = world.upstreams.seen(&key.name);
    let own =
        |body: &str| (0..=1).any(|variant| body.starts_with(&format!("{} {}", key.name, key.text(variant))));
    let is_true = match end {
        Said::Real(_, body) => seen.executed > 0 && own(body),
        Said::Yes(_) => seen.executed > 0,
        Said::No(_) => seen.reached == 0 || forgiven,
        Said::Unknown(kind) => kind != "cancelled" || key.cancelled,
        Said::Running(_) | Said::Reused => false,
    };
    if !is_true {
        world.history.defect(format_args!(
            "not true, with {} sent and {} executed: {testimony:?}",
            seen.reached, seen.executed
        ));
    }
}

/// Everybody hears of the same end, the recorded one, and with the same receipt.
fn one_end(world: &World, key: &Key, ends: &BTreeMap<Said, BTreeSet<&Option<String>>>) {
    let recorded = records(world, key.ticket().result_id(""));
    let all: BTreeSet<_> = ends.keys().chain(&recorded).collect();
    if all.len() > 1 || recorded.len() > 1 {
        world.history.defect(format_args!("{} ended as {ends:?}, recorded is {recorded:?}", key.name));
    }
    if world.losses() == 0 && recorded.len() < ends.len() {
        world.history.defect(format_args!("{} ended as {ends:?}, and that is not recorded", key.name));
    }
    if world.losses() == 0 && ends.values().any(|receipts| receipts.len() > 1) {
        world.history.defect(format_args!("{} ended with receipts {ends:?}", key.name));
    }
}

/// Once somebody was told that the call runs, no later poll is told that there is no such ticket.
fn found(world: &World, key: &Key, calls: &[&Testimony], asked: &[&Testimony]) {
    if world.losses() > 0 {
        return;
    }
    let told = calls.iter().filter(|call| matches!(said(call), Some(Said::Running(_))));
    let Some(told) = told.map(|call| call.asked + call.took).min() else { return };
    for (_, replicas) in by_key(key, asked) {
        let is_later = replicas.iter().all(|testimony| testimony.asked > told);
        for testimony in replicas.into_iter().filter(|_| is_later) {
            if matches!(said(testimony), Some(Said::Unknown(kind)) if kind.starts_with("ticket-")) {
                world.history.defect(format_args!("given out at {told:?}, and not found: {testimony:?}"));
            }
        }
    }
}

/// What one replica of a poll has seen, its others see, receipt and all: also that it runs, or that there is none. Of a loss
/// of Redis a poll may have a successor, as whatever may be repeated.
fn each_poll_agrees(world: &World, key: &Key, asked: &[&Testimony], forgiven: bool) {
    for (poll, replicas) in by_key(key, asked) {
        let mut seen: BTreeMap<Said, BTreeSet<&Option<String>>> = BTreeMap::new();
        for testimony in replicas {
            let Some(Heard::Answer { signature, .. }) = &testimony.heard else { continue };
            let is_recorded = |said: &Said| match said {
                Said::Running(_) => true,
                Said::Unknown(kind) => kind.starts_with("ticket-") || is_end(said),
                said => is_end(said),
            };
            if let Some(said) = said(testimony).filter(is_recorded) {
                seen.entry(said).or_default().insert(signature);
            }
        }
        let receipts = seen.values().map(BTreeSet::len).sum::<usize>();
        if !forgiven && receipts > 1 + world.losses() {
            world.history.defect(format_args!("the replicas of {poll} saw {seen:?}"));
        }
    }
}

/// When all is whole again and its time is over, no call runs any more. Where nothing went wrong it was answered, or cancelled.
fn ended(world: &World, key: &Key, asked: &[&Testimony]) {
    for testimony in asked.iter().filter(|testimony| testimony.last) {
        let good = match said(testimony) {
            Some(Said::Running(_)) | None => false,
            Some(Said::Real(200, _)) => true,
            Some(Said::Unknown(kind)) if kind == "cancelled" => true,
            Some(_) => !world.calm,
        };
        if !good {
            world.history.defect(format_args!("{} has not ended: {testimony:?}", key.name));
        }
    }
}

/// What was asked under each key.
fn by_key<'a>(key: &Key, asked: &[&'a Testimony]) -> BTreeMap<String, Vec<&'a Testimony>> {
    let mut polls: BTreeMap<String, Vec<&Testimony>> = BTreeMap::new();
    for testimony in asked.iter().filter(|testimony| testimony.errand != Errand::Call) {
        polls.entry(key.given(testimony.errand)).or_default().push(testimony);
    }
    polls
}
