//! Killed at random moments under load: no order is sent twice, and no order has two answers.
//!
//! Twenty kills, or as many as `OUTCALL_KILLS` says; the seed is printed, and `OUTCALL_SEED` plays it again.

use std::{
    collections::HashMap,
    io::{self, Write as _},
    time::Duration,
};

use futures_util::future::join_all;
use outcall_tests::{
    gate::Gate,
    upstream::{Act, Script, Seen, Upstream},
};

use super::*;
use crate::stage::refused;

const KILLS: u64 = 20;
/// Orders of one round, beside the one whose answer never comes.
const ORDERS: usize = 8;

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: {text:?} is no number")))
}

/// What became of all orders.
#[derive(Default)]
struct Books {
    answers: HashMap<String, Answer>,
    unknown: usize,
    before_the_kill: usize,
}

impl Books {
    /// The one answer of an order; every other one that was recorded is the same.
    fn enter(&mut self, key: &str, answer: &Answer) {
        let first = self.answers.entry(key.to_owned()).or_insert_with(|| answer.clone());
        assert_eq!(first, answer, "{key} has two answers");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kill_sends_an_order_twice_or_gives_it_two_answers() {
    let seed = number("OUTCALL_SEED").unwrap_or_else(|| fastrand::u64(..));
    let kills = number("OUTCALL_KILLS").unwrap_or(KILLS);
    println!("OUTCALL_SEED={seed} OUTCALL_KILLS={kills}");
    let mut random = fastrand::Rng::with_seed(seed);
    let held = Gate::new();
    let at_gate = held.clone();
    let mut delays = random.fork();
    let upstream = Upstream::start(Script::each(move |seen: &Seen| {
        if seen.text().contains("held") {
            return Act::Varying.held_at(&at_gate);
        }
        Act::Delay(Duration::from_micros(delays.u64(..8_000)), Box::new(Act::Varying))
    }))
    .await;
    let config = format!(r#"{{"/r": "{}"}}"#, upstream.url("/u"));
    let folder = Folder::new();
    let mut books = Books::default();
    for round in 0..kills {
        let gateway = start(&folder.0, &config).await;
        let mut keys: Vec<String> = (0..ORDERS).map(|order| format!("{round}-{order}")).collect();
        keys.push(format!("{round}-held"));
        let subnet = Subnet::new(gateway.addr(), REPLICAS);
        let outcalls: Vec<Outcall> = keys.iter().map(|key| order(key)).collect();
        let bursts = join_all(outcalls.iter().map(|outcall| subnet.try_burst(outcall)));
        let moment = Duration::from_micros(random.u64(..12_000));
        let killed = async {
            held.reached_by(round as usize + 1).await;
            // The moment itself, and nothing that anybody waits for.
            tokio::time::sleep(moment).await;
            gateway.signal("KILL").await;
        };
        let (answers, ()) = tokio::join!(bursts, killed);
        gateway.ended().await;

        let gateway = start(&folder.0, &config).await;
        for (key, answers) in keys.iter().zip(answers) {
            let settled = asked(&gateway, &order(key)).await;
            books.enter(key, &settled);
            for before in answers.into_iter().filter_map(Result::ok) {
                books.before_the_kill += 1;
                books.enter(key, &before);
            }
            if settled.status != 200 {
                refused(&settled, 502, "outcome-unknown", "unknown");
                books.unknown += 1;
            }
        }
        assert_ne!(books.answers[keys.last().unwrap()].status, 200, "nobody gave this answer");
        gateway.signal("KILL").await;
        gateway.ended().await;
    }
    // And none of it was only true until the next kill.
    let gateway = start(&folder.0, &config).await;
    let known = std::mem::take(&mut books.answers);
    for (key, answer) in &known {
        assert_eq!(asked(&gateway, &order(key)).await, *answer, "{key} has two answers");
    }
    let mut sent = HashMap::<String, usize>::new();
    for seen in upstream.requests() {
        *sent.entry(seen.text()).or_default() += 1;
    }
    for (order, times) in &sent {
        assert_eq!(*times, 1, "{order} was sent {times} times");
    }
    for (key, answer) in known.iter().filter(|(_, answer)| answer.status == 200) {
        assert!(sent.contains_key(&order_text(key)), "nobody gave the answer of {key}: {answer:?}");
    }
    // Past the capture of passing tests: what was proved is worth a line.
    let _ = writeln!(
        io::stdout(),
        "\n{kills} kills: {} orders, {} of them sent once and {} never; {} outcomes unknown; {} answers before a kill, all of \
         them the recorded ones",
        known.len(),
        sent.len(),
        known.len() - sent.len(),
        books.unknown,
        books.before_the_kill,
    );
}

/// The control: what is not kept on a disk is sent again.
#[tokio::test]
async fn without_a_durable_ledger_a_kill_sends_an_order_twice() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let config = format!(r#"{{"/r": "{}"}}"#, upstream.url("/u"));
    let mut answers = Vec::new();
    for _ in 0..2 {
        let gateway = Process::start(BINARY, &config, &["--store", "memory"]).await;
        answers.push(asked(&gateway, &order("k")).await);
        gateway.signal("KILL").await;
        gateway.ended().await;
    }
    assert_ne!(answers[0], answers[1]);
    assert_eq!(upstream.hits(), 2);
}
