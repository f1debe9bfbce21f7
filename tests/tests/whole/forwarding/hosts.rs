//! Routes that go to the host their path names, by https.

use std::collections::HashMap;

use outcall_gateway::Network;
use outcall_tests::{
    gateway::Gateway,
    h2_upstream::{H2Act, H2Upstream},
    replica::{Outcall, Replica},
    tls::Authority,
    upstream::{Act, Script, Upstream},
};

use crate::stage::refused;

async fn gateway(hosts: &str, upstream_ca: &str, addr: std::net::SocketAddr) -> Gateway {
    let config = format!(r#"{{"server": {{{upstream_ca}}}, "/fetch": {{"hosts": [{hosts}]}}}}"#);
    let pinned = ["localhost", "api.example.com", "127.0.0.1"].map(|name| (name.to_owned(), addr));
    Gateway::start_on(&config, Network { pinned: HashMap::from(pinned) }).await
}

fn trusting(authority: &Authority) -> String {
    format!(r#""upstream_ca": "{}""#, authority.root_path().display())
}

#[tokio::test]
async fn a_listed_host_is_called_over_tls_with_the_rest_of_the_path() {
    let authority = Authority::new();
    let upstream = Upstream::start_tls(Script::always(Act::json("{}")), &authority).await;
    let gateway = gateway(r#""localhost""#, &trusting(&authority), upstream.addr()).await;
    let replica = Replica::new(gateway.addr());
    for (path, expected) in [
        ("/fetch/localhost/v1/x?q=../1", "/v1/x?q=../1"),
        ("/fetch/localhost", "/"),
        ("/fetch/localhost/", "/"),
        ("/fetch/localhost?q", "/?q"),
        ("/fetch/localhost/%2F@evil.example", "/%2F@evil.example"),
    ] {
        assert_eq!(replica.send(&Outcall::get(path)).await.unwrap().status, 200, "{path}");
        let seen = upstream.requests().pop().unwrap();
        assert_eq!((seen.target.as_str(), seen.header("host")), (expected, Some("localhost")), "{path}");
    }
}

#[tokio::test]
async fn an_upstream_over_h2_sees_the_same() {
    let authority = Authority::new();
    let upstream = H2Upstream::start(Script::always(H2Act::json("{}")), &authority).await;
    let gateway = gateway(r#""localhost""#, &trusting(&authority), upstream.addr()).await;
    let outcall = Outcall::post("/fetch/localhost/v1?q").key("k").header("cookie", "1").json("{}");
    assert_eq!(Replica::new(gateway.addr()).send(&outcall).await.unwrap().status, 200);
    let seen = upstream.finish().await.remove(0);
    assert_eq!((seen.target.as_str(), seen.text().as_str()), ("/v1?q", "{}"));
    let mut lines = seen.header_lines.clone();
    lines.sort_unstable();
    let names: Vec<_> = lines.iter().map(|line| line.split_once(": ").unwrap().0).collect();
    let expected =
        [":authority", "accept-encoding", "content-length", "content-type", "idempotency-key", "user-agent"];
    assert_eq!((names.as_slice(), lines[0].as_str()), (expected.as_slice(), ":authority: localhost"));
}

#[tokio::test]
async fn no_other_host_is_called_however_it_is_spelled() {
    let authority = Authority::new();
    let upstream = Upstream::start_tls(Script::steps([]), &authority).await;
    let hosts = r#""localhost", "*.example.com""#;
    let gateway = gateway(hosts, &trusting(&authority), upstream.addr()).await;
    let replica = Replica::new(gateway.addr());
    for path in [
        "/fetch",
        "/fetch/",
        "/fetch/LOCALHOST/x",
        "/fetch/localhost./x",
        "/fetch/localhost:443/x",
        "/fetch/user@localhost/x",
        "/fetch/localhost%2fx",
        "/fetch/%6cocalhost/x",
        "/fetch/example.com/x",
        "/fetch/.example.com/x",
        "/fetch/a..example.com/x",
        "/fetch/evilexample.com/x",
        "/fetch/x.example.com:1/x",
        "/fetch/x.example.com@evil.example/",
        "/fetch/evil.example;.example.com/",
        "/fetch/evil.example&.example.com/",
        "/fetch/127.0.0.1/x",
        "/fetch/[::1]/x",
        "/fetch/other/localhost/x",
    ] {
        refused(&replica.send(&Outcall::get(path)).await.unwrap(), 404, "no-route", "unknown");
    }
    assert_eq!((upstream.hits(), upstream.connections()), (0, 0));
}

#[tokio::test]
async fn a_host_whose_certificate_nobody_vouches_for_is_sent_nothing() {
    let authority = Authority::new();
    let upstream = Upstream::start_tls(Script::steps([]), &authority).await;
    let distrusting = gateway(r#""localhost""#, "", upstream.addr()).await;
    let answer = Replica::new(distrusting.addr()).send(&Outcall::get("/fetch/localhost")).await.unwrap();
    refused(&answer, 502, "upstream-unreachable", "no");
    let trusting = gateway(r#""api.example.com""#, &trusting(&authority), upstream.addr()).await;
    let outcall = Outcall::post("/fetch/api.example.com/x").key("k");
    let answer = Replica::new(trusting.addr()).send(&outcall).await.unwrap();
    refused(&answer, 502, "upstream-unreachable", "no");
    assert_eq!(upstream.finish().await.len(), 0, "the certificate is for another name");
}

/// The allow-list says which names may be called; who runs their DNS must not make the gateway call its neighbours.
#[tokio::test]
async fn a_host_that_leads_to_this_machine_is_not_called() {
    let gateway = Gateway::start(r#"{"/fetch": {"hosts": ["localhost"]}}"#).await;
    let replica = Replica::new(gateway.addr());
    for outcall in [Outcall::get("/fetch/localhost/x"), Outcall::post("/fetch/localhost/x").key("k")] {
        refused(&replica.send(&outcall).await.unwrap(), 502, "upstream-not-public", "no");
    }
}
