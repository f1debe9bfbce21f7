//! The room for bodies and for upstream answers: who holds it how long, and what happens without it.

use super::*;
use crate::config::Route;

const BODY: &str = "5 ICP";

/// The room that thirteen requests hold while the upstream thinks, in bytes, and what is left of it afterwards.
async fn held_while_waiting(method: Method, path: &str) -> (usize, usize) {
    let mut upstream = upstream(false).await;
    let app = app(&upstream, 0);
    let look = async {
        // The thirteen came first: by the time that one of them is upstream, all of them wait.
        upstream.hits.wait_for(|hits| *hits == 1).await.unwrap();
        let held = limits::BODIES_BYTES_MAX - app.bodies.free();
        upstream.gate.send_replace(true);
        held
    };
    let (answer, held) = tokio::join!(everybody(&app, method, path, BODY), look);
    assert_eq!(text(&answer), "answer 1");
    (held, limits::BODIES_BYTES_MAX - app.bodies.free())
}

#[tokio::test]
async fn of_what_nobody_leads_again_only_the_leader_holds_the_body() {
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        assert_eq!(held_while_waiting(method.clone(), "/r").await, (BODY.len(), 0), "{method}");
    }
}

/// The control: who may have to lead holds his body.
#[tokio::test]
async fn who_may_lead_again_holds_the_body() {
    for (method, path) in [(Method::GET, "/r"), (Method::POST, "/i")] {
        // The leader's request and its task share one body.
        assert_eq!(held_while_waiting(method.clone(), path).await, (13 * BODY.len(), 0), "{method}");
    }
}

fn route(app: &App, path: &str) -> Arc<Route> {
    app.in_force().routes.find(path).unwrap().0.route.clone()
}

/// All the room for upstream answers.
fn take_all(app: &App) -> Vec<answers::Room> {
    let route = route(app, "/r");
    let taken: Vec<_> = std::iter::from_fn(|| app.answers.room(&route)).collect();
    assert_eq!(taken.len(), limits::ANSWERS_BYTES_MAX / limits::ANSWER_BYTES_MAX);
    taken
}

#[tokio::test]
async fn without_room_for_its_answer_a_key_is_refused_for_everybody_and_not_sent() {
    for (method, path) in [(Method::GET, "/r"), (Method::POST, "/r"), (Method::POST, "/i")] {
        let upstream = upstream(true).await;
        let app = app(&upstream, 0);
        let taken = take_all(&app);
        let answer = everybody(&app, method.clone(), path, "").await;
        assert_eq!(answer, Problem::UpstreamBusy.answer(&method));
        drop(taken);
        let late = everybody(&app, method.clone(), path, "").await;
        assert_eq!(late, answer, "{method}: the refusal is recorded");
        assert_eq!(*upstream.hits.borrow(), 0, "{method} was sent");
    }
    assert_eq!(Problem::UpstreamBusy.facts().executed, crate::error::Executed::No);
}

/// The control: what a call took is free again after it.
#[tokio::test]
async fn with_just_enough_room_calls_are_made_one_after_the_other() {
    let upstream = upstream(true).await;
    let app = app(&upstream, 0);
    let mut taken = take_all(&app);
    taken.pop();
    for (number, path) in ["/r/1", "/r/2", "/r/3"].into_iter().enumerate() {
        let key = format!("k-{number}");
        let answer = ask_under(&app, &key, Method::POST, path, BODY).await;
        assert_eq!(text(&answer), format!("answer {}", number + 1));
    }
}

/// Our own shortage says nothing about the upstream.
#[tokio::test]
async fn a_call_that_was_not_made_for_want_of_room_neither_opens_the_breaker_nor_uses_up_the_rate() {
    for pressure in [
        r#""breaker": {"failures": 1, "cooldown": "1h"}"#,
        r#""rate": {"per_second": 0.001, "burst": 1}"#,
        r#""concurrency": 1"#,
    ] {
        let upstream = upstream(true).await;
        let config = format!(r#"{{"/r": {{"upstream": "{}", {pressure}}}}}"#, upstream.url);
        let config = Config::parse(&config, &|_| None).unwrap();
        let memory = Memory::new(config.store.room_bytes);
        let app = app_with(config, memory);
        let taken = take_all(&app);
        let refused = ask_under(&app, "k-1", Method::POST, "/r", BODY).await;
        assert_eq!(refused, Problem::UpstreamBusy.answer(&Method::POST));
        drop(taken);
        let next = ask_under(&app, "k-2", Method::POST, "/r", BODY).await;
        assert_eq!(text(&next), "answer 1", "{pressure}");
    }
}
