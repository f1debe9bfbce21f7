//! The header lines that an upstream sees.

use outcall_tests::{replica::Outcall, upstream::Seen};

use crate::stage::Stage;

const AGENT: &str = concat!("outcall-gateway/", env!("CARGO_PKG_VERSION"));
const CODINGS: &str = "gzip, br, zstd, deflate";

/// Sorted: their order among each other has no meaning, but for repeated ones.
fn lines(seen: &Seen) -> Vec<String> {
    let mut lines = seen.header_lines.clone();
    lines.sort_by(|one, other| name(one).cmp(name(other)));
    lines
}

fn name(line: &str) -> &str {
    line.split_once(':').map_or(line, |(name, _)| name)
}

/// Everything that a client, a proxy or an edge may add.
fn overloaded(outcall: Outcall) -> Outcall {
    [
        ("Cookie", "session=1"),
        ("Range", "bytes=0-9"),
        ("If-Range", "\"1\""),
        ("If-None-Match", "\"1\""),
        ("If-Match", "*"),
        ("If-Modified-Since", "Mon, 02 Nov 2026 10:00:00 GMT"),
        ("If-Unmodified-Since", "Mon, 02 Nov 2026 10:00:00 GMT"),
        ("Cache-Control", "no-cache"),
        ("Pragma", "no-cache"),
        ("Forwarded", "for=192.0.2.1"),
        ("X-Forwarded-For", "192.0.2.1"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("X-Real-IP", "192.0.2.1"),
        ("Via", "1.1 edge"),
        ("Fly-Client-IP", "192.0.2.1"),
        ("Fly-Request-Id", "17"),
        ("CF-Connecting-IP", "192.0.2.1"),
        ("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("X-Request-Id", "17"),
        ("TE", "trailers"),
        ("Trailer", "x-checksum"),
        ("Connection", "keep-alive, x-api-key, te"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Authorization", "Basic Og=="),
        ("Proxy-Connection", "keep-alive"),
        ("Upgrade", "websocket"),
        ("HTTP2-Settings", "AAMAAABkAAQAAP__"),
        ("Origin", "https://evil.example"),
        ("Referer", "https://evil.example/"),
        ("Accept-Encoding", "identity"),
        ("User-Agent", "ic/1.0"),
        ("X-Unknown", "1"),
    ]
    .into_iter()
    .fold(outcall, |outcall, (name, value)| outcall.header(name, value))
}

#[tokio::test]
async fn only_what_is_forwarded_by_default_and_what_is_ours_goes_upstream() {
    let stage = Stage::varying("").await;
    let outcall = overloaded(Outcall::post("/r").key("k").json("{}"))
        .header("Accept", "application/json")
        .header("Accept-Language", "de")
        .header("Authorization", "Bearer 1")
        .header("X-API-Key", "2");
    let seen = stage.seen(&outcall).await;
    let host = format!("host: {}", stage.upstream.addr());
    let key = format!("idempotency-key: {}", seen.header("idempotency-key").unwrap());
    let expected = [
        "accept: application/json",
        &format!("accept-encoding: {CODINGS}"),
        "accept-language: de",
        "authorization: Bearer 1",
        "content-length: 2",
        "content-type: application/json",
        &host,
        &key,
        &format!("user-agent: {AGENT}"),
        "x-api-key: 2",
    ];
    assert_eq!(lines(&seen), expected);
}

#[tokio::test]
async fn a_bare_request_gets_no_more_than_it_needs() {
    let stage = Stage::varying("").await;
    let seen = stage.seen(&Outcall::get("/r")).await;
    let host = format!("host: {}", stage.upstream.addr());
    let expected = [&*format!("accept-encoding: {CODINGS}"), &host, &format!("user-agent: {AGENT}")];
    assert_eq!(lines(&seen), expected);
}

#[tokio::test]
async fn a_route_names_what_it_forwards_and_then_the_default_is_gone() {
    let stage = Stage::varying(r#""forward_headers": ["Cookie", "range", "x-forwarded-for"]"#).await;
    let seen = stage.seen(&overloaded(Outcall::get("/r").header("accept", "text/plain"))).await;
    let host = format!("host: {}", stage.upstream.addr());
    let expected = [
        &*format!("accept-encoding: {CODINGS}"),
        "cookie: session=1",
        &host,
        "range: bytes=0-9",
        &format!("user-agent: {AGENT}"),
        "x-forwarded-for: 192.0.2.1",
    ];
    assert_eq!(lines(&seen), expected);
    let none = Stage::varying(r#""forward_headers": []"#).await;
    assert_eq!(none.seen(&overloaded(Outcall::get("/r"))).await.header_lines.len(), 3);
}

#[tokio::test]
async fn an_injected_header_replaces_every_forwarded_one_of_its_name() {
    let stage =
        Stage::varying(r#""inject": {"Authorization": "Bearer ours", "X-New": "a, b", "accept": ""}"#).await;
    let outcall = Outcall::get("/r")
        .header("authorization", "Bearer theirs")
        .header("authorization", "Bearer theirs too")
        .header("accept", "text/plain")
        .header("x-new", "theirs");
    let seen = stage.seen(&outcall).await;
    assert_eq!(seen.headers("authorization"), ["Bearer ours"]);
    assert_eq!(seen.headers("x-new"), ["a, b"]);
    assert_eq!(seen.headers("accept"), [""]);
}

#[tokio::test]
async fn our_agent_and_codings_give_way_to_forwarded_and_injected_ones() {
    for (members, agent, codings) in [
        (r#""forward_headers": ["user-agent", "accept-encoding"]"#, "theirs/1", "identity"),
        (r#""inject": {"User-Agent": "ours/1", "Accept-Encoding": "gzip"}"#, "ours/1", "gzip"),
        (
            r#""forward_headers": ["user-agent", "accept-encoding"],
               "inject": {"User-Agent": "ours/1", "Accept-Encoding": "gzip"}"#,
            "ours/1",
            "gzip",
        ),
        ("", AGENT, CODINGS),
    ] {
        let stage = Stage::varying(members).await;
        let outcall =
            Outcall::get("/r").header("user-agent", "theirs/1").header("accept-encoding", "identity");
        let seen = stage.seen(&outcall).await;
        assert_eq!(seen.headers("user-agent"), [agent], "{members}");
        assert_eq!(seen.headers("accept-encoding"), [codings], "{members}");
    }
    let stage = Stage::varying(r#""forward_headers": ["user-agent", "accept-encoding"]"#).await;
    let head = "GET /r HTTP/1.1\r\nhost: g\r\n\r\n";
    assert_eq!(stage.send_bytes(head).await.unwrap().status, 200);
    let seen = stage.upstream.finish().await;
    assert_eq!(seen[0].headers("user-agent"), [AGENT], "a forwarded header that nobody sent is none");
}

#[tokio::test]
async fn repeated_fields_keep_their_order_and_their_bytes() {
    let stage = Stage::varying(r#""forward_headers": ["x-tag", "x-empty"]"#).await;
    let outcall = ["3", "1", "2", "1", "a,  b\tc"]
        .into_iter()
        .fold(Outcall::get("/r"), |outcall, tag| outcall.header("X-Tag", tag))
        .header("x-empty", "");
    let seen = stage.seen(&outcall).await;
    assert_eq!(seen.headers("x-tag"), ["3", "1", "2", "1", "a,  b\tc"]);
    assert_eq!(seen.headers("x-empty"), [""]);
}

#[tokio::test]
async fn a_forwarded_name_is_found_in_any_case_and_sent_in_lower_case() {
    let stage = Stage::varying(r#""forward_headers": ["X-Custom"]"#).await;
    let head = "GET /r HTTP/1.1\r\nHOST: g\r\nX-CUSTOM: 1\r\nx-Custom:2\r\n\r\n";
    assert_eq!(stage.send_bytes(head).await.unwrap().status, 200);
    let seen = stage.upstream.finish().await.remove(0);
    assert_eq!(seen.headers("x-custom"), ["1", "2"]);
    assert!(seen.header_names().iter().all(|name| *name == name.to_ascii_lowercase()), "{seen:?}");
}
