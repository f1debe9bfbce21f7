//! How many may wait for one key.

use futures_util::{StreamExt, stream::FuturesUnordered};
use outcall_tests::{
    gate::Gate,
    replica::{Outcall, agreed},
    upstream::{Act, Script},
};

use crate::stage::{Stage, refused};

#[tokio::test]
async fn a_leader_and_256_followers_are_answered_and_everybody_beyond_is_told_to_ask_again() {
    const WAITING: usize = 1 + 256;
    const BEYOND: usize = 23;
    let gate = Gate::new();
    let stage = Stage::of(Script::steps([Act::Varying.held_at(&gate)]), "").await;
    let outcall = Outcall::post("/r").key("k").body("{}");
    let mut calls: FuturesUnordered<_> =
        (0..WAITING + BEYOND).map(|_| tokio::spawn(stage.send(&outcall))).collect();
    gate.reached().await;
    // While the answer is held back, only those are answered for whom there is no place.
    let mut beyond = Vec::new();
    for _ in 0..BEYOND {
        beyond.push(calls.next().await.unwrap().unwrap());
    }
    refused(agreed(&beyond), 503, "waiters-full", "unknown");
    gate.release();
    let mut answers = Vec::new();
    while let Some(answer) = calls.next().await {
        answers.push(answer.unwrap());
    }
    assert_eq!((answers.len(), agreed(&answers).status), (WAITING, 200));
    assert_eq!(stage.send(&outcall).await, answers[0], "who asks again gets the answer");
    assert_eq!(stage.upstream.hits(), 1);
}

#[tokio::test]
async fn a_crowd_at_one_key_is_in_nobody_elses_way() {
    let gate = Gate::new();
    let held = gate.clone();
    let script = Script::each(move |seen| match seen.text().as_str() {
        "held" => Act::Varying.held_at(&held),
        _ => Act::Varying,
    });
    let stage = Stage::of(script, "").await;
    let crowd = Outcall::post("/r").key("crowd").body("held");
    let mut calls: FuturesUnordered<_> = (0..258).map(|_| tokio::spawn(stage.send(&crowd))).collect();
    refused(&calls.next().await.unwrap().unwrap(), 503, "waiters-full", "unknown");
    assert_eq!(stage.send(&Outcall::post("/r").key("other").body("{}")).await.status, 200);
    gate.release();
    while let Some(answer) = calls.next().await {
        assert_eq!(answer.unwrap().status, 200);
    }
    assert_eq!(stage.upstream.hits(), 2);
}
