use futures_util::future::join_all;
use outcall_tests::gate::Gate;

use super::{
    Act, House, Outcall, Script,
    reader::{Families, read},
};

/// The sum of the samples of this family that have these labels.
fn value(families: &Families, name: &str, labels: &[(&str, &str)]) -> f64 {
    let family = families.get(name).unwrap_or_else(|| panic!("no {name}"));
    let has = |of: &std::collections::BTreeMap<String, String>| {
        labels.iter().all(|(label, value)| of.get(*label).is_some_and(|there| there == value))
    };
    let samples: Vec<f64> = family.samples.iter().filter(|(_, of, _)| has(of)).map(|it| it.2).collect();
    assert!(!samples.is_empty(), "no {name} with {labels:?}: {family:?}");
    samples.into_iter().sum()
}

async fn metrics(house: &House) -> Families {
    let answer = house.look("/metrics").await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    read(&answer.text()).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// One burst of thirteen, a late one, another's use of its key, and what is refused: each is counted as what it is.
#[tokio::test]
async fn every_part_that_a_request_can_have_is_counted_once() {
    let gate = Gate::new();
    let house = House::with(Script::always(Act::Varying.held_at(&gate)), &[]).await;
    let before = metrics(&house).await;
    let part = |families: &Families, outcome: &str| {
        value(families, "outcall_requests_total", &[("route", "/r"), ("outcome", outcome)])
    };
    assert_eq!(part(&before, "lead"), 0.0);
    let outcall = Outcall::post("/r").key("k").body("5 ICP");
    let burst = join_all((0..13).map(|_| house.replica.start(&outcall))).await;
    gate.reached().await;
    let waiting = loop {
        let now = metrics(&house).await;
        if value(&now, "outcall_followers_waiting", &[("route", "/r")]) == 12.0 {
            break now;
        }
    };
    assert_eq!(value(&waiting, "outcall_upstream_calls_in_flight", &[("route", "/r")]), 1.0);
    assert_eq!(value(&waiting, "outcall_ledger_keys", &[]), 1.0);
    assert!(value(&waiting, "outcall_ledger_bytes", &[]) > 2_000_000.0, "room for the largest answer");
    assert!(value(&waiting, "outcall_connections", &[]) >= 13.0);
    gate.release();
    for pending in burst {
        assert_eq!(pending.unwrap().answer().await.unwrap().status, 200);
    }
    house.send(&outcall).await;
    house.send(&outcall.clone().body("6 ICP")).await;
    house.send(&Outcall::post("/r")).await;
    house.send(&Outcall::get("/nowhere")).await;
    let after = metrics(&house).await;
    let parts =
        ["lead", "follow", "replay", "conflict", "refused", "left"].map(|outcome| part(&after, outcome));
    assert_eq!(parts, [1.0, 12.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!(value(&after, "outcall_requests_total", &[("route", "none"), ("outcome", "refused")]), 1.0);
    for (route, kind) in [("/r", "key-reused"), ("/r", "key-missing"), ("none", "no-route")] {
        assert_eq!(
            value(&after, "outcall_problems_total", &[("route", route), ("kind", kind)]),
            1.0,
            "{kind}"
        );
    }
    assert_eq!(value(&after, "outcall_upstream_calls_saved_total", &[("route", "/r")]), 13.0);
    assert_eq!(value(&after, "outcall_keys_total", &[("route", "/r"), ("outcome", "answered")]), 1.0);
    assert_eq!(
        value(&after, "outcall_upstream_calls_total", &[("route", "/r"), ("outcome", "complete")]),
        1.0
    );
    assert_eq!(value(&after, "outcall_followers_waiting", &[("route", "/r")]), 0.0);
    assert_eq!(house.upstream.hits(), 1);
    for name in ["outcall_upstream_duration_seconds", "outcall_request_duration_seconds"] {
        let count = after[name].samples.iter().filter(|it| it.0.ends_with("_count") && it.1["route"] == "/r");
        let expected = if name.contains("upstream") { 1.0 } else { 16.0 };
        assert_eq!(count.map(|it| it.2).sum::<f64>(), expected, "{name}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_counted_and_so_is_its_outcall() {
    let gate = Gate::new();
    let house = House::with(Script::always(Act::Varying.held_at(&gate)), &[]).await;
    let pending = house.replica.start(&Outcall::post("/r").key("k")).await.unwrap();
    gate.reached().await;
    drop(pending);
    let left = async || value(&metrics(&house).await, "outcall_requests_total", &[("outcome", "left")]);
    while left().await < 1.0 {}
    gate.release();
    house.send(&Outcall::post("/r").key("k")).await;
    let now = metrics(&house).await;
    assert_eq!(value(&now, "outcall_keys_total", &[("route", "/r"), ("outcome", "answered")]), 1.0);
    assert_eq!(value(&now, "outcall_requests_total", &[("outcome", "lead")]), 0.0);
}

#[tokio::test]
async fn an_unknown_outcome_is_counted() {
    let house = House::with(Script::always(Act::ResetAfterReading), &[]).await;
    let outcall = Outcall::post("/r").key("k");
    assert_eq!(house.send(&outcall).await.status, 502);
    let now = metrics(&house).await;
    assert_eq!(value(&now, "outcall_keys_total", &[("route", "/r"), ("outcome", "unknown")]), 1.0);
    assert_eq!(value(&now, "outcall_upstream_calls_total", &[("outcome", "broken_off")]), 1.0);
    assert_eq!(value(&now, "outcall_problems_total", &[("kind", "outcome-unknown")]), 1.0);
}

#[tokio::test]
async fn what_runs_is_told() {
    let house = House::new().await;
    let now = metrics(&house).await;
    assert_eq!(value(&now, "outcall_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), 1.0);
    let started = value(&now, "process_start_time_seconds", &[]);
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!(started > 1.7e9 && started <= clock, "{started}");
    assert_eq!(value(&now, "outcall_ledger_room_bytes", &[]), 1_073_741_824.0);
    for (name, expected) in [("outcall_ledger_reachable", 1.0), ("outcall_draining", 0.0)] {
        assert_eq!(value(&now, name, &[]), expected, "{name}");
    }
}
