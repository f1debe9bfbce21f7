//! A burst across SIGTERM: its replicas get one answer before, during and after.

use outcall_tests::{
    gate::Gate,
    replica::Replica,
    upstream::{Act, Script, Upstream},
};

use super::*;

#[tokio::test]
async fn a_burst_across_sigterm_has_one_answer_and_so_has_the_next_process() {
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::Varying.held_at(&gate)])).await;
    let config = format!(r#"{{"/r": "{}"}}"#, upstream.url("/u"));
    let folder = Folder::new();
    let mut gateway = start(&folder.0, &config).await;
    let (replica, outcall) = (Replica::new(gateway.addr()), order("k"));
    let mut waiting = Vec::new();
    for _ in 0..6 {
        waiting.push(replica.start(&outcall).await.unwrap());
    }
    gate.reached().await;
    gateway.signal("TERM").await;
    gateway.said("draining").await;
    for _ in 0..6 {
        waiting.push(replica.start(&outcall).await.unwrap());
    }
    gate.release();
    let mut answers = Vec::new();
    for pending in waiting {
        answers.push(pending.answer().await.unwrap());
    }
    assert!(gateway.ended().await.success());
    let gateway = start(&folder.0, &config).await;
    answers.push(asked(&gateway, &outcall).await);
    assert_eq!(agreed(&answers).status, 200);
    assert_eq!(upstream.finish().await.len(), 1);
}

#[tokio::test]
async fn what_a_drain_cuts_off_is_unknown_to_the_next_process_too() {
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::Varying.held_at(&gate)])).await;
    let config = format!(r#"{{"server": {{"drain": "1s"}}, "/r": "{}"}}"#, upstream.url("/u"));
    let folder = Folder::new();
    let gateway = start(&folder.0, &config).await;
    let (replica, outcall) = (Replica::new(gateway.addr()), order("k"));
    let pending = replica.start(&outcall).await.unwrap();
    gate.reached().await;
    gateway.signal("TERM").await;
    let cut_off = pending.answer().await.unwrap();
    crate::stage::refused(&cut_off, 502, "outcome-unknown", "unknown");
    assert!(gateway.ended().await.success());
    let gateway = start(&folder.0, &config).await;
    assert_eq!(asked(&gateway, &outcall).await, cut_off);
    assert_eq!(upstream.hits(), 1);
}
