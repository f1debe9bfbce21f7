//! Calls that are cancelled, places that are taken, and what operators see of it.

use outcall_tests::gateway::{Gateway, Process};

use super::*;
use crate::stage::refused;

#[tokio::test]
async fn a_cancelled_call_closes_its_connection_and_is_cancelled_for_everybody() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let gateway = Gateway::start(&config(&upstream, "", "").replace("true", r#"{"cancel": true}"#)).await;
    is_ticket(&asked(gateway.addr(), &prompt("k")).await, "k");
    gate.reached().await;
    let cancel = Outcall::post(&ticket("k").cancel_location("/llm")).key("c");
    let cancelled = asked(gateway.addr(), &cancel).await;
    refused(&cancelled, 502, "cancelled", "unknown");
    upstream.abandoned_by(1).await;
    gate.release();
    assert_eq!(asked(gateway.addr(), &poll("k", "p")).await, cancelled);
    assert_eq!(upstream.hits(), 1);
}

#[tokio::test]
async fn with_every_place_taken_all_replicas_are_refused_alike() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let gateway = Gateway::start(&config(&upstream, "", "").replace("true", r#"{"running": 1}"#)).await;
    is_ticket(&asked(gateway.addr(), &prompt("first")).await, "first");
    gate.reached().await;
    let second = asked(gateway.addr(), &prompt("second")).await;
    refused(&second, 503, "upstream-busy", "no");
    gate.release();
    assert_eq!(end(gateway.addr(), "first").await.status, 200);
    assert_eq!(asked(gateway.addr(), &prompt("second")).await, second);
    is_ticket(&asked(gateway.addr(), &prompt("third")).await, "third");
    end(gateway.addr(), "third").await;
    assert_eq!(upstream.hits(), 2);
}

/// A changed configuration bounds the calls that began under the one before, too.
#[tokio::test]
async fn running_calls_are_counted_over_a_reload() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let gateway = Gateway::start(&config(&upstream, "", "")).await;
    asked(gateway.addr(), &prompt("first")).await;
    gate.reached().await;
    let changes = gateway.reload(&config(&upstream, "", "").replace("true", r#"{"running": 1}"#));
    assert_eq!(changes.changed, ["/llm"]);
    refused(&asked(gateway.addr(), &prompt("second")).await, 503, "upstream-busy", "no");
    gate.release();
    assert_eq!(end(gateway.addr(), "first").await.status, 200);
}

#[tokio::test]
async fn operators_see_what_runs_and_for_how_long() {
    let gate = Gate::new();
    let upstream = thinking(&gate).await;
    let gateway = Process::start(BINARY, &config(&upstream, "", ""), &["--admin", "127.0.0.1:0"]).await;
    asked(gateway.addr(), &prompt("k")).await;
    gate.reached().await;
    let look = async |path: &str| {
        let answer = Replica::new(gateway.admin()).send(&Outcall::get(path)).await.unwrap();
        answer.text()
    };
    let metrics = look("/metrics").await;
    assert!(metrics.contains("\noutcall_running_calls{route=\"/llm\"} 1\n"), "{metrics}");
    let sample = metrics
        .lines()
        .find_map(|line| line.strip_prefix("outcall_running_call_oldest_age_seconds{route=\"/llm\"} "));
    assert!(sample.is_some_and(|age| age.parse::<f64>().is_ok_and(|age| age > 0.0)), "{metrics}");
    let page = look("/live").await;
    assert!(page.contains("Running behind tickets") && page.contains("1 of 100 in all."), "{page}");
    gate.release();
    end(gateway.addr(), "k").await;
    let idle = |metrics: &str| metrics.contains("\noutcall_running_calls{route=\"/llm\"} 0\n");
    while !idle(&look("/metrics").await) {}
}
