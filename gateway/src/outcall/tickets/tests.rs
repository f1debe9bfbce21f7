//! Calls that outlast every replica, under a clock that is moved: who is told what, and what goes upstream.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::join_all;
use http::{HeaderMap, Method, Request as HttpRequest, StatusCode};
use http_body_util::Full;
use outcall_protocol::{
    key::IdempotencyKey,
    outcall_id::{Key, outcall_id},
    ticket::Ticket,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout_at},
};

use crate::{
    answer::Answer,
    app::App,
    config::Config,
    error::Problem,
    ledger::{BoxFuture, Ledger, Memory},
    log::Line,
    outcall::answer,
    router::enter,
    upstream::{Failure, Received, Upstream, played::Play},
};

mod cancelled;
mod cut;
mod given;
mod guard;
mod polled;
mod silent;
mod tokens;

const MINUTE: Duration = Duration::from_secs(60);
const ROOM: u64 = 1 << 30;

/// An upstream that thinks until it is told what to say, and counts who asked and who went away.
struct Thinking {
    hits: watch::Sender<usize>,
    left: watch::Sender<usize>,
    say: watch::Sender<Option<&'static str>>,
}

struct Leaves<'a>(&'a Thinking);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.left.send_modify(|left| *left += 1);
    }
}

impl Play for Arc<Thinking> {
    fn attempt(&self, _: HttpRequest<Bytes>, deadline: Instant) -> BoxFuture<'_, Result<Received, Failure>> {
        Box::pin(async move {
            self.hits.send_modify(|hits| *hits += 1);
            let _leaves = Leaves(self);
            let mut say = self.say.subscribe();
            let said = timeout_at(deadline, say.wait_for(Option::is_some)).await;
            let body = said.map_err(|_| Failure::TimedOut)?.map_err(|_| Failure::BrokenOff)?.unwrap_or("");
            if body == "broken" {
                return Err(Failure::BrokenOff);
            }
            Ok(Received { status: StatusCode::OK, headers: HeaderMap::new(), body: body.into() })
        })
    }
}

/// A gateway with such an upstream.
struct Desk {
    app: Arc<App>,
    upstream: Arc<Thinking>,
}

impl Desk {
    /// One route, `/llm`, with these further members.
    fn new(members: &str) -> Self {
        let route = format!(r#""/llm": {{"upstream": "https://llm.example"{members}}}"#);
        Self::of(&format!("{{{route}}}"), Memory::new(ROOM))
    }

    fn of(config: &str, ledger: impl Ledger + 'static) -> Self {
        let config = Config::parse(config, &|_| None).unwrap_or_else(|error| panic!("{error}"));
        let upstream = Arc::new(Thinking {
            hits: watch::Sender::new(0),
            left: watch::Sender::new(0),
            say: watch::Sender::new(None),
        });
        let played = Upstream::played(Arc::new(upstream.clone()));
        Self { app: Arc::new(App::over(config, Arc::new(ledger), played).unwrap()), upstream }
    }

    fn hits(&self) -> usize {
        *self.upstream.hits.borrow()
    }

    fn says(&self, body: &'static str) {
        self.upstream.say.send_replace(Some(body));
    }

    /// Until the upstream has been asked so often.
    async fn asked(&self, times: usize) {
        self.upstream.hits.subscribe().wait_for(|hits| *hits == times).await.unwrap();
    }

    async fn send(&self, method: Method, path: &str, key: &str, body: &'static str) -> Answer {
        self.bearing("", method, path, key, body).await
    }

    /// The request of whoever has this token.
    async fn bearing(
        &self,
        token: &str,
        method: Method,
        path: &str,
        key: &str,
        body: &'static str,
    ) -> Answer {
        let line = Line::begin(&method);
        let mut request = HttpRequest::builder().method(method).uri(path).header("host", "g");
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let in_force = self.app.in_force();
        match enter(&in_force.routes, &in_force.callers, &in_force.receipts, request, &line) {
            Ok(asked) => answer(&self.app, asked, &line).await,
            Err(turned_away) => turned_away,
        }
    }

    /// What thirteen replicas and a late one get for their POST.
    async fn post(&self, key: &str) -> Answer {
        self.everybody(Method::POST, "/llm", key).await
    }

    async fn poll(&self, ticket: &Ticket, key: &str) -> Answer {
        self.everybody(Method::GET, &ticket.location("/llm"), key).await
    }

    async fn cancel(&self, ticket: &Ticket, key: &str) -> Answer {
        self.everybody(Method::POST, &ticket.cancel_location("/llm"), key).await
    }

    async fn everybody(&self, method: Method, path: &str, key: &str) -> Answer {
        let mut answers = join_all((0..13).map(|_| self.send(method.clone(), path, key, ""))).await;
        answers.push(self.send(method, path, key, "").await);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        answers.swap_remove(0)
    }

    /// Polls as a canister does, every five seconds under a new key, until there is an end.
    async fn end(&self, ticket: &Ticket) -> Answer {
        for poll in 0.. {
            let answer = self.poll(ticket, &format!("poll-{}-{poll}", fastrand::u64(..))).await;
            if answer.status() != StatusCode::ACCEPTED {
                return answer;
            }
            sleep(Duration::from_secs(5)).await;
        }
        unreachable!("there are enough numbers")
    }
}

const ASYNC: &str = r#", "respond_async": true"#;

fn ticket_of(caller: &str, key: &str) -> Ticket {
    let key = Key::Given(IdempotencyKey::parse([key.as_bytes()]).unwrap());
    Ticket::of(outcall_id("/llm", caller, &key))
}

fn ticket(key: &str) -> Ticket {
    ticket_of("", key)
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}

#[track_caller]
fn refused(answer: &Answer, problem: Problem) {
    assert_eq!(answer.problem(), Some(problem), "{answer:?}");
    assert_eq!(text(answer), text(&problem.answer(&Method::GET)));
}
