//! Hundreds of random schedules: whoever comes, breaks off, comes twice or late, there is one call and one answer.

use std::{collections::HashMap, sync::Arc};

use futures_util::{StreamExt, stream};
use outcall_tests::{
    gate::Gate,
    gateway::Gateway,
    replica::{Outcall, Subnet, agreed},
    schedule::Schedule,
    upstream::{Act, Script, Upstream},
};

use crate::config::route;

const SCHEDULES: u64 = 500;
/// Schedules that run at the same time.
const AT_ONCE: usize = 25;

/// What a seed stands for, beside its schedule.
struct Round {
    seed: u64,
    replicas: usize,
    outcall: Outcall,
}

impl Round {
    fn of(seed: u64) -> Self {
        let replicas = [4, 13, 34][usize::try_from(seed % 3).unwrap()];
        let key = format!("key-{seed}");
        let body = format!(r#"{{"order": {seed}, "padding": "{}"}}"#, "x".repeat(300));
        let path = format!("/r/{seed}");
        let outcall = match seed / 3 % 3 {
            0 => Outcall::get(&path),
            1 => Outcall::get(&path).key(&key),
            _ => Outcall::post(&path).key(&key).json(&body),
        };
        Self { seed, replicas, outcall }
    }
}

/// Runs one schedule with one key between the others.
async fn run(gateway: Arc<Gateway>, round: Round, gate: Gate) {
    let schedule = Schedule::random(round.seed, round.replicas);
    let answers =
        Subnet::new(gateway.addr(), round.replicas).burst_with(&round.outcall, &schedule, &gate).await;
    assert_eq!(answers.len(), schedule.answers());
    assert_eq!(agreed(&answers).status, 200);
}

/// Replay one schedule with `OUTCALL_SEED`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_every_schedule_there_is_one_call_and_one_answer() {
    let seeds: Vec<u64> = match std::env::var("OUTCALL_SEED") {
        Ok(seed) => vec![seed.parse().expect("OUTCALL_SEED is a number")],
        Err(_) => {
            let first = fastrand::u64(..u64::MAX / 2);
            (first..first + SCHEDULES).collect()
        }
    };
    let gates: Arc<HashMap<String, Gate>> =
        Arc::new(seeds.iter().map(|seed| (format!("/u/{seed}"), Gate::new())).collect());
    let held = gates.clone();
    let upstream = Upstream::start(Script::each(move |seen| Act::Varying.held_at(&held[&seen.target]))).await;
    let gateway = Arc::new(Gateway::start(&route("/r", &upstream.url("/u"))).await);

    let mut rounds = stream::iter(seeds.clone())
        .map(|seed| {
            let running =
                tokio::spawn(run(gateway.clone(), Round::of(seed), gates[&format!("/u/{seed}")].clone()));
            async move { (seed, running.await) }
        })
        .buffer_unordered(AT_ONCE);
    while let Some((seed, ended)) = rounds.next().await {
        assert!(ended.is_ok(), "the schedule of OUTCALL_SEED={seed} failed as said above");
    }

    let mut calls: HashMap<String, usize> = HashMap::new();
    for seen in upstream.finish().await {
        *calls.entry(seen.target).or_default() += 1;
    }
    for seed in seeds {
        let made = calls.remove(&format!("/u/{seed}")).unwrap_or(0);
        assert_eq!(made, 1, "calls under the schedule of OUTCALL_SEED={seed}");
    }
}

/// The control: the same upstream without a gateway answers everybody differently.
#[tokio::test]
async fn without_the_gateway_a_schedule_has_as_many_answers_as_visits() {
    let schedule = Schedule::random(17, 13);
    let gate = Gate::new();
    let upstream = Upstream::start(Script::always(Act::Varying.held_at(&gate))).await;
    let answers = Subnet::new(upstream.addr(), 13).burst_with(&Outcall::get("/u"), &schedule, &gate).await;
    let mut bodies: Vec<_> = answers.iter().map(|answer| answer.text()).collect();
    bodies.sort_unstable();
    bodies.dedup();
    assert_eq!(bodies.len(), schedule.answers());
}
