//! A burst that the signal comes in the middle of.

use outcall_tests::replica::{Outcall, Replica, agreed};

use super::{Draining, ended};
use crate::stage::refused;

#[tokio::test]
async fn a_burst_across_the_signal_gets_one_answer() {
    let mut draining = Draining::start("30s").await;
    let replica = Replica::new(draining.gateway.addr());
    let outcall = Outcall::post("/r/held").key("k").json("{}");
    let mut kept = replica.session().await.unwrap();
    let before = kept.send(&Outcall::post("/r").key("before").json("{}")).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..6 {
        waiting.push(replica.start(&outcall).await.unwrap());
    }
    draining.gate.reached().await;
    draining.stop().await;
    for _ in 0..6 {
        waiting.push(replica.start(&outcall).await.unwrap());
    }
    draining.gate.release();
    let mut answers = Vec::new();
    for pending in waiting {
        answers.push(pending.answer().await.unwrap());
    }
    answers.push(replica.send(&outcall).await.unwrap());
    answers.push(kept.send(&outcall).await.unwrap());
    assert_eq!(agreed(&answers).status, 200);
    let replayed = kept.send(&Outcall::post("/r").key("before").json("{}")).await.unwrap();
    assert_eq!(replayed, before, "what was settled before the signal replays");
    assert!(ended(draining.gateway).await.success());
    assert_eq!(draining.upstream.finish().await.len(), 2);
}

#[tokio::test]
async fn what_outlasts_the_drain_is_unknown_to_all_its_replicas() {
    let mut draining = Draining::start("2s").await;
    let replica = Replica::new(draining.gateway.addr());
    // Those that are safe to repeat are lost, and nobody is left to lead them.
    let outcalls: Vec<_> = (0..24)
        .map(|number| match number % 2 {
            0 => Outcall::get(&format!("/r/held?{number}")),
            _ => Outcall::post("/r/held").key(&number.to_string()).json("{}"),
        })
        .collect();
    let mut waiting = Vec::new();
    for outcall in &outcalls {
        let mut burst = Vec::new();
        for _ in 0..5 {
            burst.push(replica.start(outcall).await.unwrap());
        }
        waiting.push(burst);
    }
    draining.gate.reached_by(outcalls.len()).await;
    draining.stop().await;
    for (outcall, burst) in outcalls.iter().zip(waiting) {
        let mut answers = Vec::new();
        for pending in burst {
            answers.push(pending.answer().await.unwrap_or_else(|error| panic!("{outcall:?}: {error}")));
        }
        let answer = agreed(&answers);
        let kind = if outcall.method == "POST" { "outcome-unknown" } else { "leader-lost" };
        refused(answer, 502, kind, "unknown");
    }
    assert!(ended(draining.gateway).await.success());
    assert_eq!(draining.upstream.hits(), outcalls.len(), "nothing was sent again");
}
