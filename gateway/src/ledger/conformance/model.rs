//! Random histories, against a ledger that is a few lines long.

use std::collections::HashMap;

use proptest::prelude::*;

use super::{Bench, Ending, LIFE, Lead, MemoryBench, Repeat, Waiter, ask, name, settlement};
use crate::ledger::{Claim, Ledger};

#[derive(Clone, Debug)]
enum Step {
    Claim { key: usize, content: usize },
    Settle { key: usize },
    Lose { key: usize },
    Pass { quarters: u32 },
}

/// What the small ledger knows about a key. Keys below 2 must not be repeated, the others are safe.
#[derive(Clone, Debug)]
enum State {
    InFlight { content: usize },
    Settled { content: usize, body: String, until: u32 },
    Lost { content: usize, until: u32 },
}

const KEYS: [&str; 4] = ["unsafe 1", "unsafe 2", "safe 1", "safe 2"];
const CONTENTS: [&str; 2] = ["one", "other"];
/// A quarter of a record's life; lost safe claims are remembered for two fifths of it.
const QUARTERS: u32 = 4;
const UNKNOWN: &str = "unknown";

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..KEYS.len(), 0..CONTENTS.len()).prop_map(|(key, content)| Step::Claim { key, content }),
        3 => (0..KEYS.len()).prop_map(|key| Step::Settle { key }),
        1 => (0..KEYS.len()).prop_map(|key| Step::Lose { key }),
        2 => (1..=QUARTERS).prop_map(|quarters| Step::Pass { quarters }),
    ]
}

fn is_safe(key: usize) -> bool {
    key >= 2
}

#[derive(Default)]
struct History {
    now: u32,
    states: HashMap<usize, State>,
    leads: HashMap<usize, Lead>,
    waiters: HashMap<usize, Vec<Waiter>>,
    settled: u32,
}

impl History {
    fn forget_expired(&mut self) {
        let now = self.now;
        self.states.retain(|_, state| match state {
            State::InFlight { .. } => true,
            State::Settled { until, .. } | State::Lost { until, .. } => now < *until,
        });
    }

    fn expected(&self, key: usize, content: usize) -> &'static str {
        match self.states.get(&key) {
            None => "lead",
            Some(State::InFlight { content: known }) if *known == content => "follow",
            Some(State::Settled { content: known, .. }) if *known == content => "replay",
            Some(State::Lost { content: known, .. }) if *known == content => "lead",
            Some(_) => "conflict",
        }
    }

    async fn claim(&mut self, ledger: &dyn Ledger, key: usize, content: usize) {
        let repeat = if is_safe(key) { Repeat::Always } else { Repeat::Never };
        let claim = ledger.claim(&ask(KEYS[key], CONTENTS[content], repeat)).await.expect("there is room");
        assert_eq!(name(&claim), self.expected(key, content), "at {} for {key}", self.now);
        match claim {
            Claim::Lead(lead, waiter) => {
                self.states.insert(key, State::InFlight { content });
                self.leads.insert(key, lead);
                self.waiters.insert(key, vec![waiter]);
            }
            Claim::Follow(waiter) => self.waiters.entry(key).or_default().push(waiter),
            Claim::Replay(record) => {
                let Some(State::Settled { body, .. }) = self.states.get(&key) else { unreachable!() };
                assert_eq!(text(&record), *body);
            }
            Claim::Conflict | Claim::Crowded => {}
        }
    }

    async fn end(&mut self, key: usize, lose: bool) {
        let Some(lead) = self.leads.remove(&key) else { return };
        let Some(State::InFlight { content }) = self.states.remove(&key) else { unreachable!() };
        let body = if lose { UNKNOWN.to_owned() } else { format!("answer {}", self.settled) };
        self.settled += 1;
        if lose {
            drop(lead);
        } else {
            lead.settle(settlement(&body)).await;
        }
        let led_again = lose && is_safe(key);
        // 120 s of 300 s: expired at the second quarter.
        let state = if led_again {
            State::Lost { content, until: self.now + 2 }
        } else {
            State::Settled { content, body: body.clone(), until: self.now + QUARTERS }
        };
        self.states.insert(key, state);
        for waiter in self.waiters.remove(&key).unwrap_or_default() {
            match waiter.ending().await {
                Ending::Settled(record) => assert_eq!(text(&record), body),
                Ending::Lost => assert!(led_again, "a waiter of {key} was told to lead again"),
            }
        }
    }
}

fn text(record: &crate::ledger::Record) -> String {
    match record.settlement.upstream_status {
        Some(_) => String::from_utf8_lossy(record.settlement.answer.body()).into_owned(),
        None => UNKNOWN.to_owned(),
    }
}

async fn replay(steps: Vec<Step>) {
    let bench = MemoryBench::open(1 << 20);
    let mut history = History::default();
    for step in steps {
        match step {
            Step::Claim { key, content } => history.claim(bench.ledger(), key, content).await,
            Step::Settle { key } => history.end(key, false).await,
            Step::Lose { key } => history.end(key, true).await,
            Step::Pass { quarters } => {
                bench.pass(LIFE / QUARTERS * quarters).await;
                history.now += quarters;
                history.forget_expired();
            }
        }
    }
}

proptest! {
    #[test]
    fn no_history_tells_the_store_from_the_model(steps in prop::collection::vec(step(), 1..60)) {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime")
            .block_on(replay(steps));
    }
}
