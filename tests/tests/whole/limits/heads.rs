//! Heads that are no requests: the library's bare answer, without a date, and the end of the connection.

use crate::stage::Stage;

/// Asserts that these bytes are answered with a bare status, and that the connection closes.
async fn bare(stage: &Stage, bytes: &[u8], status: u16) {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
    let mut session = stage.replica.session().await.unwrap();
    session.write_bytes(bytes).await.unwrap_or_else(|error| panic!("{shown:?}: {error}"));
    let get = outcall_tests::replica::Outcall::get("/");
    let answer = session.answer(&get).await.unwrap_or_else(|error| panic!("{shown:?}: {error}"));
    assert_eq!(answer.status, status, "{shown:?}: {answer:?}");
    let mut lines = answer.header_lines.clone();
    lines.sort_unstable();
    assert_eq!(
        (lines.as_slice(), answer.body.len()),
        (["connection: close", "content-length: 0"].map(String::from).as_slice(), 0),
        "{shown:?}"
    );
    assert!(session.closed().await.unwrap(), "{shown:?}: more came after the answer");
}

#[tokio::test]
async fn a_malformed_head_is_answered_with_a_bare_400() {
    let stage = Stage::varying("").await;
    for head in [
        "GARBAGE\r\n\r\n",
        "GET\r\n\r\n",
        "GET /r\r\n\r\n",
        "GET /r HTTP/1.2\r\nhost: g\r\n\r\n",
        "GET /r HTTP/9.9\r\nhost: g\r\n\r\n",
        "GET /r x HTTP/1.1\r\nhost: g\r\n\r\n",
        "GET  HTTP/1.1\r\nhost: g\r\n\r\n",
        "G@T /r HTTP/1.1\r\nhost: g\r\n\r\n",
        "GET /r HTTP/1.1\r\nhost g\r\n\r\n",
        "GET /r HTTP/1.1\r\nhost : g\r\n\r\n",
        "GET /r HTTP/1.1\r\n: g\r\n\r\n",
        "GET /r HTTP/1.1\r\nhost: g\r\n folded\r\n\r\n",
        "GET /r HTTP/1.1\r\nhost: g\r\nx: a\0b\r\n\r\n",
        "GET /r HTTP/1.1\r\nhost: g\r\nx: a\rb\r\n\r\n",
        "GET /r HTTP/1.1\r\nhost: g\r\nx(: 1\r\n\r\n",
    ] {
        bare(&stage, head.as_bytes(), 400).await;
    }
    assert_eq!(stage.upstream.hits(), 0);
}

#[tokio::test]
async fn a_length_that_can_be_read_in_two_ways_is_answered_with_a_bare_400() {
    let stage = Stage::varying("").await;
    for framing in [
        "content-length: x",
        "content-length: +2",
        "content-length: -1",
        "content-length: 0x2",
        "content-length: 2 2",
        "content-length: 99999999999999999999",
        "content-length: 2\r\ncontent-length: 3",
        "content-length: 2, 3",
        "transfer-encoding: gzip",
        "transfer-encoding: chunked, gzip",
        "transfer-encoding: identity",
        "transfer-encoding: xchunked",
    ] {
        let head = format!("POST /r HTTP/1.1\r\nhost: g\r\nidempotency-key: k\r\n{framing}\r\n\r\n{{}}");
        bare(&stage, head.as_bytes(), 400).await;
    }
    let old = "POST /r HTTP/1.0\r\nidempotency-key: k\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    bare(&stage, old.as_bytes(), 400).await;
    assert_eq!(stage.upstream.hits(), 0);
}

#[tokio::test]
async fn more_header_lines_than_are_read_are_answered_with_a_bare_431() {
    let stage = Stage::varying("").await;
    let lines = |lines: usize| format!("GET /r HTTP/1.1\r\n{}\r\n", "x: 1\r\n".repeat(lines));
    bare(&stage, lines(257).as_bytes(), 431).await;
    assert_eq!(stage.upstream.hits(), 0);
}

#[tokio::test]
async fn a_target_longer_than_any_url_is_answered_with_a_bare_414() {
    let stage = Stage::varying("").await;
    let head = format!("GET /{} HTTP/1.1\r\nhost: g\r\n\r\n", "x".repeat(65_535));
    bare(&stage, head.as_bytes(), 414).await;
}

#[tokio::test]
async fn a_head_without_an_end_is_answered_with_a_bare_431() {
    let stage = Stage::varying("").await;
    // As much as is read, so that nothing unread turns the answer into a reset.
    let mut head = b"GET /r HTTP/1.1\r\nx: ".to_vec();
    head.resize(8_192 + 4_096 * 100, b'v');
    bare(&stage, &head, 431).await;
}
