use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;
use crate::{
    adapter::{Adapter, Fetched, Network},
    outcall::{Request, Response},
};

async fn fetched(request: Request) -> Fetched {
    Adapter::new(&Network::trusting_nobody().unwrap()).fetch(&request).await
}

async fn got(upstream: &Upstream, path: &str) -> Response {
    fetched(Request::get(upstream.url(path))).await.outcome.unwrap()
}

async fn body(upstream: &Upstream, path: &str) -> String {
    String::from_utf8(got(upstream, path).await.body).unwrap()
}

/// All that comes back for these bytes, until the end of the connection.
async fn raw(upstream: &Upstream, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(upstream.address()).await?;
    stream.write_all(request.as_bytes()).await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// What it says when it is dropped.
fn said(upstream: Upstream) -> String {
    let panicked = catch_unwind(AssertUnwindSafe(|| drop(upstream))).unwrap_err();
    panicked.downcast_ref::<String>().unwrap().clone()
}

#[tokio::test]
async fn an_answer_is_what_is_written_and_its_length() {
    let answer = Answer::new(404).header("X-One", "1").header("x-one", "2").body("no\0such");
    let upstream = Upstream::always(answer).await;
    let expected = "HTTP/1.1 404 \r\nX-One: 1\r\nx-one: 2\r\ncontent-length: 7\r\n\r\nno\0such";
    assert_eq!(raw(&upstream, "GET / HTTP/1.1\r\n\r\n").await.unwrap(), expected);
    let head = "HTTP/1.1 404 \r\nX-One: 1\r\nx-one: 2\r\ncontent-length: 7\r\n\r\n";
    assert_eq!(raw(&upstream, "HEAD / HTTP/1.1\r\n\r\n").await.unwrap(), head);
    let upstream = Upstream::always(Answer::new(204)).await;
    assert_eq!(raw(&upstream, "GET / HTTP/1.1\r\n\r\n").await.unwrap(), "HTTP/1.1 204 \r\n\r\n");
}

#[tokio::test]
async fn the_first_line_that_a_request_meets_answers_it() {
    let upstream = Upstream::script()
        .on("/price", Answer::text("price"))
        .on("POST /orders", Answer::text("ordered"))
        .on("/orders/*", Answer::text("below"))
        .on("GET *", Answer::text("whatever"))
        .start()
        .await;
    for (path, expected) in [
        ("/price?pair=ICP", "price"),
        ("/price/x", "whatever"),
        ("/orders", "whatever"),
        ("/orders/7", "below"),
    ] {
        assert_eq!(body(&upstream, path).await, expected, "{path}");
    }
    let posted = fetched(Request::post(upstream.url("/orders"), "a book").header("X-Key", "7")).await;
    assert_eq!(posted.outcome.unwrap().body, b"ordered");
    let seen = upstream.expect_requests(5).requests();
    assert_eq!((seen[0].path.as_str(), seen[0].query.as_deref()), ("/price", Some("pair=ICP")));
    assert_eq!((seen[4].method.as_str(), seen[4].header("x-key")), ("POST", Some("7")));
    assert_eq!(seen[4].body, b"a book");
    assert_eq!(upstream.finish().await.len(), 5);
}

#[tokio::test]
async fn requests_of_one_line_are_counted_apart_from_those_of_others() {
    let upstream = Upstream::script()
        .each("/a", |seen| Answer::text(format!("a{}", seen.number)))
        .in_turn("/b", [Answer::text("first"), Answer::text("then")])
        .start()
        .await;
    let mut bodies = Vec::new();
    for path in ["/a", "/b", "/a", "/b", "/b"] {
        bodies.push(body(&upstream, path).await);
    }
    assert_eq!(bodies, ["a0", "first", "a1", "then", "then"]);
}

#[tokio::test]
async fn no_answer_comes_in_several_ways() {
    let upstream = Upstream::script()
        .on("/closed", Answer::closed())
        .on("/reset", Answer::reset())
        .on("/cut", Answer::text("4.23").cut_off_after(2))
        .start()
        .await;
    assert_eq!(raw(&upstream, "GET /closed HTTP/1.1\r\n\r\n").await.unwrap(), "");
    raw(&upstream, "GET /reset HTTP/1.1\r\n\r\n").await.unwrap_err();
    let cut = raw(&upstream, "GET /cut HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(cut.ends_with("content-length: 4\r\n\r\n4."), "{cut}");
    for path in ["/closed", "/reset", "/cut"] {
        let failed = fetched(Request::get(upstream.url(path))).await;
        assert!(failed.outcome.is_err(), "{path}: {failed:?}");
    }
}

#[tokio::test]
async fn a_gate_holds_answers_until_it_is_opened_or_opens_by_itself() {
    let gate = Gate::new();
    let upstream = Upstream::always(Answer::text("4.23").behind(&gate)).await;
    let mut waiting = tokio::spawn(fetched(Request::get(upstream.url("/"))));
    gate.reached_by(1).await;
    assert!(futures_pending(&mut waiting).await, "the gate is closed");
    gate.open();
    assert_eq!(waiting.await.unwrap().outcome.unwrap().body, b"4.23");
    let gate = Gate::opening_at(2);
    let upstream = Upstream::always(Answer::text("4.23").behind(&gate)).await;
    let both = tokio::join!(body(&upstream, "/"), body(&upstream, "/"));
    assert_eq!((both.0.as_str(), both.1.as_str(), gate.arrivals()), ("4.23", "4.23", 2));
}

/// Whether a task has not ended when everything that could run has run.
async fn futures_pending<T>(task: &mut tokio::task::JoinHandle<T>) -> bool {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    !task.is_finished()
}

#[tokio::test]
async fn what_the_script_does_not_foresee_fails_the_test() {
    let upstream = Upstream::script().on("/price", Answer::text("4")).start().await;
    assert_eq!(got(&upstream, "/prise").await.status, 404);
    assert_eq!(said(upstream), "the upstream's script: it foresees no GET /prise:\n  GET /prise");
    let upstream = Upstream::script().in_turn("/b", [Answer::text("1"), Answer::text("2")]).start().await;
    assert_eq!(body(&upstream, "/b").await, "1");
    assert_eq!(said(upstream), "the upstream's script: 1 of 2 answers of /b were asked for:\n  GET /b");
    let upstream = Upstream::always(Answer::text("4")).await;
    assert_eq!(raw(&upstream, "hello\r\n\r\n").await.unwrap(), "");
    let expected =
        "the upstream's script: this is no HTTP/1.1 with a content-length: \"hello\\\\r\\\\n\\\\r\\\\n\"";
    assert_eq!(said(upstream), expected);
    // The control.
    let upstream = Upstream::script().on("/price", Answer::text("4")).start().await;
    assert_eq!(got(&upstream, "/price").await.status, 200);
    drop(upstream);
}

#[tokio::test]
async fn a_rule_that_panics_fails_the_test_and_strands_nobody() {
    let upstream = Upstream::each(|seen| panic!("no answer to {seen}")).await;
    let failed = fetched(Request::get(upstream.url("/"))).await;
    assert!(failed.outcome.is_err(), "{failed:?}");
    assert!(said(upstream).contains("a rule of it panicked"));
}

#[tokio::test]
async fn another_number_of_requests_is_told_with_those_that_came() {
    let upstream = Upstream::always(Answer::text("4")).await;
    fetched(Request::post(upstream.url("/pay?now"), "7 ICP").header("idempotency-key", "k1")).await;
    let panicked = catch_unwind(AssertUnwindSafe(|| upstream.expect_requests(2))).unwrap_err();
    let expected = "expected 2 requests, but 1 request came:\n  POST /pay?now, idempotency-key k1, 5 bytes";
    assert_eq!(panicked.downcast_ref::<String>().unwrap(), expected);
    upstream.expect_requests(1);
}
