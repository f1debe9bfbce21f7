//! New keys during a drain: led as long as what is left of it covers their call.

use outcall_tests::replica::{Outcall, Replica, Subnet, agreed};

use super::{Draining, ended};
use crate::stage::refused;

#[tokio::test]
async fn a_new_key_is_led_where_its_timeout_fits_and_refused_where_it_does_not() {
    let mut draining = Draining::start("20s").await;
    let addr = draining.gateway.addr();
    let subnet = Subnet::new(addr, 13);
    let replica = Replica::new(addr);
    let held = Outcall::post("/r/held").key("held").json("{}");
    let leader = replica.start(&held).await.unwrap();
    draining.gate.reached().await;
    draining.stop().await;

    let late = Outcall::post("/r").key("late").json("{}");
    let refusals = subnet.burst(&late).await;
    refused(agreed(&refusals), 503, "draining", "no");
    refused(agreed(&subnet.burst(&Outcall::get("/r?late")).await), 503, "draining", "no");
    assert_eq!(replica.send(&late).await.unwrap(), refusals[0], "the refusal is recorded");
    refused(&replica.send(&late.clone().body("[]")).await.unwrap(), 422, "key-reused", "no");

    for quick in [Outcall::post("/quick").key("quick").json("{}"), Outcall::get("/quick")] {
        assert_eq!(agreed(&subnet.burst(&quick).await).status, 200);
    }
    let follower = replica.start(&held).await.unwrap();
    draining.gate.release();
    assert_eq!(agreed(&[leader.answer().await.unwrap(), follower.answer().await.unwrap()]).status, 200);
    assert!(ended(draining.gateway).await.success());
    assert_eq!(draining.upstream.finish().await.len(), 3, "the held one and the two quick ones");
}

#[tokio::test]
async fn before_the_signal_every_key_is_led() {
    let draining = Draining::start("1s").await;
    let subnet = Subnet::new(draining.gateway.addr(), 13);
    let answers = subnet.burst(&Outcall::post("/r").key("k").json("{}")).await;
    assert_eq!(agreed(&answers).status, 200, "a drain shorter than the timeout matters only in a drain");
}
