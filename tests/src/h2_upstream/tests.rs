use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Error, Reason, RecvStream};
use http::{Method, Request, Response};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{H2Act, H2Upstream};
use crate::gate::Gate;
use crate::tls::Authority;
use crate::upstream::{Reply, Script};

/// A connection of a client that keeps nothing to itself: the library's raw client.
async fn connect(upstream: &H2Upstream, authority: &Authority) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(upstream.addr()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream =
        TlsConnector::from(authority.client(&["h2", "http/1.1"])).connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

async fn post(client: &mut SendRequest<Bytes>, upstream: &H2Upstream) -> Result<Response<RecvStream>, Error> {
    let request = Request::builder().method(Method::POST).uri(upstream.url("/pay")).body(()).unwrap();
    let (answer, mut body) = client.send_request(request, false)?;
    body.send_data(Bytes::from_static(b"5 ICP"), true)?;
    answer.await
}

/// One POST, one act, the error it ends in, and how often the upstream may have executed it.
async fn failure(act: H2Act) -> (Error, usize) {
    let authority = Authority::new();
    let upstream = H2Upstream::start(Script::steps([act]), &authority).await;
    let mut client = connect(&upstream, &authority).await;
    let error = post(&mut client, &upstream).await.unwrap_err();
    let hits = upstream.hits();
    assert_eq!(upstream.finish().await[0].text(), "5 ICP");
    (error, hits)
}

#[tokio::test]
async fn an_answer_comes_back() {
    let authority = Authority::new();
    let script = Script::steps([H2Act::json("{}"), H2Act::Answer(Reply::no_content())]);
    let upstream = H2Upstream::start(script, &authority).await;
    let mut client = connect(&upstream, &authority).await;

    let answer = post(&mut client, &upstream).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.into_body().data().await.unwrap().unwrap(), "{}");
    assert_eq!(post(&mut client, &upstream).await.unwrap().status(), 204);

    let seen = upstream.finish().await;
    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str(), seen[0].connection), ("POST", "/pay", 0));
    assert!(seen[0].header_lines[0].starts_with(":authority: localhost:"));
    assert_eq!((seen[1].order, seen[1].connection), (1, 0));
}

#[tokio::test]
async fn a_stream_that_ends_with_its_head_is_told_from_one_that_ends_behind_it() {
    let authority = Authority::new();
    let upstream = H2Upstream::start(Script::always(H2Act::json("{}")), &authority).await;
    let mut client = connect(&upstream, &authority).await;
    for frames in [vec![], vec![""], vec!["5 ICP", ""], vec![]] {
        let request = Request::post(upstream.url("/pay")).body(()).unwrap();
        let (answer, mut body) = client.send_request(request, frames.is_empty()).unwrap();
        for (at, frame) in frames.iter().enumerate() {
            body.send_data(Bytes::from_static(frame.as_bytes()), at + 1 == frames.len()).unwrap();
        }
        answer.await.unwrap();
    }
    let seen = upstream.finish().await;
    let found: Vec<_> = seen.iter().map(|seen| (seen.text(), seen.ended_with_head)).collect();
    let expected = [("", true), ("", false), ("5 ICP", false), ("", true)];
    assert_eq!(found, expected.map(|(body, ended)| (body.to_owned(), ended)));
}

#[tokio::test]
async fn a_refused_stream_was_not_executed() {
    let (error, hits) = failure(H2Act::Refuse).await;
    assert!(error.is_reset() && error.is_remote());
    assert_eq!((error.reason(), hits), (Some(Reason::REFUSED_STREAM), 0));
}

#[tokio::test]
async fn a_reset_stream_may_have_been_executed() {
    for reason in [Reason::INTERNAL_ERROR, Reason::CANCEL] {
        let (error, hits) = failure(H2Act::Reset(reason)).await;
        assert!(error.is_reset() && error.is_remote());
        assert_eq!((error.reason(), hits), (Some(reason), 1));
    }
}

#[tokio::test]
async fn a_goaway_below_the_stream_says_it_was_not_executed() {
    let (error, hits) = failure(H2Act::GoAwayBelow).await;
    assert!(error.is_go_away() && error.is_remote(), "{error:?}");
    assert_eq!((error.reason(), hits), (Some(Reason::NO_ERROR), 0));
}

#[tokio::test]
async fn a_goaway_above_the_stream_leaves_it_without_an_answer() {
    let (error, hits) = failure(H2Act::GoAwayAbove).await;
    assert!(!error.is_reset(), "{error:?}");
    assert_eq!(hits, 1);
}

#[tokio::test]
async fn a_connection_can_just_end() {
    let (error, hits) = failure(H2Act::Close).await;
    assert!(!error.is_go_away() && !error.is_reset(), "{error:?}");
    assert_eq!(hits, 1);
}

#[tokio::test]
async fn a_goaway_below_the_second_stream_spares_the_first() {
    let authority = Authority::new();
    let gate = Gate::new();
    let script = Script::steps([H2Act::json("1"), H2Act::GoAwayBelow.held_at(&gate)]);
    let upstream = H2Upstream::start(script, &authority).await;
    let mut client = connect(&upstream, &authority).await;
    post(&mut client, &upstream).await.unwrap();
    gate.release();
    let error = post(&mut client, &upstream).await.unwrap_err();
    assert!(error.is_go_away() && error.is_remote(), "{error:?}");
    assert_eq!((upstream.hits(), upstream.connections()), (1, 1));
    upstream.finish().await;
}

#[tokio::test]
async fn half_a_body_arrives_before_the_reset() {
    let authority = Authority::new();
    let upstream = H2Upstream::start(Script::steps([H2Act::HalfBody]), &authority).await;
    let mut client = connect(&upstream, &authority).await;
    let mut body = post(&mut client, &upstream).await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "{\"half\": \"of the bod");
    let error = body.data().await.unwrap().unwrap_err();
    assert_eq!(error.reason(), Some(Reason::INTERNAL_ERROR));
    upstream.finish().await;
}

#[tokio::test]
async fn a_client_that_does_not_wait_is_counted() {
    let authority = Authority::new();
    let (arrival, gate) = (Gate::open(), Gate::new());
    let script = Script::steps([H2Act::Hang.held_at(&arrival), H2Act::json("{}").held_at(&gate)]);
    let upstream = H2Upstream::start(script, &authority).await;
    let client = connect(&upstream, &authority).await;
    for gate in [arrival, gate] {
        let mut client = client.clone().ready().await.unwrap();
        let request = Request::builder().uri(upstream.url("/price")).body(()).unwrap();
        let (_, mut stream) = client.send_request(request, true).unwrap();
        gate.reached().await;
        stream.send_reset(Reason::CANCEL);
    }
    upstream.abandoned_by(2).await;
    upstream.finish().await;
}

#[tokio::test]
#[should_panic(expected = "was not foreseen: POST /pay")]
async fn a_request_too_many_fails_the_test() {
    let authority = Authority::new();
    let upstream = H2Upstream::start(Script::steps([]), &authority).await;
    let mut client = connect(&upstream, &authority).await;
    assert_eq!(post(&mut client, &upstream).await.unwrap().status(), 500);
    upstream.finish().await;
}

#[tokio::test]
#[should_panic(expected = "1 steps of the script were not used")]
async fn a_step_that_is_left_over_fails_the_test() {
    let upstream = H2Upstream::start(Script::steps([H2Act::Refuse]), &Authority::new()).await;
    upstream.finish().await;
}
