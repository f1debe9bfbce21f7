//! An escape never leaves the place it was meant for: what a path may not hold, and that the upstream never sees it.

use fastrand::Rng;
use outcall_tests::{
    replica::{H2Replica, Outcall, Replica},
    upstream::{Act, Reply},
};

use crate::stage::{Stage, refused};

const REFUSED: [&str; 39] = [
    "/r/../x",
    "/r/..",
    "/r/./x",
    "/r/.",
    "/../r",
    "/./r",
    "/x/../r",
    "/r/%2e%2e/x",
    "/r/%2E%2e",
    "/r/.%2e/x",
    "/r/%2e./x",
    "/r/%2e/x",
    "/r/..%2fx",
    "/r/..%2Fx",
    "/r/x%2f..",
    "/r/x%2f%2e%2e%2fy",
    "/r%2f..%2fx",
    "/%2e%2e/r",
    "/r/a%5c..%5cb",
    "/r/a%5C..",
    "/r/..%5c",
    r"/r\x",
    r"/r/x\..\y",
    r"/\r",
    "//r",
    "//evil.example/r",
    "/r//x",
    "/r//",
    "/r/x//",
    "/r/%00",
    "/r/x%0ay",
    "/r/%0d%0aX-Injected:1",
    "/r/%1f",
    "/r/%7F",
    "/r%00",
    "/r/..%2f?q",
    "/r/..;/x",
    "/r/..;a=b",
    "/r/.%2e%3Bx/y",
];

fn head(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: g\r\n\r\n")
}

#[tokio::test]
async fn a_path_that_two_servers_may_read_in_two_ways_is_refused() {
    let stage = Stage::varying("").await;
    for path in REFUSED {
        let answer = stage.send_bytes(head(path)).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        refused(&answer, 400, "path-invalid", "no");
    }
    assert_eq!((stage.upstream.hits(), stage.upstream.connections()), (0, 0));
}

#[tokio::test]
async fn over_http2_the_same_paths_are_refused() {
    let stage = Stage::varying("").await;
    let replica = H2Replica::connect(stage.gateway.addr()).await.unwrap();
    for path in REFUSED {
        let answer = replica.send(&Outcall::get(path)).await.unwrap();
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!((answer.status, body.contains(":path-invalid")), (400, true), "{path}: {body}");
    }
    assert_eq!(stage.upstream.hits(), 0);
}

#[tokio::test]
async fn names_that_only_look_like_dot_segments_pass_unchanged() {
    let stage = Stage::always(Reply::json("{}"), "").await;
    for rest in [
        "/%252e%252e/x",
        "/%252e",
        "/%252f..%252f",
        "/%255c",
        "/...",
        "/..x",
        "/x..",
        "/.%252e",
        "/%2f%2f",
        "/%%32e",
        "/%2",
        "/%c0%ae%c0%ae/x",
        "/x;../y",
        "/..x;/y",
        "/x?../..",
        "/x?a=%2e%2e/&b=..%2f&c=//&d=%00%0a&e=\\",
        "?/../",
    ] {
        let answer = stage.send_bytes(head(&format!("/r{rest}"))).await.unwrap();
        assert_eq!(answer.status, 200, "{rest}: {answer:?}");
        assert_eq!(stage.upstream.requests().pop().unwrap().target, format!("/u{rest}"));
    }
}

#[tokio::test]
async fn bytes_that_no_path_may_have_end_the_connection() {
    let stage = Stage::varying("").await;
    for target in ["/r/\x01", "/r/\x7f", "/r/a b", "/r/<x>", "/r\t"] {
        let mut session = stage.replica.session().await.unwrap();
        session.write_bytes(head(target).as_bytes()).await.unwrap();
        let answer = session.answer(&Outcall::get("/")).await.unwrap();
        assert_eq!((answer.status, answer.header("date")), (400, None), "{target:?}: {answer:?}");
        assert!(session.closed().await.unwrap());
    }
    assert_eq!(stage.upstream.hits(), 0);
}

#[tokio::test]
async fn a_fragment_is_no_part_of_a_request_and_letters_beyond_ascii_go_along() {
    let stage = Stage::always(Reply::json("{}"), "").await;
    for (target, expected) in
        [("/r#x", "/u"), ("/r/a?q#x", "/u/a?q"), ("/r/b#/../y", "/u/b"), ("/r/é?é", "/u/é?é")]
    {
        assert_eq!(stage.send_bytes(head(target)).await.unwrap().status, 200, "{target}");
        assert_eq!(stage.upstream.requests().pop().unwrap().target, expected);
    }
}

#[tokio::test]
async fn a_proxys_and_a_servers_own_targets_are_refused() {
    let stage = Stage::varying("").await;
    let call =
        |line: &str| stage.send_bytes(format!("{line} HTTP/1.1\r\nhost: g\r\nidempotency-key: k\r\n\r\n"));
    for target in ["http://g/r", "https://evil.example/r", "http://g/r?x=1", "ftp://g/r", "HTTP://g"] {
        refused(&call(&format!("POST {target}")).await.unwrap(), 400, "absolute-form", "no");
    }
    refused(&call("OPTIONS *").await.unwrap(), 400, "path-invalid", "no");
    refused(&call("GET evil.example").await.unwrap(), 400, "absolute-form", "no");
    assert_eq!(stage.upstream.hits(), 0);
}

#[tokio::test]
async fn methods_that_are_never_served_are_refused_with_those_that_are() {
    let stage = Stage::varying("").await;
    let all = Some("GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS");
    for line in
        ["TRACE /r", "TRACE /none", "CONNECT evil.example:443", "CONNECT /r", "PROPFIND /r", "get /r", "X /r"]
    {
        let answer = stage.send_bytes(format!("{line} HTTP/1.1\r\nhost: g\r\n\r\n")).await;
        let answer = answer.unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!((answer.status, answer.header("allow")), (405, all), "{line}: {answer:?}");
        refused(&answer, 405, "method-not-allowed", "unknown");
    }
    assert_eq!(stage.upstream.hits(), 0);
}

#[tokio::test]
async fn a_route_serves_the_methods_it_names() {
    let stage = Stage::varying(r#""methods": ["POST", "GET"]"#).await;
    for method in ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = stage.send(&Outcall::new(method, "/r").key("k")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, POST")), "{method}");
    }
    assert_eq!(stage.upstream.hits(), 0);
    assert_eq!(stage.send(&Outcall::get("/r")).await.status, 200);
    assert_eq!(stage.send(&Outcall::post("/r").key("k")).await.status, 200);
}

/// Puts paths together from the pieces that attacks are made of. Replay one with `OUTCALL_SEED`.
#[tokio::test]
async fn whatever_a_path_is_made_of_the_upstream_sees_it_unchanged_or_not_at_all() {
    const PIECES: [&str; 16] =
        ["/", "/", "/", ".", ".", "%2e", "%2E", "%2f", "%5c", "\\", "%252e", "%25", "a", "%61", ";", "%00"];
    let seed = std::env::var("OUTCALL_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    eprintln!("OUTCALL_SEED={seed}");
    let mut dice = Rng::with_seed(seed);
    let stage = Stage::always(Act::json("{}"), "").await;
    let mut session = Replica::new(stage.gateway.addr()).session().await.unwrap();
    let mut passed = 0;
    for _ in 0..600 {
        let pieces = dice.usize(1..8);
        let rest: String = (0..pieces).map(|_| PIECES[dice.usize(..PIECES.len())]).collect();
        let answer = session.send(&Outcall::get(&format!("/r/{rest}"))).await.unwrap();
        let seen = stage.upstream.requests();
        if answer.status == 200 {
            // A path that came before is replayed.
            let sent: Vec<_> = seen[passed..].iter().map(|seen| seen.target.clone()).collect();
            let expected = format!("/u/{rest}");
            assert!(
                sent.iter().all(|target| *target == expected) && sent.len() <= 1,
                "{rest} became {sent:?}"
            );
            assert!(stays(&expected), "{rest} was sent");
            passed = seen.len();
        } else {
            refused(&answer, 400, "path-invalid", "no");
            assert_eq!(seen.len(), passed, "{rest} was refused and sent");
            assert!(!stays(&format!("/u/{rest}")), "{rest} was refused for nothing");
        }
    }
    assert!(passed > 50, "only {passed} paths passed");
}

/// The rule again, written the other way around: decode everything once, then look at the pieces.
fn stays(path: &str) -> bool {
    let decoded = [("%2e", "."), ("%2E", "."), ("%2f", "/"), ("%5c", "\\"), ("%61", "a"), ("%00", "\0")]
        .into_iter()
        .fold(path.replace("%25", "\u{1}"), |path, (escape, character)| path.replace(escape, character));
    let hop = |piece: &str| matches!(piece.split(';').next(), Some("." | ".."));
    !path.contains('\\')
        && !path.contains("//")
        && !decoded.contains('\0')
        && !decoded.split(['/', '\\']).any(hop)
}
