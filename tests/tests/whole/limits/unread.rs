//! Who is refused before his body was read still gets the answer, and not a reset in its place: some replicas would
//! see the one and some the other.

use std::net::SocketAddr;

use outcall_tests::replica::Outcall;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use crate::stage::{Stage, refused};

/// Writes a request from a socket that hands over a few bytes at a time, as a long way does: the gateway has
/// answered long before the last byte is written. Then reads the answer, of so many bytes.
async fn send_slowly(addr: SocketAddr, outcall: &Outcall, answer_bytes: usize) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(16_384).unwrap();
    let mut stream = socket.connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (head, body) = outcall.encode("g");
    stream.write_all(&head).await.unwrap();
    stream.write_all(&body).await.unwrap_or_else(|error| panic!("while sending the body: {error}"));
    let mut answer = vec![0; answer_bytes];
    stream.read_exact(&mut answer).await.unwrap_or_else(|error| panic!("while reading the answer: {error}"));
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_slow_replica_reads_the_same_refusal_as_a_fast_one() {
    let stage = Stage::varying(r#""methods": ["GET", "POST"]"#).await;
    let post = |path: &str| Outcall::post(path).body(vec![b'x'; 500_000]);
    for (outcall, status, kind, executed) in [
        (post("/r"), 400, "key-missing", "no"),
        (post("/r").key("a b"), 400, "key-invalid", "no"),
        (post("/r/../x").key("k"), 400, "path-invalid", "no"),
        (post("/none").key("k"), 404, "no-route", "unknown"),
        (Outcall { method: "PUT".into(), ..post("/r").key("k") }, 405, "method-not-allowed", "unknown"),
        (post("/r").key("k").header("x", &"v".repeat(65_536)), 431, "headers-too-large", "no"),
        (post("/r").key("k").body(vec![b'x'; 2_000_001]), 413, "body-too-large", "no"),
    ] {
        let fast = stage.send(&outcall).await;
        refused(&fast, status, kind, executed);
        let slow = send_slowly(stage.gateway.addr(), &outcall, fast.raw.len()).await;
        assert_eq!(slow, fast.raw_text());
    }
    assert_eq!(stage.upstream.hits(), 0);
}

#[tokio::test]
async fn after_a_refusal_the_connection_serves_the_next_request() {
    let stage = Stage::varying("").await;
    let mut session = stage.replica.session().await.unwrap();
    for bytes in [0, 2, 200_000, 2_000_000] {
        let outcall = Outcall::post("/r").body(vec![b'x'; bytes]);
        refused(&session.send(&outcall).await.unwrap(), 400, "key-missing", "no");
    }
    assert_eq!(session.send(&Outcall::get("/r")).await.unwrap().status, 200);
}
