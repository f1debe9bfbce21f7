//! A gateway that stops: it waits for running calls as long as its drain lasts, answers polls meanwhile, and says what it
//! cuts off.

use outcall_tests::gateway::Process;

use super::*;
use crate::stage::refused;

#[tokio::test]
async fn a_drain_waits_for_a_running_call_and_answers_its_polls() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let config = config(&upstream, "", r#", "server": {"drain": "1h"}"#);
    let mut gateway = Process::start(BINARY, &config, &[]).await;
    asked(gateway.addr(), &prompt("k")).await;
    gate.reached().await;
    gateway.signal("TERM").await;
    let said = gateway.said("calls still run behind tickets").await;
    assert!(said.contains("route=\"/llm\" calls=1") && said.contains("waited for"), "{said}");
    is_ticket(&asked(gateway.addr(), &poll("k", "p")).await, "k");
    gate.release();
    assert_eq!(end(gateway.addr(), "k").await.status, 200);
    assert!(gateway.ended().await.success());
    assert_eq!(upstream.hits(), 1);
}

#[tokio::test]
async fn what_a_drain_cuts_off_is_named_and_unknown_to_the_next_process() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let config = config(&upstream, "", r#", "server": {"drain": "1s"}"#);
    let folder = crate::durable::Folder::new();
    let store = format!("disk:{}", folder.path().display());
    let mut gateway = Process::start(BINARY, &config, &["--store", &store]).await;
    asked(gateway.addr(), &prompt("k")).await;
    gate.reached().await;
    gateway.signal("TERM").await;
    let said = gateway.said("they are cut off").await;
    assert!(said.contains("route=\"/llm\" calls=1"), "{said}");
    let said = gateway.said("a running call was cut off").await;
    assert!(said.contains(&ticket("k").to_string()), "{said}");
    assert!(gateway.ended().await.success());
    let gateway = Process::start(BINARY, &config, &["--store", &store]).await;
    refused(&asked(gateway.addr(), &poll("k", "p")).await, 502, "outcome-unknown", "unknown");
    is_ticket(&asked(gateway.addr(), &prompt("k")).await, "k");
    assert_eq!(upstream.hits(), 1);
}

/// With the usual drain of 30 s a call of ten minutes cannot be seen through: a gateway that stops begins none.
#[tokio::test]
async fn a_gateway_that_stops_gives_out_no_ticket_that_it_would_cut_off() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let mut gateway = Process::start(BINARY, &config(&upstream, "", ""), &[]).await;
    asked(gateway.addr(), &prompt("k")).await;
    gate.reached().await;
    gateway.signal("TERM").await;
    gateway.said("calls still run behind tickets").await;
    refused(&asked(gateway.addr(), &prompt("another")).await, 503, "draining", "no");
    gate.release();
    end(gateway.addr(), "k").await;
    assert!(gateway.ended().await.success());
    assert_eq!(upstream.hits(), 1);
}
