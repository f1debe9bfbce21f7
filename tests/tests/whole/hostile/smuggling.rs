//! Requests whose end two servers may see in two places. What comes behind one is a second request, `GET
//! /r/smuggled`: it must be read as that or not at all, and never as a part of the first. Each is refused, or read in
//! the one way that RFC 9112 allows.

use super::{Attack, Outcome, refused_bare, refused_with, served};

/// The request in tow.
const TOW: &str = "GET /r/smuggled HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n";
/// An empty chunked body.
const EMPTY: &str = "0\r\n\r\n";
/// A chunked body of `{}`.
const CHUNKED: &str = "2\r\n{}\r\n0\r\n\r\n";

/// A POST with these lines of framing and this body, and the request in tow.
fn post(lines: &str, body: &str) -> Vec<u8> {
    format!("POST /r HTTP/1.1\r\nhost: g\r\nidempotency-key: k\r\n{lines}\r\n\r\n{body}{TOW}").into_bytes()
}

/// A POST whose body is chunked like this.
fn chunked(body: &str) -> Vec<u8> {
    post("transfer-encoding: chunked", body)
}

/// The first request is served with this body, and then the one in tow.
fn both(body: &str) -> Outcome {
    served(&[&format!("POST /u {body}"), "GET /u/smuggled "])
}

/// The first request is served with this body, and the connection closed.
fn first(body: &str) -> Outcome {
    served(&[&format!("POST /u {body}")])
}

#[tokio::test]
async fn a_length_beside_chunks_is_not_looked_at_and_ends_the_connection() {
    let beyond = format!("content-length: {}\r\ntransfer-encoding: chunked", EMPTY.len() + TOW.len());
    for (name, lines) in [
        ("length, then chunks", "content-length: 6\r\ntransfer-encoding: chunked"),
        ("chunks, then length", "transfer-encoding: chunked\r\ncontent-length: 6"),
        ("a length that takes in what is in tow", &beyond),
    ] {
        Attack::new(name, post(lines, EMPTY)).ends_as(first("")).await;
    }
}

#[tokio::test]
async fn a_length_that_is_said_in_an_odd_way_is_refused_or_says_one_thing() {
    for (name, lines, outcome) in [
        ("a list of lengths", "content-length: 2, 2", refused_bare(400)),
        ("two lengths", "content-length: 2\r\ncontent-length: 3", refused_bare(400)),
        ("an empty length", "content-length: ", refused_bare(400)),
        ("a length and an empty one", "content-length: 2\r\ncontent-length: ", refused_bare(400)),
        ("a space before the colon", "content-length : 2", refused_bare(400)),
        ("a signed length", "content-length: +2", refused_bare(400)),
        ("a folded length", "content-length:\r\n 2", refused_bare(400)),
        ("the same length twice", "content-length: 2\r\ncontent-length: 2", both("{}")),
        ("zeros before the length", "content-length: 002", both("{}")),
        ("spaces around the length", "content-length:  2 ", both("{}")),
        ("a length that the connection names", "connection: content-length\r\ncontent-length: 2", both("{}")),
    ] {
        Attack::new(name, post(lines, "{}")).ends_as(outcome).await;
    }
    // Only its neighbour in the alphabet: the request has no body.
    Attack::new("an underscore", post("content_length: 2", "")).ends_as(both("")).await;
}

#[tokio::test]
async fn a_transfer_coding_is_chunked_and_nothing_else() {
    for (name, lines, outcome) in [
        ("a space before the colon", "transfer-encoding : chunked", refused_bare(400)),
        ("a vertical tab", "transfer-encoding: \x0bchunked", refused_bare(400)),
        ("a folded coding", "transfer-encoding:\r\n chunked", refused_bare(400)),
        ("behind a bare CR", "x: y\rtransfer-encoding: chunked", refused_bare(400)),
        ("a zero byte", "transfer-encoding: chunked\0", refused_bare(400)),
        ("quotes", "transfer-encoding: \"chunked\"", refused_bare(400)),
        ("a parameter", "transfer-encoding: chunked;q=1", refused_bare(400)),
        ("nothing", "transfer-encoding:", refused_bare(400)),
        (
            "chunked, then another",
            "transfer-encoding: chunked\r\ntransfer-encoding: identity",
            refused_bare(400),
        ),
        (
            "another, then chunked",
            "transfer-encoding: identity\r\ntransfer-encoding: chunked",
            refused_with("transfer-coding"),
        ),
        ("a coding under the chunks", "transfer-encoding: gzip, chunked", refused_with("transfer-coding")),
        (
            "chunked twice",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
            refused_with("transfer-coding"),
        ),
        ("an empty element", "transfer-encoding: ,chunked", refused_with("transfer-coding")),
        ("a tab", "transfer-encoding:\tchunked", both("{}")),
        ("capitals", "TRANSFER-ENCODING: CHUNKED", both("{}")),
        ("behind a bare LF, which ends a line", "x: y\ntransfer-encoding: chunked", both("{}")),
    ] {
        Attack::new(name, post(lines, CHUNKED)).ends_as(outcome).await;
    }
}

#[tokio::test]
async fn a_chunk_that_is_none_is_the_end_and_nothing_was_sent() {
    for (name, body) in [
        ("a hex prefix", "0x2\r\n{}\r\n0\r\n\r\n"),
        ("a plus", "+2\r\n{}\r\n0\r\n\r\n"),
        ("a minus", "-2\r\n{}\r\n0\r\n\r\n"),
        ("a space before the size", " 2\r\n{}\r\n0\r\n\r\n"),
        ("no size", "\r\n{}\r\n0\r\n\r\n"),
        ("a size beyond 64 bits", "10000000000000002\r\n{}\r\n0\r\n\r\n"),
        ("a bare LF behind the size", "2\n{}\r\n0\r\n\r\n"),
        ("a bare LF behind the data", "2\r\n{}\n0\r\n\r\n"),
        ("nothing behind the data", "2\r\n{}0\r\n\r\n"),
        ("more data than its size", "1\r\n{}\r\n0\r\n\r\n"),
        ("a bare LF in an extension", "2;a\nb\r\n{}\r\n0\r\n\r\n"),
        ("a bare CR in an extension", "2;a\rb\r\n{}\r\n0\r\n\r\n"),
        ("bare LFs at the end", "2\r\n{}\r\n0\n\n"),
        ("a trailer that is none", "2\r\n{}\r\n0\r\ngarbage\r\n\r\n"),
    ] {
        Attack::new(name, chunked(body)).ends_as(refused_with("body-incomplete")).await;
    }
}

#[tokio::test]
async fn what_chunks_may_carry_along_changes_nothing() {
    for (name, body) in [
        ("zeros before the size", "000000002\r\n{}\r\n0\r\n\r\n"),
        ("an extension", "2;a=b\r\n{}\r\n0\r\n\r\n"),
        ("a length among the trailers", "2\r\n{}\r\n0\r\ncontent-length: 50\r\n\r\n"),
        ("a coding among the trailers", "2\r\n{}\r\n0\r\ntransfer-encoding: chunked\r\n\r\n"),
        ("a key among the trailers", "2\r\n{}\r\n0\r\nidempotency-key: other\r\n\r\n"),
    ] {
        Attack::new(name, chunked(body)).ends_as(both("{}")).await;
    }
}

#[tokio::test]
async fn nobody_is_talked_into_another_protocol() {
    let h2c = "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\ncontent-length: 2";
    for (name, lines, body, outcome) in [
        ("h2c", h2c, "{}", both("{}")),
        ("h2c, and its preface behind it", h2c, "{}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", first("{}")),
        ("websocket", "connection: upgrade\r\nupgrade: websocket\r\ncontent-length: 2", "{}", both("{}")),
        ("an expectation that nobody knows", "expect: miracles\r\ncontent-length: 2", "{}", both("{}")),
    ] {
        Attack::new(name, post(lines, body)).ends_as(outcome).await;
    }
}

#[tokio::test]
async fn one_host_is_named_and_it_decides_nothing() {
    let asking = |lines: &str| format!("GET /r HTTP/1.1\r\n{lines}connection: close\r\n\r\n").into_bytes();
    for (name, lines, outcome) in [
        ("no host", "", refused_with("host-invalid")),
        ("two hosts", "host: g\r\nhost: h\r\n", refused_with("host-invalid")),
        ("the same host twice", "host: g\r\nhost: g\r\n", refused_with("host-invalid")),
        ("another gateway's host", "host: elsewhere.example\r\n", served(&["GET /u "])),
        ("an empty host", "host:\r\n", served(&["GET /u "])),
        ("a host with a path", "host: g/admin\r\n", served(&["GET /u "])),
    ] {
        Attack::new(name, asking(lines)).ends_as(outcome).await;
    }
    let old = b"GET /r HTTP/1.0\r\n\r\n".to_vec();
    Attack::new("HTTP/1.0, which has no hosts", old).ends_as(served(&["GET /u "]).in_http_1_0()).await;
}
