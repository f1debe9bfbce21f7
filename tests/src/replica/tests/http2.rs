//! The replica that speaks HTTP/2 without asking first.

use std::panic::{AssertUnwindSafe, catch_unwind};

use http::{HeaderMap, Request, Response};
use tokio::net::TcpListener;

use super::*;
use crate::replica::H2Replica;

/// Answers one request in clear text with a repeated header, and returns what it got.
async fn serve_one(listener: TcpListener) -> (Request<()>, HeaderMap) {
    let (stream, _) = listener.accept().await.unwrap();
    let mut connection = h2::server::handshake(stream).await.unwrap();
    let (request, mut response) = connection.accept().await.unwrap().unwrap();
    let answer = Response::builder().status(201).header("x-tag", "1").header("b", "2").header("x-tag", "3");
    let mut body = response.send_response(answer.body(()).unwrap(), false).unwrap();
    body.send_data(bytes::Bytes::from_static(b"{}"), true).unwrap();
    // Drives the connection until the client has closed it.
    assert!(connection.accept().await.is_none());
    let (head, _) = request.into_parts();
    let headers = head.headers.clone();
    (Request::from_parts(head, ()), headers)
}

#[tokio::test]
async fn a_call_over_http2_has_the_adapters_headers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let server = tokio::spawn(serve_one(listener));

    let replica = H2Replica::connect(addr).await.unwrap();
    let answer = replica.send(&pay()).await.unwrap();
    drop(replica);

    assert_eq!((answer.status, answer.body.as_slice()), (201, b"{}".as_slice()));
    let names: Vec<_> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x-tag", "x-tag", "b"]);
    assert_eq!(answer.header("X-Tag").as_deref(), Some("1"));
    let (request, headers) = server.await.unwrap();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/pay"));
    let names: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["idempotency-key", "content-type", "user-agent", "content-length"]);
}

#[tokio::test]
async fn an_http2_replica_needs_an_http2_server() {
    let upstream = Upstream::start(Script::always(Act::json("{}"))).await;
    let replica = H2Replica::connect(upstream.addr()).await.unwrap();
    replica.send(&pay()).await.unwrap_err();
    assert!(
        catch_unwind(AssertUnwindSafe(move || drop(upstream))).is_err(),
        "the preface is no HTTP/1.1, which must show"
    );
}
