//! Random histories, against a ledger that is a few lines long.
//!
//! The small ledger (`model/key.rs`) knows, for every key, the states that it may be in. Mostly that is one. After a crash in
//! the middle of failing writes it may be several, since nobody can know what of them has landed; the first look at the key
//! decides, and from then on it must stay decided: above all, *unknown* is final.

use std::sync::Arc;

use super::{
    Bench, Failing,
    parts::{LIFE, NONE, ask, name, settlement},
};
use crate::ledger::{Claim, Ending, Lead, Record, Repeat, Standing, Unavailable, Waiter};

mod key;

use key::Key;

const CONTENTS: [&str; 2] = ["one", "other"];
const REPEATS: [Repeat; 6] = [
    Repeat::Never,
    Repeat::Never,
    Repeat::SameConfiguration,
    Repeat::SameConfiguration,
    Repeat::Always,
    Repeat::Always,
];
const STEPS: usize = 60;
/// A quarter of a record's life; lost claims that anybody may lead are remembered for two fifths of it.
const QUARTERS: u32 = 4;
const UNKNOWN: &str = "unknown";

/// Room that no history fills.
const ROOM: u64 = 1 << 20;

/// Plays this many histories, or as many as `OUTCALL_HISTORIES` says, each from a seed of its own, which is printed when it
/// fails. `OUTCALL_SEED` plays one alone.
///
/// # Panics
/// When the store does anything that the model does not.
pub fn histories<B: Bench>(count: u64) {
    let seeds = match number("OUTCALL_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("OUTCALL_HISTORIES").unwrap_or(count)).map(|_| fastrand::u64(..)).collect(),
    };
    println!("{} histories", seeds.len());
    for seed in seeds {
        let failing = Named(seed);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("a runtime: {error}"));
        runtime.block_on(play::<B>(seed));
        std::mem::forget(failing);
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}: found {text:?}, expected a number")))
}

/// Says which seed it was, when it is dropped by a panic.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        eprintln!("this history again: OUTCALL_SEED={}", self.0);
    }
}

async fn play<B: Bench>(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut history = History::<B> {
        bench: B::open(ROOM).await,
        keys: REPEATS.map(|repeat| (Key::new(repeat), Running::default())),
        now: 0,
        answers: 0,
        failing: None,
    };
    for _ in 0..STEPS {
        let key = random.usize(..REPEATS.len());
        match random.u32(..if B::OUTLIVES_ITS_PROCESS { 22 } else { 17 }) {
            0..6 => history.claim(key, random.usize(..CONTENTS.len())).await,
            6..8 => history.begin(key).await,
            8..11 => history.settle(key).await,
            11..12 => history.drop_lead(key).await,
            12..15 => history.pass(random.u32(1..=QUARTERS)).await,
            15..17 => history.forget(key).await,
            17..19 => history = history.crash().await,
            19..20 => history.fail(if random.bool() { Failing::Lost } else { Failing::Landed }),
            _ => history.heal().await,
        }
    }
}

struct History<B> {
    bench: B,
    keys: [(Key, Running); REPEATS.len()],
    /// In quarters.
    now: u32,
    answers: u32,
    failing: Option<Failing>,
}

/// Who is at work on a key.
#[derive(Default)]
struct Running {
    lead: Option<(Lead, bool)>,
    waiters: Vec<Waiter>,
}

impl<B: Bench> History<B> {
    async fn claim(&mut self, number: usize, content: usize) {
        let ask = ask(&number.to_string(), CONTENTS[content], REPEATS[number]);
        let claim = self.bench.ledger().claim(&ask).await;
        let claim = claim.unwrap_or_else(|why| panic!("key {number} cannot be claimed: {why}"));
        let (key, running) = &mut self.keys[number];
        let seen = match &claim {
            Claim::Replay(record) => text(record),
            Claim::Lead(lead, _) if lead.is_again() => "lead again".to_owned(),
            other => name(other).to_owned(),
        };
        key.observe(&seen, content, self.now);
        match claim {
            Claim::Lead(lead, waiter) => {
                key.claimed(content);
                *running = Running { lead: Some((lead, false)), waiters: vec![waiter] };
            }
            Claim::Follow(waiter) => running.waiters.push(waiter),
            Claim::Replay(_) | Claim::Conflict | Claim::Crowded => {}
        }
    }

    /// Makes a claim durable, or finds that it cannot be.
    async fn begin(&mut self, number: usize) {
        let (key, running) = &mut self.keys[number];
        let Some((mut lead, false)) = running.lead.take_if(|(_, begun)| !*begun) else { return };
        let needs_a_write = key.begin_writes();
        match lead.begin().await {
            Ok(()) => {
                assert!(self.failing.is_none() || !needs_a_write, "key {number} began without a write");
                key.begun();
                running.lead = Some((lead, true));
            }
            Err(why) => {
                // A store that is known to fail begins nothing at all.
                assert!(self.failing.is_some(), "key {number}: {why} in a sound store");
                key.claim_failed(self.failing);
                lead.refuse(why);
                for waiter in running.waiters.drain(..) {
                    assert!(matches!(waiter.ending().await, Ending::Refused(Unavailable::Unreachable)));
                }
            }
        }
    }

    /// Settles a key, begun or not, without patience for a store that fails.
    async fn settle(&mut self, number: usize) {
        let (key, running) = &mut self.keys[number];
        let Some((lead, _)) = running.lead.take() else { return };
        let answer = format!("answer {}", self.answers);
        self.answers += 1;
        lead.settle(settlement(&answer), NONE).await;
        key.settled(&answer, self.now, self.failing);
        running.end(key.waiters_see()).await;
    }

    async fn drop_lead(&mut self, number: usize) {
        let (key, running) = &mut self.keys[number];
        let Some((lead, begun)) = running.lead.take() else { return };
        drop(lead);
        // A crash that comes before the store has noted it would find the leader at work.
        self.bench.quiet().await;
        key.dropped(begun, self.now, self.failing);
        running.end(key.waiters_see()).await;
    }

    async fn pass(&mut self, quarters: u32) {
        self.bench.pass(LIFE / QUARTERS * quarters).await;
        self.now += quarters;
        for (key, _) in &mut self.keys {
            key.expire(self.now);
        }
    }

    /// As an operator would have it, whatever the key is doing.
    async fn forget(&mut self, number: usize) {
        // What is settled may be on its way to the disk.
        self.bench.quiet().await;
        let (key, _) = &mut self.keys[number];
        let id = ask(&number.to_string(), CONTENTS[0], REPEATS[number]).id;
        let seen = match self.bench.ledger().forget(&id).await {
            Ok(Standing::Absent) => "absent".to_owned(),
            Ok(Standing::InFlight) => "in flight".to_owned(),
            Ok(Standing::Lost) => "lost".to_owned(),
            Ok(Standing::Settled(record)) => text(&record),
            Err(_) => "unreachable".to_owned(),
        };
        key.forget(&seen, self.now, self.failing);
    }

    async fn crash(mut self) -> Self {
        for (key, _) in &mut self.keys {
            key.crashed(self.now);
        }
        let bench = self.bench.crash().await;
        // What the dead held does nothing any more.
        let keys = self.keys.map(|(key, _)| (key, Running::default()));
        Self { bench, keys, failing: None, ..self }
    }

    fn fail(&mut self, how: Failing) {
        if self.failing.is_none() {
            self.bench.fail(how);
            self.failing = Some(how);
        }
    }

    async fn heal(&mut self) {
        if self.failing.take().is_some() {
            self.bench.heal().await;
            for (key, _) in &mut self.keys {
                key.healed(self.now);
            }
        }
    }
}

impl Running {
    async fn end(&mut self, expected: Option<String>) {
        for waiter in self.waiters.drain(..) {
            match (waiter.ending().await, &expected) {
                (Ending::Settled(record), Some(expected)) => assert_eq!(text(&record), *expected),
                (Ending::Lost, None) => {}
                (ending, expected) => panic!("expected {expected:?}, found {ending:?}"),
            }
        }
    }
}

fn text(record: &Arc<Record>) -> String {
    match record.settlement.upstream_status {
        Some(_) => super::parts::text(record).to_owned(),
        None => UNKNOWN.to_owned(),
    }
}
