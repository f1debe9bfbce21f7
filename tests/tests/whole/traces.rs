//! Traces: a collector of the tests' own reads what the real binary sends it, with a reader of protobuf that shares no code.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use outcall_protocol::digest;
use outcall_tests::{
    gateway::Process,
    replica::{Outcall, Replica},
    upstream::{Act, Script, Upstream},
};

use crate::cli::{BINARY, Folder};

/// Every one of these stands somewhere in what is sent.
const SECRETS: [&str; 6] = ["kkkey", "hhheader", "qqquery", "pppath", "bbbody", "ooown"];

/// One field of a message: a number, or bytes.
#[derive(Clone, Debug)]
enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

/// The fields of a message, by their numbers.
fn message(mut bytes: &[u8]) -> Vec<(u64, Field)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let field = match tag & 7 {
            0 => Field::Number(varint(&mut bytes)),
            1 => Field::Number(u64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
            2 => {
                let length = varint(&mut bytes) as usize;
                Field::Bytes(take(&mut bytes, length).to_vec())
            }
            other => panic!("a wire type {other}"),
        };
        fields.push((tag >> 3, field));
    }
    fields
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let end = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
    take(bytes, end + 1).iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f))
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> &'b [u8] {
    let (taken, rest) = bytes.split_at(count);
    *bytes = rest;
    taken
}

fn all(bytes: &[u8], number: u64) -> Vec<Vec<u8>> {
    let fields = message(bytes).into_iter().filter(|(there, _)| *there == number);
    fields.filter_map(|(_, field)| if let Field::Bytes(bytes) = field { Some(bytes) } else { None }).collect()
}

fn number(bytes: &[u8], number: u64) -> Option<u64> {
    message(bytes).into_iter().find_map(|(there, field)| match field {
        Field::Number(value) if there == number => Some(value),
        _ => None,
    })
}

fn text(bytes: &[u8], number: u64) -> String {
    all(bytes, number).pop().map(|text| String::from_utf8(text).unwrap()).unwrap_or_default()
}

/// What is said beside the fields.
fn attributes(bytes: &[u8], field: u64) -> BTreeMap<String, String> {
    let pairs = all(bytes, field).into_iter().map(|pair| {
        let value = all(&pair, 2).pop().unwrap();
        let said = number(&value, 3).map_or_else(|| text(&value, 1), |number| number.to_string());
        (text(&pair, 1), said)
    });
    pairs.collect()
}

#[derive(Debug)]
struct Span {
    trace: Vec<u8>,
    id: Vec<u8>,
    parent: Option<Vec<u8>>,
    name: String,
    kind: u64,
    nanos: [u64; 2],
    says: BTreeMap<String, String>,
    failed: bool,
}

impl Span {
    fn read(bytes: &[u8]) -> Self {
        Self {
            trace: all(bytes, 1).pop().unwrap(),
            id: all(bytes, 2).pop().unwrap(),
            parent: all(bytes, 4).pop(),
            name: text(bytes, 5),
            kind: number(bytes, 6).unwrap(),
            nanos: [7, 8].map(|field| number(bytes, field).unwrap()),
            says: attributes(bytes, 9),
            failed: all(bytes, 15).pop().is_some_and(|status| number(&status, 3) == Some(2)),
        }
    }

    fn says(&self, name: &str) -> &str {
        self.says.get(name).map_or("-", String::as_str)
    }
}

/// The spans that a collector was given, all of the service that the gateway says it is.
fn spans(collector: &Upstream, service: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for request in collector.requests() {
        assert_eq!((&*request.method, &*request.target), ("POST", "/otlp/v1/traces"));
        for whose in all(&request.body, 1) {
            let resource = attributes(&all(&whose, 1)[0], 1);
            assert_eq!(resource["service.name"], service);
            for scope in all(&whose, 2) {
                spans.extend(all(&scope, 2).iter().map(|span| Span::read(span)));
            }
        }
    }
    spans
}

#[tokio::test]
async fn the_replicas_of_an_outcall_are_one_trace_with_one_call_in_it() {
    let collector = Upstream::start(Script::always(Act::json("{}"))).await;
    let upstream = Upstream::start(Script::each(|seen| {
        if seen.target.contains("reset") { Act::ResetAfterReading } else { Act::Varying }
    }))
    .await;
    let config = format!(r#"{{"/r": "{}?own=ooown"}}"#, upstream.url("/ooown"));
    let endpoint = collector.url("/otlp/");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-team=of%20mine"),
        ("OTEL_SERVICE_NAME", "payments"),
    ];
    let gateway = Process::start_with(BINARY, &config, &[], &variables).await;
    let replica = Replica::new(gateway.addr());
    let outcall = Outcall::post("/r/pppath?qqquery").header("x-other", "hhheader").body("bbbody");
    let keyed = outcall.clone().key("kkkey");
    join_all((0..13).map(|_| replica.send(&keyed))).await;
    replica.send(&outcall.clone().key("kkkey").body("another bbbody")).await.unwrap();
    replica.send(&Outcall::post("/r/reset").key("kkkey-2")).await.unwrap();
    replica.send(&Outcall::get("/elsewhere/pppath")).await.unwrap();
    gateway.signal("TERM").await;
    let (status, said) = gateway.last_words().await;
    assert!(status.success() && said.contains("traces    http://127.0.0.1:"), "{said}");

    let spans = spans(&collector, "payments");
    assert_eq!(spans.len(), 13 + 1 + 1 + 2 + 1, "flushed at the end: {spans:#?}");
    let agreed: Vec<&Span> = spans.iter().filter(|span| span.trace == conflicting(&spans)).collect();
    let parts = |role: &str| agreed.iter().filter(|span| span.says("outcall.role") == role).count();
    assert_eq!((parts("lead"), parts("follow") + parts("replay"), parts("none")), (1, 12, 1));
    let leader = agreed.iter().find(|span| span.says("outcall.role") == "lead").unwrap();
    let [call] = agreed.iter().filter(|span| span.kind == 3).collect::<Vec<_>>()[..] else {
        panic!("{agreed:#?}")
    };
    assert_eq!((call.parent.as_ref(), &*call.name), (Some(&leader.id), "POST"));
    assert_eq!((call.says("http.response.status_code"), call.says("outcall.call")), ("200", "complete"));
    assert!(call.nanos[0] <= call.nanos[1] && !call.failed, "{call:#?}");
    let shown: Vec<&str> =
        ["http.route", "http.response.status_code", "outcall.upstream_status", "http.request.method"]
            .map(|name| leader.says(name))
            .to_vec();
    assert_eq!((&*leader.name, shown), ("POST /r", vec!["/r", "200", "200", "POST"]));
    let reused = agreed.iter().find(|span| span.says("outcall.role") == "none").unwrap();
    assert_eq!((reused.says("error.type"), reused.says("outcall.executed")), ("key-reused", "no"));

    let lost = spans.iter().find(|span| span.says("outcall.call") == "broken_off").unwrap();
    let told = spans.iter().find(|span| Some(&span.id) == lost.parent.as_ref()).unwrap();
    assert_eq!((told.says("error.type"), lost.failed, told.failed), ("outcome-unknown", true, true));
    let stray = spans.iter().find(|span| span.says("error.type") == "no-route").unwrap();
    assert_eq!((&*stray.name, stray.says("http.route"), stray.says("outcall.key")), ("GET", "-", "-"));

    for request in collector.requests() {
        assert!(
            request.header_lines.iter().any(|line| line == "x-team: of mine"),
            "{:?}",
            request.header_lines
        );
        let sent = String::from_utf8_lossy(&request.body).into_owned();
        for secret in SECRETS {
            assert!(!sent.contains(secret), "{secret} was sent to the collector");
        }
    }
}

/// The trace of the key under which two requests differed.
fn conflicting(spans: &[Span]) -> Vec<u8> {
    spans.iter().find(|span| span.says("error.type") == "key-reused").unwrap().trace.clone()
}

#[tokio::test]
async fn a_collector_that_hangs_breaks_off_or_is_not_there_changes_no_answer_and_holds_nobody_up() {
    let hanging = Upstream::start(Script::always(Act::Hang)).await;
    let breaking = Upstream::start(Script::always(Act::ResetAfterReading)).await;
    for url in [hanging.url(""), breaking.url(""), "http://127.0.0.1:1".to_owned()] {
        let upstream = Upstream::start(Script::always(Act::Varying)).await;
        let config = format!(r#"{{"/r": "{}"}}"#, upstream.url("/u"));
        let gateway = Process::start(BINARY, &config, &["--otlp", &url]).await;
        let replica = Replica::new(gateway.addr());
        let outcall = Outcall::post("/r").key("k");
        let answers = join_all((0..13).map(|_| replica.send(&outcall))).await;
        let first = answers[0].as_ref().unwrap();
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap() == first), "{url}");
        assert_eq!((first.status, upstream.hits()), (200, 1), "{url}");
        gateway.signal("TERM").await;
        let (status, said) = gateway.last_words().await;
        assert!(status.success(), "{url}: {said}");
    }
}

#[tokio::test]
async fn a_collector_that_cannot_be_one_is_a_misuse_and_an_empty_variable_is_none() {
    let folder = Folder::new();
    let config = format!(r#"{{"/r": "http://127.0.0.1:1/{}"}}"#, digest::plain(b"x"));
    std::fs::write(folder.path().join("proxy_conf.json"), &config).unwrap();
    for (arguments, variables, told) in [
        (&["--otlp", "localhost:4317"][..], &[][..], "expected the URL of a collector"),
        (&["--otlp", "http://127.0.0.1:1"], &[("OTEL_EXPORTER_OTLP_HEADERS", "hhheader")], "--otlp-headers"),
    ] {
        let ran = folder.run(arguments, variables).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(told) && !ran.stderr.contains("hhheader"), "{ran:?}");
    }
    let empty = [("OTEL_EXPORTER_OTLP_ENDPOINT", ""), ("OTEL_SERVICE_NAME", "")];
    let gateway = Process::start_with(BINARY, &config, &[], &empty).await;
    gateway.signal("TERM").await;
    let (status, said) = gateway.last_words().await;
    assert!(status.success() && !said.contains("traces"), "{said}");
}
