//! What a span says, that making one never waits, and the bytes that a collector gets.

use std::path::Path;

use outcall_protocol::digest;

use super::*;

fn span() -> Span {
    Span::ended(Kind::Server, SpanId::random(), None, Duration::from_millis(1))
}

#[test]
fn where_nobody_collects_no_span_is_made() {
    Traces::default().tell(|| panic!("for nobody"));
}

#[tokio::test]
async fn a_queue_that_is_full_leaves_out_what_comes_and_counts_it() {
    let traces = Traces::default();
    let mut spans = traces.open().unwrap();
    assert!(traces.open().is_none(), "they go to one collector");
    for _ in 0..limits::SPANS_QUEUED_MAX + 5 {
        traces.tell(span);
    }
    traces.tell(|| panic!("there is no room"));
    assert_eq!((traces.left_out(), traces.left_out()), (6, 0));
    spans.recv().await.unwrap();
    traces.tell(span);
    assert_eq!(traces.left_out(), 0, "there was room again");
}

#[test]
fn the_replicas_of_an_outcall_are_one_trace_that_begins_as_the_key_in_the_log() {
    let (key, other) = (digest::plain(b"key"), digest::plain(b"other"));
    let of = |key| Span::ended(Kind::Server, SpanId::random(), key, Duration::ZERO);
    let (first, second) = (of(Some(&key)), of(Some(&key)));
    assert_eq!(first.trace, second.trace);
    assert_ne!(first.id, second.id);
    let hex: String = first.trace.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(hex.starts_with(&key.short().to_string()) && key.to_string().starts_with(&hex));
    assert_ne!(of(Some(&other)).trace, first.trace);
    assert_ne!(of(None).trace, of(None).trace, "what has no key belongs to nobody");
}

#[test]
fn a_word_that_is_no_method_is_not_passed_on() {
    let mut span = span();
    span.named(&Method::from_bytes(b"SECRET").unwrap(), None);
    assert_eq!(span.name, "_OTHER");
    assert!(!format!("{span:?}").contains("SECRET"));
}

/// `.ci/traces.py` has the published messages read the same bytes.
#[test]
fn the_bytes_are_those_that_another_implementation_has_read() {
    let mut leading = Span {
        trace: std::array::from_fn(|at| at as u8 + 1),
        id: SpanId(0x0102_0304_0506_0708),
        parent: None,
        kind: Kind::Server,
        name: String::new(),
        started: 1_795_000_000_000_000_001,
        ended: 1_795_000_000_250_000_000,
        attributes: Vec::new(),
        failed: false,
    };
    leading.named(&Method::POST, Some("/pay"));
    leading.say("http.response.status_code", Some(200_u16));
    let mut calling = Span {
        id: SpanId(u64::MAX),
        parent: Some(leading.id),
        kind: Kind::Client,
        attributes: vec![("number", Value::Number(-1))],
        name: "POST".to_owned(),
        ..span()
    };
    (calling.trace, calling.started, calling.ended) = (leading.trace, 300, 70_000);
    calling.failed("broken_off");
    let bytes = protobuf::request(&Identity::played(), &[leading, calling]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/traces/fixture.pb");
    if std::env::var_os("OUTCALL_WRITE").is_some() {
        std::fs::write(&file, &bytes).unwrap();
    }
    assert!(
        std::fs::read(&file).unwrap() == bytes,
        "if it is to be another: OUTCALL_WRITE=1, then .ci/traces.py"
    );
}
