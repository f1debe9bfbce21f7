//! Methods and bodies on their way to the upstream.

use outcall_tests::{
    replica::{Outcall, agreed},
    upstream::{Act, Reply},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::stage::{Stage, refused};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

#[tokio::test]
async fn all_seven_methods_arrive_as_they_are_with_and_without_a_body() {
    let stage = Stage::always(Reply::json("{}"), "").await;
    for method in METHODS {
        let seen = stage.seen(&Outcall::new(method, "/r").key(&format!("{method}-1"))).await;
        assert_eq!((seen.method.as_str(), seen.body.len()), (method, 0));
        let outcall = Outcall::new(method, "/r").key(&format!("{method}-2")).body("a=1");
        let seen = stage.seen(&outcall).await;
        assert_eq!((seen.method.as_str(), seen.text().as_str()), (method, "a=1"));
        assert_eq!(seen.headers("content-length"), ["3"], "{method}");
    }
}

#[tokio::test]
async fn an_empty_body_says_so_where_a_body_is_expected() {
    let stage = Stage::always(Reply::json("{}"), "").await;
    for (method, length) in
        [("POST", Some("0")), ("PUT", Some("0")), ("PATCH", Some("0")), ("GET", None), ("HEAD", None)]
    {
        let seen = stage.seen(&Outcall::new(method, "/r").key(method)).await;
        assert_eq!(seen.header("content-length"), length, "{method}");
        assert_eq!(seen.header("transfer-encoding"), None, "{method}");
    }
    let outcall = Outcall::post("/r").key("said").header("content-length", "0");
    assert_eq!(stage.seen(&outcall).await.headers("content-length"), ["0"]);
}

#[tokio::test]
async fn every_byte_of_a_body_arrives() {
    let stage = Stage::always(Reply::json("{}"), "").await;
    let body: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    assert_eq!(stage.seen(&Outcall::post("/r").key("k").body(body.clone())).await.body, body);
}

#[tokio::test]
async fn a_chunked_body_arrives_whole_and_is_the_same_request_as_a_measured_one() {
    let stage = Stage::varying("").await;
    let chunked = "POST /r HTTP/1.1\r\nhost: g\r\nidempotency-key: k\r\ntransfer-encoding: chunked\r\n\r\n\
                   3;extension=1\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n";
    let answers = [
        stage.send_bytes(chunked).await.unwrap(),
        stage.send(&Outcall::post("/r").key("k").body("{\"a\":1}")).await,
    ];
    assert_eq!(agreed(&answers).status, 200);
    let seen = stage.upstream.finish().await;
    assert_eq!((seen.len(), seen[0].text().as_str()), (1, "{\"a\":1}"));
    assert_eq!(seen[0].headers("content-length"), ["7"]);
    assert_eq!(seen[0].header("transfer-encoding"), None);
}

#[tokio::test]
async fn trailers_of_a_request_are_dropped() {
    let stage = Stage::varying("").await;
    let head = "POST /r HTTP/1.1\r\nhost: g\r\nidempotency-key: k\r\ntrailer: x-api-key\r\n\
                transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n";
    let answers = [
        stage.send_bytes(format!("{head}x-api-key: 1\r\naccept: 2\r\n\r\n")).await.unwrap(),
        stage.send_bytes(format!("{head}\r\n")).await.unwrap(),
    ];
    assert_eq!(agreed(&answers).status, 200);
    let seen = stage.upstream.finish().await.remove(0);
    assert_eq!((seen.text().as_str(), seen.header("x-api-key"), seen.header("trailer")), ("{}", None, None));
}

#[tokio::test]
async fn who_expects_100_continue_is_told_to_and_gets_the_same_answer() {
    let stage = Stage::varying("").await;
    let mut stream = TcpStream::connect(stage.gateway.addr()).await.unwrap();
    let head = "POST /r HTTP/1.1\r\nhost: g\r\nidempotency-key: k\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{}").await.unwrap();
    let expected = stage.send(&Outcall::post("/r").key("k").body("{}")).await;
    let mut answer = vec![0; expected.raw.len()];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), expected.raw_text());
    let seen = stage.upstream.finish().await;
    assert_eq!((seen.len(), seen[0].header("expect")), (1, None));
}

#[tokio::test]
async fn who_expects_100_continue_and_has_no_key_is_refused_before_the_body() {
    let stage = Stage::varying("").await;
    let head = "POST /r HTTP/1.1\r\nhost: g\r\nexpect: 100-continue\r\ncontent-length: 2000000\r\n\r\n";
    let answer = stage.send_bytes(head).await.unwrap();
    refused(&answer, 400, "key-missing", "no");
    assert!(answer.raw.starts_with(b"HTTP/1.1 400 "), "no interim answer: {answer:?}");
}

#[tokio::test]
async fn who_announces_an_upgrade_gets_an_ordinary_answer() {
    let stage = Stage::always(Act::json("{}"), "").await;
    let outcall = Outcall::get("/r")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let seen = stage.seen(&outcall).await;
    assert_eq!((seen.header("upgrade"), seen.header("connection")), (None, None));
}
