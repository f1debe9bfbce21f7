//! Answers that take too long to be made canonical.

use bytes::Bytes;
use futures_util::future::join_all;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::Full;
use tokio::time::Instant;

use super::*;
use crate::{
    config::Config, error::Executed, ledger::Memory, log::Line, outcall::request, router::enter,
    upstream::Network,
};

/// A route with jq, whose answers are never finished on the runtime's own threads, and one without.
fn app() -> App {
    let text = r#"{"/jq": {"upstream": "https://api.example.com", "response": {"jq": ".a"}},
        "/r": "https://api.example.com"}"#;
    let config = Config::parse(text, &|_| None).unwrap();
    let ledger = Arc::new(Memory::new(config.store.room_bytes));
    App::new(config, ledger, Network::default()).unwrap()
}

async fn request(app: &App, path: &str) -> Arc<Request> {
    let asked = http::Request::post(path).header("host", "g").header("idempotency-key", "k");
    let asked = asked.body(Full::new(Bytes::new()));
    let line = Line::begin(&Method::POST);
    let asked = enter(&app.routes, &app.callers, &app.receipts, asked.unwrap(), &line);
    let read = request::read(&app.bodies, asked.expect("a request that passes the guards"), &line).await;
    read.map_err(|problem| format!("{problem:?}")).unwrap().0
}

fn received(body: impl Into<Bytes>) -> Received {
    Received { status: StatusCode::OK, headers: HeaderMap::new(), body: body.into() }
}

/// What may take a while: a filter, a coding, a large body.
async fn slow(app: &App) -> [(Arc<Request>, Received); 3] {
    let mut coded = received("{}");
    coded.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    [
        (request(app, "/jq").await, received(r#"{"a": 1}"#)),
        (request(app, "/r").await, coded),
        (request(app, "/r").await, received(vec![b'a'; limits::INLINE_BYTES_MAX + 1])),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_finds_no_place_in_time_is_unfinished_and_executed() {
    let app = app();
    let _places = join_all((0..limits::FINISHING_MAX).map(|_| app.answers.place())).await;
    for (request, received) in slow(&app).await {
        let started = Instant::now();
        let finished = finish(&app, &request, received).await.map_err(|refused| refused.problem());
        assert_eq!(started.elapsed(), limits::FINISHING_TIMEOUT);
        assert_eq!(finished, Err(Problem::AnswerUnfinished));
        let settlement = settlement::of_answer(&request, StatusCode::OK, finished);
        assert_eq!(settlement.answer, Problem::AnswerUnfinished.answer(&Method::POST));
        assert_eq!((settlement.executed(), settlement.upstream_status), (Some(Executed::Yes), Some(200)));
        assert_eq!(settlement.life, request.life(), "it was executed: the key is not free before its time");
    }
}

/// The control: with one place free it is finished.
#[tokio::test(start_paused = true)]
async fn an_answer_that_finds_a_place_is_finished() {
    let app = app();
    let _places = join_all((1..limits::FINISHING_MAX).map(|_| app.answers.place())).await;
    for (request, received) in slow(&app).await {
        let finished = finish(&app, &request, received).await.unwrap();
        assert_eq!(finished.status(), 200);
    }
}

/// Small plain answers wait for nobody.
#[tokio::test(start_paused = true)]
async fn a_small_plain_answer_needs_no_place() {
    let app = app();
    let _places = join_all((0..limits::FINISHING_MAX).map(|_| app.answers.place())).await;
    let started = Instant::now();
    let body = vec![b'a'; limits::INLINE_BYTES_MAX];
    let finished = finish(&app, &request(&app, "/r").await, received(body.clone())).await.unwrap();
    assert_eq!((finished.body(), started.elapsed().is_zero()), (&Bytes::from(body), true));
}
