//! The request target that an upstream sees: what it was given, byte for byte.

use outcall_tests::{
    gateway::Gateway,
    replica::{Outcall, Replica},
    upstream::{Act, Script, Upstream},
};

use crate::stage::send_bytes;

/// Asks for `path` and says which target the upstream saw.
async fn target(route: &str, base: &str, path: &str) -> String {
    let upstream = Upstream::start(Script::steps([Act::json("{}")])).await;
    let gateway = Gateway::start(&format!(r#"{{"{route}": "{}"}}"#, upstream.url(base))).await;
    let answer = send_bytes(gateway.addr(), format!("GET {path} HTTP/1.1\r\nhost: g\r\n\r\n")).await.unwrap();
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    upstream.finish().await.remove(0).target
}

#[tokio::test]
async fn the_rest_of_the_path_goes_along_as_it_is() {
    for rest in [
        "",
        "/",
        "/x",
        "/x/y/",
        "/x%2Fy",
        "/x%2fy",
        "/%20",
        "/{x}",
        "/x{",
        "/%7Bx%7D",
        "/%252e%252e/x",
        "/%25%32%65/x",
        "/...",
        "/.x/x./..x/x..",
        "/%e2%82%ac",
        "/a;b=1,c:d@e!$&'()*+~_-",
        "/%",
        "/%zz",
        "/|x",
        "/x=y",
    ] {
        assert_eq!(target("/r", "/u", &format!("/r{rest}")).await, format!("/u{rest}"));
    }
}

#[tokio::test]
async fn the_query_goes_along_as_it_is() {
    for query in [
        "?",
        "?q",
        "?q=1&q=2&",
        "?q=%20+%2B",
        "?a=../..//x&b=.&c=\\",
        "?%2e%2e/%00%0a",
        "??",
        "?url=https://example.com/a?b=c",
        "?{}|^[]",
        "?&&==",
    ] {
        assert_eq!(target("/r", "/u", &format!("/r{query}")).await, format!("/u{query}"));
        assert_eq!(target("/r", "/u", &format!("/r/x{query}")).await, format!("/u/x{query}"));
    }
}

#[tokio::test]
async fn the_upstreams_own_query_comes_first() {
    for (path, expected) in [
        ("/r", "/u?own=1"),
        ("/r?", "/u?own=1"),
        ("/r?q=2", "/u?own=1&q=2"),
        ("/r/x?own=2", "/u/x?own=1&own=2"),
        ("/r/x", "/u/x?own=1"),
        ("/r?&", "/u?own=1&&"),
    ] {
        assert_eq!(target("/r", "/u?own=1", path).await, expected, "{path}");
    }
}

#[tokio::test]
async fn slashes_at_the_seam_are_neither_doubled_nor_lost() {
    for (route, base, path, expected) in [
        ("/r", "", "/r", "/"),
        ("/r", "", "/r/x", "/x"),
        ("/r", "/", "/r", "/"),
        ("/r", "/u/", "/r", "/u/"),
        ("/r", "/u/", "/r/x", "/u/x"),
        ("/r", "/u/", "/r/", "/u/"),
        ("/", "/u", "/", "/u"),
        ("/", "/u", "/x", "/u/x"),
        ("/", "", "/x/", "/x/"),
        ("/r/%41", "/u", "/r/%41/x", "/u/x"),
    ] {
        assert_eq!(target(route, base, path).await, expected, "{route} to {base}: {path}");
    }
}

#[tokio::test]
async fn the_longest_route_wins_and_segments_are_whole() {
    let upstream = Upstream::start(Script::always(Act::json("{}"))).await;
    let members = ["/price", "/price/eth", "/p"].map(|path| format!(r#""{path}": "{}""#, upstream.url(path)));
    let gateway = Gateway::start(&format!("{{{}}}", members.join(","))).await;
    let replica = Replica::new(gateway.addr());
    for path in ["/price/eth/x", "/price/ethereum", "/price", "/p/rice"] {
        assert_eq!(replica.send(&Outcall::get(path)).await.unwrap().status, 200, "{path}");
    }
    for path in ["/prices", "/Price", "/pric", "/", "/%70rice", "/x/price"] {
        let answer = replica.send(&Outcall::get(path)).await.unwrap();
        crate::stage::refused(&answer, 404, "no-route", "unknown");
    }
    let targets: Vec<_> = upstream.finish().await.into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets, ["/price/eth/x", "/price/ethereum", "/price", "/p/rice"]);
}
