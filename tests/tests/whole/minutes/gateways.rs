//! Two gateways on one Redis: a ticket is good at either.

use outcall_tests::{gateway::Process, redis::Redis};

use super::*;
use crate::{redis::bench::server, stage::refused};

async fn gateway(redis: &Redis, config: &str) -> Process {
    Process::start(BINARY, config, &["--store", &redis.url(), "--log", "off"]).await
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn polls_at_either_gateway_see_the_call_of_the_other_and_its_end() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let (redis, config) = (server().await, config(&upstream, "", ""));
    let (one, other) = (gateway(&redis, &config).await, gateway(&redis, &config).await);
    let given = asked(one.addr(), &prompt("k")).await;
    gate.reached().await;
    assert_eq!(asked(other.addr(), &prompt("k")).await, given, "replicas of the POST at the other");
    for at in [&one, &other] {
        is_ticket(&asked(at.addr(), &poll("k", &format!("running-at-{}", at.addr().port()))).await, "k");
    }
    let (here, there) = (Subnet::new(one.addr(), 7), Subnet::new(other.addr(), 6));
    let straddling = poll("k", "straddling");
    let mut polled = here.burst(&straddling).await;
    gate.release();
    let answer = end(other.addr(), "k").await;
    polled.extend(there.burst(&straddling).await);
    is_ticket(agreed(&polled), "k");
    for at in [&one, &other] {
        assert_eq!(asked(at.addr(), &poll("k", &format!("ended-at-{}", at.addr().port()))).await, answer);
    }
    assert_eq!((answer.status, upstream.hits()), (200, 1));
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_call_is_cancelled_from_the_gateway_that_does_not_run_it() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let config = config(&upstream, "", "").replace("true", r#"{"cancel": true}"#);
    let redis = server().await;
    let (one, other) = (gateway(&redis, &config).await, gateway(&redis, &config).await);
    asked(one.addr(), &prompt("k")).await;
    gate.reached().await;
    let cancel = Outcall::post(&ticket("k").cancel_location("/llm")).key("c");
    let cancelled = asked(other.addr(), &cancel).await;
    refused(&cancelled, 502, "cancelled", "unknown");
    upstream.abandoned_by(1).await;
    assert_eq!(asked(one.addr(), &poll("k", "p")).await, cancelled);
    assert_eq!(upstream.hits(), 1);
}

/// The gateway that runs the call dies: its lease ends, and the outcome is unknown to who polls at the other.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn what_a_dead_gateway_ran_is_unknown_at_the_other() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let (redis, config) = (server().await, config(&upstream, "", ""));
    let (one, other) = (gateway(&redis, &config).await, gateway(&redis, &config).await);
    let given = asked(one.addr(), &prompt("k")).await;
    gate.reached().await;
    one.signal("KILL").await;
    one.ended().await;
    let answer = end(other.addr(), "k").await;
    refused(&answer, 502, "outcome-unknown", "unknown");
    assert_eq!(asked(other.addr(), &prompt("k")).await, given);
    assert_eq!(upstream.hits(), 1);
}
