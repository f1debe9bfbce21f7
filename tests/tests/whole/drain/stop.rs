//! Signals, and how soon the process is gone.

use outcall_tests::replica::{Outcall, Replica};

use super::{Draining, ended};

#[tokio::test]
async fn an_idle_gateway_is_gone_at_once() {
    for signal in ["INT", "TERM"] {
        let draining = Draining::start("1h").await;
        // Neither a connection without a request nor one without an answer that was ever recorded keeps it.
        let _idle = Replica::new(draining.gateway.addr()).session().await.unwrap();
        let mut refused = Replica::new(draining.gateway.addr()).session().await.unwrap();
        assert_eq!(refused.send(&Outcall::get("/none")).await.unwrap().status, 404);
        draining.gateway.signal(signal).await;
        assert!(ended(draining.gateway).await.success(), "{signal}");
        assert!(refused.closed().await.unwrap(), "{signal}: the connection is closed in order");
    }
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    for (first, second) in [("TERM", "TERM"), ("INT", "INT"), ("TERM", "INT")] {
        let mut draining = Draining::start("1h").await;
        let replica = Replica::new(draining.gateway.addr());
        let held = replica.start(&Outcall::post("/r/held").key("k").json("{}")).await.unwrap();
        let get = replica.start(&Outcall::get("/r/held")).await.unwrap();
        draining.gate.reached_by(2).await;
        draining.gateway.signal(first).await;
        let drains = draining.gateway.said("draining").await;
        assert!(drains.contains("requests=2 calls=2"), "{drains}");
        draining.gateway.signal(second).await;
        let said = draining.gateway.said("stopped at once: what was in flight is lost").await;
        assert!(said.contains("requests=2 calls=2 outcome_unknown=1"), "the order, and not the GET: {said}");
        let status = ended(draining.gateway).await;
        assert_eq!(status.code(), Some(1), "{first}, then {second}");
        for cut in [held, get] {
            cut.answer().await.unwrap_err();
        }
    }
}

#[tokio::test]
async fn after_the_last_answer_it_goes_long_before_the_drain_is_over() {
    let mut draining = Draining::start("1h").await;
    let replica = Replica::new(draining.gateway.addr());
    let held = replica.start(&Outcall::post("/quick/held").key("k").json("{}")).await.unwrap();
    draining.gate.reached().await;
    draining.stop().await;
    draining.gate.release();
    assert_eq!(held.answer().await.unwrap().status, 200);
    draining.gateway.said("staying for late replicas of the last burst").await;
    assert!(ended(draining.gateway).await.success());
}
