//! What differs between an upstream over HTTP/1.1 and one over HTTP/2, and must not make a difference.

use outcall_gateway::limits;
use outcall_tests::{
    gateway::Gateway,
    h2_upstream::{H2Act, H2Upstream},
    replica::{Answer, Outcall, Subnet, agreed},
    tls::Authority,
    upstream::{Framing, Reply, Script, Seen},
};

use crate::stage::{Stage, refused};

const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];
/// How much an answer may have here, in bytes.
const MAX_BYTES: &str = r#""response": {"max_bytes": 1000}"#;

/// An HTTP/2 upstream behind the route `/r`.
async fn over_h2(script: Script<H2Act>) -> (H2Upstream, Gateway) {
    let authority = Authority::new();
    let upstream = H2Upstream::start(script, &authority).await;
    let config = format!(
        r#"{{"server": {{"upstream_ca": {:?}}}, "/r": {{"upstream": "{}", {MAX_BYTES}}}}}"#,
        authority.root_path(),
        upstream.url("/u")
    );
    (upstream, Gateway::start(&config).await)
}

/// What thirteen replicas get when the upstream gives this answer over HTTP/2, and when it does over HTTP/1.1.
async fn both(outcall: &Outcall, reply: Reply) -> [Answer; 2] {
    let (upstream, gateway) = over_h2(Script::steps([H2Act::Answer(reply.clone())])).await;
    let over_h2 = agreed(&Subnet::new(gateway.addr(), 13).burst(outcall).await).clone();
    upstream.finish().await;
    let stage = Stage::always(reply.framing(Framing::Nothing), MAX_BYTES).await;
    [over_h2, stage.send(outcall).await]
}

#[tokio::test]
async fn the_length_of_a_body_that_is_not_there_limits_nothing() {
    let reply = |status| Reply::new(status).header("content-length", "5000000");
    for (outcall, status) in [
        (Outcall::head("/r"), 200),
        (Outcall::head("/r"), 404),
        (Outcall::head("/r"), 304),
        (Outcall::get("/r"), 304),
        (Outcall::get("/r").key("k"), 304),
    ] {
        let answers = both(&outcall, reply(status)).await;
        assert_eq!((agreed(&answers).status, agreed(&answers).body.len()), (status, 0), "{outcall:?}");
    }
}

/// The control: that of a body that is there does.
#[tokio::test]
async fn a_body_that_is_too_large_is_refused_over_http2_as_well() {
    for length in [None, Some("1200")] {
        let reply = Reply::new(200).body(vec![b'a'; 1_200]);
        let reply = length.into_iter().fold(reply, |reply, length| reply.header("content-length", length));
        let (upstream, gateway) = over_h2(Script::steps([H2Act::Answer(reply)])).await;
        let answers = Subnet::new(gateway.addr(), 13).burst(&Outcall::get("/r")).await;
        refused(agreed(&answers), 502, "answer-too-large", "yes");
        upstream.finish().await;
    }
}

/// An answer with this many headers of a thousand bytes each, none of which is kept.
fn talkative(headers: usize) -> Reply {
    let value = "v".repeat(1_000);
    let reply = Reply::json("{}");
    (0..headers).fold(reply, |reply, number| reply.header(&format!("x-{number}"), &value))
}

#[tokio::test]
async fn headers_that_are_dropped_may_be_many_and_large() {
    for headers in [1, 40, 200] {
        for outcall in [Outcall::get("/r"), Outcall::post("/r").key("k").json("{}")] {
            let reply = H2Act::Answer(talkative(headers));
            let (upstream, gateway) = over_h2(Script::steps([reply])).await;
            let answers = Subnet::new(gateway.addr(), 13).burst(&outcall).await;
            let answer = agreed(&answers);
            assert_eq!((answer.status, answer.text().as_str()), (200, "{}"), "{headers} headers: {answer:?}");
            upstream.finish().await;
        }
    }
}

/// The control: there is a limit all the same, and what is beyond it was sent.
#[tokio::test]
async fn headers_beyond_every_measure_are_not_read() {
    let headers = limits::UPSTREAM_HEADER_LIST_BYTES_MAX as usize / 1_000 + 1;
    let (upstream, gateway) = over_h2(Script::steps([H2Act::Answer(talkative(headers))])).await;
    let outcall = Outcall::post("/r").key("k").json("{}");
    let answers = Subnet::new(gateway.addr(), 13).burst(&outcall).await;
    refused(agreed(&answers), 502, "outcome-unknown", "unknown");
    upstream.finish().await;
}

/// Which methods' requests ended with their heads.
fn ended_with_head(seen: &[Seen]) -> Vec<&str> {
    seen.iter().filter(|seen| seen.ended_with_head).map(|seen| seen.method.as_str()).collect()
}

/// Each method once, without a body and with one.
fn outcalls(body: &str) -> impl Iterator<Item = Outcall> {
    METHODS.into_iter().map(move |method| Outcall::new(method, "/r").key(method).body(body))
}

#[tokio::test]
async fn what_must_not_be_repeated_never_ends_with_its_head() {
    let stage = Stage::always(Reply::no_content(), "").await;
    let (upstream, gateway) = over_h2(Script::always(H2Act::Answer(Reply::no_content()))).await;
    for addr in [stage.gateway.addr(), gateway.addr()] {
        for outcall in outcalls("") {
            let answers = Subnet::new(addr, 2).burst(&outcall).await;
            assert_eq!(agreed(&answers).status, 204, "{outcall:?}");
        }
    }
    let (over_h1, over_h2) = (stage.upstream.finish().await, upstream.finish().await);
    for seen in [&over_h1, &over_h2] {
        assert_eq!(ended_with_head(seen), ["GET", "HEAD", "OPTIONS"]);
        assert!(seen.iter().all(|seen| seen.body.is_empty()));
    }
    for seen in over_h1.iter().filter(|seen| !seen.ended_with_head) {
        assert_eq!(seen.headers("content-length"), ["0"], "{}", seen.method);
    }
}

#[tokio::test]
async fn what_has_a_body_never_ends_with_its_head() {
    let (upstream, gateway) = over_h2(Script::always(H2Act::Answer(Reply::no_content()))).await;
    for outcall in outcalls("a body") {
        let answers = Subnet::new(gateway.addr(), 2).burst(&outcall).await;
        assert_eq!(agreed(&answers).status, 204, "{outcall:?}");
    }
    let seen = upstream.finish().await;
    assert!(ended_with_head(&seen).is_empty());
    assert!(seen.iter().all(|seen| seen.text() == "a body"));
}
