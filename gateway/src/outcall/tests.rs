//! Leaders that are lost: by a panic in their task, and by the end of a drain. Below: what has no room, and what comes
//! too late.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use http::{Method, Request as HttpRequest};
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::watch,
};

use super::*;
use crate::{
    config::Config,
    ledger::{Ask, BoxFuture, Lead, Ledger, Memory, Occupancy, Settle, Settlement, Timestamp},
    router::enter,
    upstream::Network,
};

mod away;
mod full;
mod given_up;
mod late;
mod room;

/// A ledger whose first leaders panic when they are to settle.
struct Panicking {
    memory: Memory,
    left: AtomicUsize,
}

struct Slot {
    lead: Lead,
    panics: bool,
}

impl Settle for Slot {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(self.lead.begin())
    }

    fn settle(self: Box<Self>, settlement: Settlement, patience: Duration) -> BoxFuture<'static, ()> {
        assert!(!self.panics, "the panic of this test");
        Box::pin(self.lead.settle(settlement, patience))
    }

    fn lose(self: Box<Self>) {}

    fn withdraw(self: Box<Self>, why: Option<Unavailable>) {
        if let Some(why) = why {
            self.lead.refuse(why);
        }
    }
}

impl Ledger for Panicking {
    fn claim<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Claim, Unavailable>> {
        Box::pin(async move {
            let claim = self.memory.claim(ask).await?;
            let Claim::Lead(lead, waiter) = claim else { return Ok(claim) };
            let again = lead.is_again();
            let one_less = |left: usize| left.checked_sub(1);
            let panics = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok();
            let slot = Box::new(Slot { lead, panics });
            Ok(Claim::Lead(if again { Lead::again(slot) } else { Lead::new(slot) }, waiter))
        })
    }

    fn now(&self) -> Timestamp {
        self.memory.now()
    }

    fn occupancy(&self) -> Occupancy {
        self.memory.occupancy()
    }
}

/// An upstream that counts its requests, and answers each of them when the gate is open.
struct Counting {
    url: String,
    hits: watch::Receiver<usize>,
    /// The last request as it stood on the wire.
    last: watch::Receiver<Vec<u8>>,
    gate: watch::Sender<bool>,
}

async fn upstream(open: bool) -> Counting {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/u", listener.local_addr().unwrap());
    let (count, hits) = watch::channel(0);
    let (read, last) = watch::channel(Vec::new());
    let gate = watch::Sender::new(open);
    let opened = gate.subscribe();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.send_modify(|hits| *hits += 1);
            let (mut opened, hit, read) = (opened.clone(), *count.borrow(), read.clone());
            tokio::spawn(async move {
                // One request per connection, small enough to come in one piece.
                let mut request = vec![0; 4096];
                let bytes = stream.read(&mut request).await.unwrap_or(0);
                request.truncate(bytes);
                read.send_replace(request);
                let _ = opened.wait_for(|open| *open).await;
                let body = format!("answer {hit}");
                let head =
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            });
        }
    });
    Counting { url, hits, last, gate }
}

fn app(upstream: &Counting, panics: usize) -> Arc<App> {
    let config = config(&upstream.url);
    let memory = Memory::new(config.store.room_bytes);
    app_with(config, Panicking { memory, left: AtomicUsize::new(panics) })
}

/// A plain route, and one whose upstream honours the key itself.
fn config(upstream: &str) -> Config {
    let text = format!(
        r#"{{"/r": {{"upstream": "{upstream}"}}, "/i": {{"upstream": "{upstream}", "upstream_idempotent": true}}}}"#
    );
    Config::parse(&text, &|_| None).unwrap()
}

fn app_with(config: Config, ledger: impl Ledger + 'static) -> Arc<App> {
    Arc::new(App::new(config, Arc::new(ledger), Network::default()).unwrap())
}

/// One replica's request.
async fn ask(app: &Arc<App>, method: Method, path: &str, body: &'static str) -> Answer {
    ask_under(app, "k", method, path, body).await
}

async fn ask_under(app: &Arc<App>, key: &str, method: Method, path: &str, body: &'static str) -> Answer {
    let line = Line::begin(&method);
    let request =
        HttpRequest::builder().method(method).uri(path).header("host", "g").header("idempotency-key", key);
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    let asked = enter(&app.routes, &app.callers, &app.receipts, request, &line)
        .expect("a request that passes the guards");
    answer(app, asked, &line).await
}

/// Thirteen of them at once, and a late one: the answer that all of them got.
async fn everybody(app: &Arc<App>, method: Method, path: &str, body: &'static str) -> Answer {
    let mut answers = join_all((0..13).map(|_| ask(app, method.clone(), path, body))).await;
    answers.push(ask(app, method, path, body).await);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    answers.swap_remove(0)
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}

#[tokio::test]
async fn a_panic_of_the_leader_of_what_must_not_be_repeated_is_unknown_for_everybody() {
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let upstream = upstream(true).await;
        let app = app(&upstream, 1);
        let answer = everybody(&app, method.clone(), "/r", "5 ICP").await;
        assert_eq!(answer, Problem::OutcomeUnknown.answer(&method));
        assert_eq!(*upstream.hits.borrow(), 1, "{method} went out again");
    }
}

#[tokio::test]
async fn a_panic_of_the_leader_of_what_is_safe_to_repeat_lets_another_lead() {
    for (method, path, body) in [
        (Method::GET, "/r", ""),
        (Method::OPTIONS, "/r", "a question"),
        (Method::POST, "/i", ""),
        (Method::POST, "/i", "5 ICP"),
        (Method::DELETE, "/i", "all of it"),
    ] {
        for panics in [1, 2] {
            let upstream = upstream(true).await;
            let app = app(&upstream, panics);
            let answer = everybody(&app, method.clone(), path, body).await;
            assert_eq!(text(&answer), format!("answer {}", panics + 1), "{method} {body:?}");
            assert_eq!(*upstream.hits.borrow(), panics + 1, "{method} {body:?}");
            assert!(
                upstream.last.borrow().ends_with(body.as_bytes()),
                "{method}: led again without its body"
            );
        }
    }
}

/// The control: without a panic the first answer is everybody's.
#[tokio::test]
async fn without_a_panic_the_first_leader_answers_everybody() {
    for (method, path) in [(Method::GET, "/r"), (Method::POST, "/r"), (Method::POST, "/i")] {
        let upstream = upstream(true).await;
        let answer = everybody(&app(&upstream, 0), method, path, "").await;
        assert_eq!(text(&answer), "answer 1");
        assert_eq!(*upstream.hits.borrow(), 1);
    }
}

/// Nobody leads for ever: then the answer is an honest one.
#[tokio::test]
async fn leaders_that_are_lost_one_after_the_other_end_in_an_unknown_outcome() {
    let upstream = upstream(true).await;
    let app = app(&upstream, usize::MAX);
    let answer = everybody(&app, Method::GET, "/r", "").await;
    assert_eq!(answer, Problem::LeaderLost.answer(&Method::GET));
}

#[tokio::test]
async fn the_end_of_a_drain_settles_what_it_cuts_off_as_unknown() {
    for (method, path, problem) in [
        (Method::POST, "/r", Problem::OutcomeUnknown),
        (Method::GET, "/r", Problem::LeaderLost),
        (Method::POST, "/i", Problem::LeaderLost),
    ] {
        let mut upstream = upstream(false).await;
        let app = app(&upstream, 0);
        let cut = async {
            upstream.hits.wait_for(|hits| *hits == 1).await.unwrap();
            // Over at once: what is in flight is cut off.
            app.activity.drain(Duration::ZERO).await;
        };
        let (answer, ()) = tokio::join!(everybody(&app, method.clone(), path, ""), cut);
        assert_eq!(answer, problem.answer(&method));
        upstream.gate.send_replace(true);
        assert_eq!(*upstream.hits.borrow(), 1, "{method} went out again");
    }
}

/// A key that is new after the cut was never sent, and is told so rather than lost.
#[tokio::test(start_paused = true)]
async fn what_comes_after_the_end_of_a_drain_is_refused_and_not_lost() {
    for _ in 0..20 {
        let upstream = upstream(true).await;
        let app = app(&upstream, 0);
        let busy = app.activity.busy();
        app.activity.drain(Duration::ZERO).await;
        drop(busy);
        let answer = everybody(&app, Method::POST, "/r", "5 ICP").await;
        assert_eq!(answer, Problem::Draining.answer(&Method::POST));
        assert_eq!(*upstream.hits.borrow(), 0);
    }
}
