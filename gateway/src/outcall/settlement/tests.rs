//! Every row of the table, with the times that a route gives and with those that it leaves open.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use http_body_util::Full;

use super::*;
use crate::{
    app::App,
    config::Config,
    ledger::Memory,
    log::Line,
    outcall::request,
    router::enter,
    upstream::{Network, Received},
};

const SECOND: Duration = Duration::from_secs(1);
const TTL: Duration = Duration::from_secs(600);
const ERROR_TTL: Duration = Duration::from_secs(180);
const WINDOW: Duration = Duration::from_secs(30);
/// The times above.
const TIMES: &str = r#""ttl": "10m", "error_ttl": "3m", "window": "30s""#;
const NO_TIMES: &str = r#""methods": ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]"#;

/// Who asks, as far as the table tells requests apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Keyless,
    KeyedSafe,
    Idempotent,
    Unsafe,
}

use Kind::{Idempotent, KeyedSafe, Keyless, Unsafe};

/// How a key ends.
#[derive(Clone, Copy, Debug)]
enum Event {
    Failed(Failure),
    Answered(u16),
    Refused(Problem, u16),
    NotLed(Problem),
    Lost,
}

use Event::{Answered, Failed, Lost, NotLed, Refused};

const EVENTS: [Event; 18] = [
    Failed(Failure::NothingSent),
    Failed(Failure::NotPublic),
    Failed(Failure::BrokenOff),
    Failed(Failure::TimedOut),
    Failed(Failure::TooLarge { status: StatusCode::OK }),
    Answered(200),
    Answered(404),
    Answered(429),
    Answered(500),
    Answered(503),
    Refused(Problem::AnswerCoding, 200),
    Refused(Problem::AnswerNotJson, 200),
    Refused(Problem::AnswerHeaders, 503),
    NotLed(Problem::RateLimited),
    NotLed(Problem::BreakerOpen),
    NotLed(Problem::UpstreamBusy),
    NotLed(Problem::Draining),
    Lost,
];

async fn requests(times: &str) -> Vec<(Kind, Arc<Request>)> {
    let text = format!(
        r#"{{"/r": {{"upstream": "https://api.example.com", {times}}},
            "/i": {{"upstream": "https://api.example.com", "upstream_idempotent": true, {times}}}}}"#
    );
    let config = Config::parse(&text, &|_| None).unwrap();
    let ledger = Arc::new(Memory::new(config.store.room_bytes));
    let app = App::new(config, ledger, Network::default()).unwrap();
    let mut requests = Vec::new();
    for (kind, path, methods, key) in [
        (Keyless, "/r", [Method::GET, Method::HEAD, Method::OPTIONS].as_slice(), None),
        (KeyedSafe, "/r", &[Method::GET, Method::HEAD, Method::OPTIONS], Some("k")),
        (Idempotent, "/i", &[Method::POST, Method::PUT, Method::PATCH, Method::DELETE], Some("k")),
        (Unsafe, "/r", &[Method::POST, Method::PUT, Method::PATCH, Method::DELETE], Some("k")),
    ] {
        for method in methods {
            let asked = http::Request::builder().method(method).uri(path).header("host", "g");
            let asked = key.into_iter().fold(asked, |asked, key| asked.header("idempotency-key", key));
            let asked = asked.body(Full::new(Bytes::new())).unwrap();
            let line = Line::begin(method);
            let asked = enter(&app.routes, &app.callers, &app.receipts, asked, &line)
                .expect("a request that passes the guards");
            let read = request::read(&app.bodies, asked, &line).await;
            requests.push((kind, read.map_err(|problem| format!("{problem:?}")).unwrap().0));
        }
    }
    requests
}

fn settled(request: &Arc<Request>, event: Event) -> Settlement {
    match event {
        Failed(failure) => of_failure(request, failure),
        Answered(status) => {
            let status = StatusCode::from_u16(status).unwrap();
            let received = Received { status, headers: http::HeaderMap::new(), body: Bytes::new() };
            let answer = crate::canonical::finish(&request.route().response, request.method(), received);
            of_answer(request, status, answer.map_err(|refused| refused.problem()))
        }
        Refused(problem, status) => of_answer(request, StatusCode::from_u16(status).unwrap(), Err(problem)),
        NotLed(problem) => refused(request, problem, request.error_life()),
        Lost => lost(request),
    }
}

/// The table of DESIGN.md: whether the end is kept for `ttl`; otherwise it is for `error_ttl`.
fn for_ttl(event: Event, kind: Kind) -> bool {
    let repeatable = kind != Unsafe;
    match event {
        Failed(Failure::NothingSent | Failure::NotPublic) | NotLed(_) => false,
        Failed(_) | Refused(..) | Answered(429 | 503) => !repeatable,
        Answered(_) => true,
        // Of what anybody may repeat, only an answer that cannot be written ends like this.
        Lost => kind != KeyedSafe,
    }
}

#[tokio::test]
async fn a_route_s_own_times_are_kept_in_every_row() {
    for (kind, request) in requests(TIMES).await {
        for event in EVENTS {
            let life = match kind {
                Keyless => WINDOW,
                _ if for_ttl(event, kind) => TTL,
                _ => ERROR_TTL,
            };
            assert_eq!(settled(&request, event).life, life, "{kind:?} {}: {event:?}", request.method());
        }
    }
}

#[tokio::test]
async fn times_left_open_are_a_day_two_minutes_and_fifteen_where_nothing_may_be_repeated() {
    for (kind, request) in requests(NO_TIMES).await {
        for event in EVENTS {
            let life = match kind {
                Keyless => 60 * SECOND,
                _ if for_ttl(event, kind) => 24 * 3600 * SECOND,
                Unsafe => 15 * 60 * SECOND,
                KeyedSafe | Idempotent => 120 * SECOND,
            };
            assert_eq!(settled(&request, event).life, life, "{kind:?} {}: {event:?}", request.method());
        }
    }
}

#[tokio::test]
async fn what_is_known_is_said_in_every_row() {
    use Executed::{No, Unknown, Yes};
    for (kind, request) in requests(TIMES).await {
        for event in EVENTS {
            let (status, executed) = match (event, kind) {
                (Failed(Failure::NothingSent | Failure::NotPublic), _) => (502, Some(No)),
                (Failed(Failure::TooLarge { .. }) | Refused(..), _) => (502, Some(Yes)),
                (Failed(Failure::TimedOut), Keyless | KeyedSafe | Idempotent) => (504, Some(Unknown)),
                (Failed(_) | Lost, _) => (502, Some(Unknown)),
                (Answered(status), _) => (status, None),
                (NotLed(Problem::RateLimited), _) => (429, Some(No)),
                (NotLed(_), _) => (503, Some(No)),
            };
            let settlement = settled(&request, event);
            let found = (settlement.answer.status().as_u16(), settlement.executed());
            assert_eq!(found, (status, executed), "{kind:?} {}: {event:?}", request.method());
        }
    }
}

#[tokio::test]
async fn after_a_lost_leader_nothing_is_said_not_to_have_been_executed() {
    for (kind, request) in requests(TIMES).await {
        for event in EVENTS {
            let first = settled(&request, event);
            let again = after_a_lost_leader(&request, first.clone());
            assert_ne!(again.executed(), Some(Executed::No), "{kind:?} {}: {event:?}", request.method());
            assert_eq!(again.life, first.life);
            if first.executed() != Some(Executed::No) {
                assert_eq!(again.answer, first.answer, "{kind:?} {}: {event:?}", request.method());
            }
        }
    }
}
