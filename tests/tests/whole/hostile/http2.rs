//! What no HTTP/2 library would send: malformed requests end their stream, broken frames and floods the connection, and
//! none of them is a request to an upstream (RFC 9113).

use super::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM,
    End::{self, Answered, GoneAway, Reset},
    FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, GOAWAY, HEADERS, PADDED, PING, PRIORITY, PROTOCOL_ERROR,
    PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, block, converse, frame, get, request, windows,
};
use crate::stage::Stage;
use outcall_tests::replica::Outcall;

type Lines<'a> = Vec<(&'a str, &'a str)>;

/// Where an honest request of these tests goes.
const PATH: &str = "/r/x";
/// An honest replica, and what the upstream sees of an attack's request that is one.
const HONEST: &str = "/r/honest";

/// Plays each of these against a gateway of its own; the upstream is asked so many times. An honest replica on a
/// connection of its own is served before and after.
async fn end_as(expected: End, asked: usize, attacks: impl IntoIterator<Item = (&str, Vec<u8>)>) {
    for (name, bytes) in attacks {
        let stage = Stage::varying("").await;
        let before = stage.send(&Outcall::get(HONEST)).await;
        assert_eq!(converse(stage.gateway.addr(), &bytes).await, expected, "{name}");
        let targets: Vec<String> =
            stage.upstream.requests().into_iter().skip(1).map(|seen| seen.target).collect();
        assert_eq!(targets, vec!["/u/x"; asked], "{name}");
        assert_eq!(stage.send(&Outcall::get(HONEST)).await, before, "{name}: an honest replica suffers");
    }
}

/// A whole request of these lines.
fn whole(lines: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, 1, &block(lines))
}

/// A whole GET with these lines besides.
fn with(more: &[(&str, &str)]) -> Vec<u8> {
    whole(&[&request("GET", PATH), more].concat())
}

/// A whole request in which these lines stand for those of the same names; without a value, for none.
fn changed(changes: &[(&str, Option<&str>)]) -> Vec<u8> {
    let line = |(name, value)| match changes.iter().find(|change| change.0 == name) {
        Some((_, changed)) => changed.map(|value| (name, value)),
        None => Some((name, value)),
    };
    whole(&request("GET", PATH).into_iter().filter_map(line).collect::<Lines<'_>>())
}

/// The head of a POST on this stream, whose body is to come.
fn post(stream: u32, more: &[(&str, &str)]) -> Vec<u8> {
    let lines = [&request("POST", PATH), [("idempotency-key", "k")].as_slice(), more].concat();
    frame(HEADERS, END_HEADERS, stream, &block(&lines))
}

/// A POST of `{}` that announces this length.
fn announcing(length: &str) -> Vec<u8> {
    [post(1, &[("content-length", length)]), frame(DATA, END_STREAM, 1, b"{}")].concat()
}

/// Many of these, numbered.
fn many(count: u32, of: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    (0..count).flat_map(of).collect()
}

#[tokio::test]
async fn the_control_is_served() {
    let length = [("a GET", get(1, PATH)), ("a POST that says its length", announcing("2"))];
    end_as(Answered(200), 1, length).await;
}

#[tokio::test]
async fn a_malformed_request_ends_its_stream() {
    let out_of_order =
        [(":method", "GET"), (":scheme", "http"), ("x", "1"), (":path", PATH), (":authority", "g")];
    let split = "/r/x HTTP/1.1\r\nhost: g\r\n\r\nGET /r/smuggled";
    end_as(
        Reset(PROTOCOL_ERROR),
        0,
        [
            ("connection", with(&[("connection", "close")])),
            ("keep-alive", with(&[("keep-alive", "1")])),
            ("transfer-encoding", with(&[("transfer-encoding", "chunked")])),
            ("upgrade", with(&[("upgrade", "h2c")])),
            ("te", with(&[("te", "gzip")])),
            ("a pseudo-header behind a header", whole(&out_of_order)),
            ("a response's pseudo-header", with(&[(":status", "200")])),
            ("two paths", with(&[(":path", "/r/smuggled")])),
            ("no path", changed(&[(":path", None)])),
            ("an empty path", changed(&[(":path", Some(""))])),
            ("no method", changed(&[(":method", None)])),
            ("no scheme", changed(&[(":scheme", None)])),
            ("a scheme that is none", changed(&[(":scheme", Some("ht tp"))])),
            ("a path with a second request in it", changed(&[(":path", Some(split))])),
            ("a path with a space", changed(&[(":path", Some("/r/x y"))])),
            ("a path that is a URL", changed(&[(":path", Some("http://evil.example/r/x"))])),
            ("a path without a slash", changed(&[(":path", Some("r/x"))])),
            ("an authority with a header in it", changed(&[(":authority", Some("g\r\nx: y"))])),
            (
                "a tunnel of another protocol",
                changed(&[(":method", Some("CONNECT")), (":protocol", Some("websocket"))]),
            ),
            ("less body than announced", announcing("5")),
            ("more body than announced", announcing("1")),
            ("a length that is none", announcing("x")),
            ("a signed length", announcing("+2")),
            ("a second head", [post(1, &[]), post(1, &[])].concat()),
            ("a stream that depends on itself", {
                let dependency = [0, 0, 0, 1, 16];
                let payload = [dependency.as_slice(), &block(&request("GET", PATH))].concat();
                frame(HEADERS, END_HEADERS | END_STREAM | 0x20, 1, &payload)
            }),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_header_that_is_no_text_ends_the_connection() {
    let attacks = [
        ("capitals in a name", ("X-Upper", "1")),
        ("a space in a name", ("x y", "1")),
        ("a colon in a name", ("x:y", "1")),
        ("a line end in a name", ("x\r\ny", "1")),
        ("no name", ("", "1")),
        ("an unknown pseudo-header", (":x", "1")),
        ("a header in a value", ("x", "a\r\nidempotency-key: b")),
        ("a bare LF in a value", ("x", "a\nb: c")),
        ("a zero byte in a value", ("x", "a\0b")),
        ("a request in the method", (":method", "GET /r/smuggled HTTP/1.1\r\nx: ")),
    ];
    end_as(GoneAway(PROTOCOL_ERROR), 0, attacks.map(|(name, line)| (name, with(&[line])))).await;
}

#[tokio::test]
async fn what_no_route_is_for_is_refused() {
    end_as(
        Answered(400),
        0,
        [
            ("two hosts", with(&[("host", "a"), ("host", "b")])),
            ("the gateway itself", whole(&request("OPTIONS", "*"))),
            ("a way out of the route", whole(&request("GET", "/r/../admin"))),
        ],
    )
    .await;
    let connect =
        frame(HEADERS, END_HEADERS, 1, &block(&[(":method", "CONNECT"), (":authority", "evil.example:443")]));
    end_as(Answered(405), 0, [("a tunnel", connect), ("TRACE", whole(&request("TRACE", PATH)))]).await;
}

#[tokio::test]
async fn frames_that_break_the_protocol_end_the_connection() {
    let padded = [[255].as_slice(), &block(&request("GET", PATH))].concat();
    let open_head = frame(HEADERS, END_STREAM, 1, &block(&request("GET", PATH)));
    let table = [[0x3f, 0xff, 0xff, 0xff, 0x7f].as_slice(), &block(&request("GET", PATH))].concat();
    let head = |payload: &[u8]| frame(HEADERS, END_HEADERS | END_STREAM, 1, payload);
    end_as(
        GoneAway(PROTOCOL_ERROR),
        0,
        [
            (
                "a request on stream 0",
                frame(HEADERS, END_HEADERS | END_STREAM, 0, &block(&request("GET", PATH))),
            ),
            ("a request on a server's stream", get(2, PATH)),
            ("a stream number that goes back", [post(5, &[]), get(1, PATH)].concat()),
            ("data before a head", frame(DATA, END_STREAM, 1, b"{}")),
            ("data on stream 0", frame(DATA, 0, 0, b"{}")),
            ("more padding than frame", frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, &padded)),
            ("a window of nothing", frame(WINDOW_UPDATE, 0, 0, &[0; 4])),
            ("half a window", frame(WINDOW_UPDATE, 0, 0, &[0; 3])),
            ("half a setting", frame(SETTINGS, 0, 0, &[0; 5])),
            ("an acknowledgement with settings", frame(SETTINGS, ACK, 0, &[0; 6])),
            ("a setting beyond its bounds", frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff])),
            ("frames of one byte", frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1])),
            ("half a ping", frame(PING, 0, 0, &[0; 7])),
            ("a ping on a stream", frame(PING, 0, 1, &[0; 8])),
            ("half a priority", frame(PRIORITY, 0, 1, &[0; 4])),
            ("a client's push", frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2])),
            ("the reset of a stream that never was", frame(RST_STREAM, 0, 1, &[0; 4])),
            ("the reset of the connection", frame(RST_STREAM, 0, 0, &[0; 4])),
            ("half a farewell", frame(GOAWAY, 0, 0, &[0; 7])),
            ("a continuation of nothing", frame(CONTINUATION, END_HEADERS, 1, &block(&request("GET", PATH)))),
            ("something between two parts of a head", [open_head, frame(PING, 0, 0, &[0; 8])].concat()),
            ("a place beyond the table", head(&[0xff, 0xff, 0xff, 0xff, 0x7f])),
            ("half a header", head(&[0, 10, b'x'])),
            ("a table beyond its bounds", head(&table)),
            ("a text that does not unpack", head(&[0, 0x81, 0xff, 1, b'x'])),
        ],
    )
    .await;
    let too_large = vec![0; 16_385];
    end_as(GoneAway(FRAME_SIZE_ERROR), 0, [("a frame beyond its size", frame(DATA, 0, 1, &too_large))]).await;
    let overflow = 0x7fff_ffff_u32.to_be_bytes();
    end_as(
        GoneAway(FLOW_CONTROL_ERROR),
        0,
        [("a window beyond its size", frame(WINDOW_UPDATE, 0, 0, &overflow))],
    )
    .await;
}

#[tokio::test]
async fn floods_end_the_connection_before_they_cost_anything() {
    let open_head = frame(HEADERS, END_STREAM, 1, &block(&request("GET", PATH)));
    let continued =
        |part: Vec<u8>| [open_head.clone(), many(20_000, |_| frame(CONTINUATION, 0, 1, &part))].concat();
    // Opened and given up at once (CVE-2023-44487).
    let rapid = many(20_000, |number| {
        let stream = 2 * number + 1;
        [post(stream, &[]), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
    });
    // A field of 4,000 bytes that is put into the table once and named a thousand times, by a byte each.
    let mut bomb = block(&request("GET", PATH));
    bomb.extend([0x40, 1, b'x', 127, 0xa1, 0x1e]);
    bomb.extend([[b'v'; 4_000].as_slice(), &[0xbe; 1_000]].concat());
    end_as(
        GoneAway(ENHANCE_YOUR_CALM),
        0,
        [
            ("a head without an end", continued(block(&[("x", "y")]))),
            ("a head of empty parts", continued(Vec::new())),
            ("a head that unpacks to megabytes", frame(HEADERS, END_HEADERS | END_STREAM, 1, &bomb)),
            ("streams that are reset at once", rapid),
            ("a body of empty frames", [post(1, &[]), many(100_000, |_| frame(DATA, 0, 1, &[]))].concat()),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_only_tiresome_does_not_keep_a_request_from_its_answer() {
    let behind = |flood: Vec<u8>| [flood, get(1, PATH)].concat();
    let streams = many(1_000, |number| post(2 * number + 1, &[]));
    end_as(
        Answered(200),
        1,
        [
            ("settings", behind(many(100_000, |_| frame(SETTINGS, 0, 0, &[])))),
            ("pings", behind(many(100_000, |_| frame(PING, 0, 0, &[0; 8])))),
            ("priorities", behind(many(100_000, |_| frame(PRIORITY, 0, 3, &[0, 0, 0, 0, 1])))),
            ("frames of an unknown type", behind(many(1_000, |_| frame(0x77, 0, 1, b"?")))),
            ("more streams than there may be", [streams, frame(DATA, END_STREAM, 1, b"{}")].concat()),
            ("trailers that may be sent", with(&[("te", "trailers")])),
            ("a space before a value", with(&[("x", " a")])),
            ("somebody's name in the authority", changed(&[(":authority", Some("user@g"))])),
        ],
    )
    .await;
}

/// What is sent ahead lies in memory before any limit of bodies is asked; so it is bounded by connections alone.
#[tokio::test]
async fn a_connection_can_send_little_ahead_of_what_is_read() {
    let stage = Stage::varying("").await;
    let most = outcall_gateway::limits::H2_AHEAD_BYTES_MAX;
    assert_eq!(windows(stage.gateway.addr()).await, (most, most));
}
