//! Which connections an upstream call rides on: what must not be repeated never on one that may just be closing, and
//! the client library's own repetitions are harmless.

use std::{collections::HashMap, time::Duration};

use outcall_tests::{
    gateway::Gateway,
    replica::{Answer, Outcall, Replica},
    upstream::{Act, Reply, Script, Upstream},
};

use crate::config::route;

async fn start(script: Script<Act>) -> (Upstream, Gateway, Replica) {
    let upstream = Upstream::start(script).await;
    let gateway = Gateway::start(&route("/r", &upstream.url("/u"))).await;
    let replica = Replica::new(gateway.addr());
    (upstream, gateway, replica)
}

fn pay(number: usize) -> Outcall {
    Outcall::post("/r").key(&format!("k-{number}")).json(&format!(r#"{{"payment":{number}}}"#))
}

fn ask(number: usize) -> Outcall {
    Outcall::get("/r").key(&format!("k-{number}"))
}

/// Longer than the second for which a connection may have been idle. To wait for real is the subject here: what is
/// tested is how long a real connection was idle.
async fn idle_for_more_than_a_second() {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
}

#[tokio::test]
async fn a_post_never_rides_on_a_connection_that_was_idle_for_a_second() {
    let (upstream, _gateway, replica) = start(Script::always(Act::json("{}"))).await;
    for number in 0..3 {
        assert_eq!(replica.send(&pay(number)).await.unwrap().status, 200);
        idle_for_more_than_a_second().await;
    }
    let on: Vec<_> = upstream.requests().iter().map(|seen| seen.connection).collect();
    assert_eq!(on, [0, 1, 2]);
}

/// The control: what is safe to repeat does.
#[tokio::test]
async fn a_get_rides_on_a_connection_that_was_idle_for_a_second() {
    let (upstream, _gateway, replica) = start(Script::always(Act::json("{}"))).await;
    for number in 0..3 {
        assert_eq!(replica.send(&ask(number)).await.unwrap().status, 200);
        idle_for_more_than_a_second().await;
    }
    let on: Vec<_> = upstream.requests().iter().map(|seen| seen.connection).collect();
    assert_eq!(on, [0, 0, 0]);
}

#[tokio::test]
async fn a_post_never_rides_on_the_idle_connection_of_a_get() {
    let (upstream, _gateway, replica) = start(Script::always(Act::json("{}"))).await;
    assert_eq!(replica.send(&ask(0)).await.unwrap().status, 200);
    idle_for_more_than_a_second().await;
    assert_eq!(replica.send(&pay(1)).await.unwrap().status, 200);
    let on: Vec<_> = upstream.requests().iter().map(|seen| seen.connection).collect();
    assert_eq!(on, [0, 1]);
}

#[tokio::test]
async fn posts_in_a_row_share_connections() {
    let (upstream, _gateway, replica) = start(Script::always(Act::json("{}"))).await;
    for number in 0..50 {
        assert_eq!(replica.send(&pay(number)).await.unwrap().status, 200);
    }
    // A connection is not always back in its place when the next call wants it, so some calls open one more.
    assert!(upstream.connections() < 25, "{} connections for 50 calls in a row", upstream.connections());
    assert_eq!(upstream.hits(), 50);
}

/// What the upstream saw of each key, and what each key's replica was told.
fn assert_never_twice(upstream: &Upstream, answers: &[Answer]) {
    let mut executed: HashMap<String, usize> = HashMap::new();
    for seen in upstream.requests() {
        *executed.entry(seen.text()).or_default() += 1;
    }
    assert_eq!(upstream.incomplete(), 0, "requests that broke off may have been executed too");
    for (number, answer) in answers.iter().enumerate() {
        let times = executed.get(&format!(r#"{{"payment":{number}}}"#)).copied().unwrap_or_default();
        assert!(times <= 1, "payment {number} was executed {times} times");
        match answer.status {
            200 => assert_eq!(times, 1, "payment {number}: {answer:?}"),
            502 => assert_ne!((&answer.problem()["executed"], times), (&"no".into(), 1), "payment {number}"),
            _ => panic!("payment {number}: {answer:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_post_right_after_the_upstream_closed_its_connection_is_never_executed_twice() {
    let (upstream, _gateway, replica) = start(Script::always(Act::CloseIdle(Reply::json("{}")))).await;
    let mut answers = Vec::new();
    for number in 0..200 {
        answers.push(replica.send(&pay(number)).await.unwrap());
    }
    assert_never_twice(&upstream, &answers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn crowds_of_posts_on_connections_that_close_are_never_executed_twice() {
    let (upstream, _gateway, replica) = start(Script::always(Act::CloseIdle(Reply::json("{}")))).await;
    let mut answers = Vec::new();
    for round in 0..25 {
        let calls = (0..16).map(|number| {
            let (replica, outcall) = (replica.clone(), pay(16 * round + number));
            tokio::spawn(async move { replica.send(&outcall).await.unwrap() })
        });
        for call in calls.collect::<Vec<_>>() {
            answers.push(call.await.unwrap());
        }
    }
    assert_never_twice(&upstream, &answers);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_get_right_after_the_upstream_closed_its_connection_recovers() {
    let (upstream, _gateway, replica) = start(Script::always(Act::CloseIdle(Reply::json("{}")))).await;
    for number in 0..200 {
        let answer = replica.send(&ask(number)).await.unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (200, "{}"), "call {number}: {answer:?}");
    }
    assert!(upstream.hits() >= 200);
}

/// The kept connection is reset at the first byte of the second request. Had the library sent it again on a new
/// connection, the script would not have foreseen it.
#[tokio::test]
async fn a_post_that_was_written_to_a_dying_connection_is_not_written_again() {
    let steps = [Act::json("{}"), Act::ResetBeforeReading];
    let (upstream, _gateway, replica) = start(Script::steps(steps)).await;
    assert_eq!(replica.send(&pay(0)).await.unwrap().status, 200);
    let answer = replica.send(&pay(1)).await.unwrap();
    assert_eq!(answer.problem()["type"], "urn:outcall-gateway:outcome-unknown", "{answer:?}");
    assert_eq!(upstream.finish().await.len(), 1);
}

/// The control: where it is safe, it is written again.
#[tokio::test]
async fn a_get_that_was_written_to_a_dying_connection_is_written_again() {
    let steps = [Act::json("{}"), Act::ResetBeforeReading, Act::json(r#"{"again":true}"#)];
    let (upstream, _gateway, replica) = start(Script::steps(steps)).await;
    assert_eq!(replica.send(&ask(0)).await.unwrap().status, 200);
    assert_eq!(replica.send(&ask(1)).await.unwrap().text(), r#"{"again":true}"#);
    assert_eq!(upstream.finish().await.len(), 2);
}
