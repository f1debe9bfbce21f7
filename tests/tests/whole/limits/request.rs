//! Bodies, URLs and header blocks: at the bound and one past it.

use outcall_tests::{
    replica::{H2Replica, Outcall, Subnet, agreed},
    upstream::{Act, Reply},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::stage::{Stage, refused};

const BODY_MAX: usize = 2_000_000;

fn chunked(key: &str, body_bytes: usize) -> Vec<u8> {
    let mut request = format!(
        "POST /r HTTP/1.1\r\nhost: g\r\nidempotency-key: {key}\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    for chunk in vec![b'x'; body_bytes].chunks(60_000) {
        request.extend(format!("{:x}\r\n", chunk.len()).bytes());
        request.extend(chunk);
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\n\r\n");
    request
}

#[tokio::test]
async fn the_largest_body_passes_whole() {
    let stage = Stage::always(Reply::json("{}"), "").await;
    let outcall = Outcall::post("/r").key("k").body(vec![b'x'; BODY_MAX]);
    assert_eq!(stage.seen(&outcall).await.body.len(), BODY_MAX);
    assert_eq!(stage.send_bytes(chunked("l", BODY_MAX)).await.unwrap().status, 200);
    assert_eq!(stage.upstream.finish().await[1].body.len(), BODY_MAX);
}

#[tokio::test]
async fn one_byte_more_is_refused_however_it_is_announced() {
    let stage = Stage::varying("").await;
    let outcall = Outcall::post("/r").key("k").body(vec![b'x'; BODY_MAX + 1]);
    let measured = stage.send(&outcall).await;
    refused(&measured, 413, "body-too-large", "no");
    let chunked = stage.send_bytes(chunked("k", BODY_MAX + 1)).await.unwrap();
    agreed(&[measured, chunked]);
    assert_eq!(stage.upstream.hits(), 0);
}

#[tokio::test]
async fn thirteen_replicas_with_too_large_a_body_agree() {
    let stage = Stage::varying("").await;
    let outcall = Outcall::post("/r").key("k").body(vec![b'x'; BODY_MAX + 1]);
    let answers = Subnet::new(stage.gateway.addr(), 13).burst(&outcall).await;
    refused(agreed(&answers), 413, "body-too-large", "no");
}

#[tokio::test]
async fn who_announces_too_much_and_waits_is_told_at_once() {
    let stage = Stage::varying("").await;
    for expect in ["", "expect: 100-continue\r\n"] {
        let head = format!(
            "POST /r HTTP/1.1\r\nhost: g\r\nidempotency-key: k\r\n{expect}content-length: 2000001\r\n\r\n"
        );
        refused(&stage.send_bytes(head).await.unwrap(), 413, "body-too-large", "no");
    }
}

#[tokio::test]
async fn a_body_that_ends_early_is_never_sent() {
    let stage = Stage::varying("").await;
    let head = "POST /r HTTP/1.1\r\nhost: g\r\nidempotency-key: k\r\n";
    for body in ["content-length: 10\r\n\r\n{}", "transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n"] {
        let mut stream = TcpStream::connect(stage.gateway.addr()).await.unwrap();
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        // Whether somebody who has closed his half is answered is nobody's concern; that he ends is.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    for size in ["x\r\n", "-1\r\n", "fffffffffffffffff\r\n", "2\r\n{}x\r\n"] {
        let answer =
            stage.send_bytes(format!("{head}transfer-encoding: chunked\r\n\r\n{size}")).await.unwrap();
        refused(&answer, 400, "body-incomplete", "unknown");
    }
    assert_eq!(stage.upstream.hits(), 0);
    assert_eq!(
        stage.send(&Outcall::post("/r").key("k").body("{}")).await.status,
        200,
        "the key is still free"
    );
}

#[tokio::test]
async fn what_comes_after_a_body_is_another_request() {
    let stage = Stage::always(Act::json("{}"), "").await;
    let mut session = stage.replica.session().await.unwrap();
    let request =
        "POST /r HTTP/1.1\r\nhost: g\r\nidempotency-key: k\r\ncontent-length: 2\r\n\r\n{}GARBAGE\r\n\r\n";
    session.write_bytes(request.as_bytes()).await.unwrap();
    assert!(!session.closed().await.unwrap(), "two answers should stand on the wire");
    let seen = stage.upstream.finish().await;
    assert_eq!((seen.len(), seen[0].text().as_str()), (1, "{}"));
}

#[tokio::test]
async fn a_url_of_8192_bytes_passes_and_one_byte_more_is_refused() {
    let stage = Stage::always(Act::json("{}"), "").await;
    let replica = H2Replica::connect(stage.gateway.addr()).await.unwrap();
    for start in ["/r/", "/r?"] {
        let longest = format!("{start}{}", "x".repeat(8_192 - start.len()));
        assert_eq!(stage.seen(&Outcall::get(&longest)).await.target.len(), 8_192);
        assert_eq!(replica.send(&Outcall::get(&longest)).await.unwrap().status, 200);
        let longer = Outcall::get(&format!("{longest}x"));
        refused(&stage.send(&longer).await, 400, "url-too-long", "no");
        assert_eq!(replica.send(&longer).await.unwrap().status, 400);
    }
    assert_eq!(stage.upstream.hits(), 2);
}

/// `lines` headers in all, the last of which makes their names and values `bytes` long.
fn headers(lines: usize, bytes: usize) -> String {
    let mut head = "GET /r HTTP/1.1\r\nhost: g\r\n".to_owned();
    let mut left = bytes - "hostg".len();
    for number in 0..lines - 2 {
        let line = format!("x-{number:04}: 1\r\n");
        left -= "x-00001".len();
        head.push_str(&line);
    }
    format!("{head}y: {}\r\n\r\n", "v".repeat(left - 1))
}

#[tokio::test]
async fn a_request_may_have_128_headers_and_not_129() {
    let stage = Stage::always(Act::json("{}"), "").await;
    assert_eq!(stage.send_bytes(headers(128, 2_000)).await.unwrap().status, 200);
    for lines in [129, 200, 256] {
        let answer = stage.send_bytes(headers(lines, 4_000)).await.unwrap();
        refused(&answer, 431, "headers-too-large", "no");
    }
    assert_eq!(stage.upstream.hits(), 1);
}

#[tokio::test]
async fn names_and_values_may_have_65536_bytes_and_not_one_more() {
    let stage = Stage::always(Act::json("{}"), "").await;
    for lines in [3, 128] {
        assert_eq!(stage.send_bytes(headers(lines, 65_536)).await.unwrap().status, 200, "{lines}");
        let answer = stage.send_bytes(headers(lines, 65_537)).await.unwrap();
        refused(&answer, 431, "headers-too-large", "no");
    }
}

#[tokio::test]
async fn over_http2_the_bounds_of_headers_are_the_same() {
    let stage = Stage::always(Act::json("{}"), "").await;
    let replica = H2Replica::connect(stage.gateway.addr()).await.unwrap();
    let call = |lines: usize| {
        // The agent is one more.
        (1..lines).fold(Outcall::get("/r"), |outcall, number| outcall.header(&format!("x-{number}"), "1"))
    };
    assert_eq!(replica.send(&call(128)).await.unwrap().status, 200);
    assert_eq!(replica.send(&call(129)).await.unwrap().status, 431);
    let own = "user-agentic/1.0y".len();
    assert_eq!(
        replica.send(&Outcall::get("/r").header("y", &"v".repeat(65_536 - own))).await.unwrap().status,
        200
    );
    assert_eq!(
        replica.send(&Outcall::get("/r").header("y", &"v".repeat(65_537 - own))).await.unwrap().status,
        431
    );
}
