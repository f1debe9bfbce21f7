//! Spans as the bytes that collectors read: `ExportTraceServiceRequest` of opentelemetry-proto 1.x, in protobuf.
//!
//! Written by hand, since it is four kinds of fields and seven messages; the libraries for it are more than the rest of
//! what the gateway is built of. `.ci/traces.py` has the published messages read what is written here.

use super::{Identity, Kind, Span, Value};

/// A request to a collector: these spans, and whose they are.
pub(super) fn request(identity: &Identity, spans: &[Span]) -> Vec<u8> {
    let mut resource = Vec::new();
    for (name, value) in identity.attributes() {
        message(&mut resource, 1, &attribute(name, &value.into()));
    }
    let mut scope = Vec::new();
    text(&mut scope, 1, env!("CARGO_PKG_NAME"));
    text(&mut scope, 2, env!("CARGO_PKG_VERSION"));
    let mut of_scope = Vec::new();
    message(&mut of_scope, 1, &scope);
    for span in spans {
        message(&mut of_scope, 2, &of_span(span));
    }
    let mut of_resource = Vec::new();
    message(&mut of_resource, 1, &resource);
    message(&mut of_resource, 2, &of_scope);
    let mut request = Vec::with_capacity(of_resource.len() + 8);
    message(&mut request, 1, &of_resource);
    request
}

fn of_span(span: &Span) -> Vec<u8> {
    let mut to = Vec::with_capacity(256);
    message(&mut to, 1, &span.trace);
    message(&mut to, 2, &span.id.0.to_be_bytes());
    if let Some(parent) = span.parent {
        message(&mut to, 4, &parent.0.to_be_bytes());
    }
    text(&mut to, 5, &span.name);
    number(&mut to, 6, if span.kind == Kind::Server { 2 } else { 3 });
    fixed(&mut to, 7, span.started);
    fixed(&mut to, 8, span.ended);
    for (name, value) in &span.attributes {
        message(&mut to, 9, &attribute(name, value));
    }
    if span.failed {
        let mut status = Vec::new();
        number(&mut status, 3, 2);
        message(&mut to, 15, &status);
    }
    to
}

fn attribute(name: &str, value: &Value) -> Vec<u8> {
    let mut any = Vec::new();
    match value {
        Value::Text(value) => text(&mut any, 1, value),
        // Two's complement, as a varint has it.
        Value::Number(value) => number(&mut any, 3, *value as u64),
    }
    let mut to = Vec::with_capacity(any.len() + name.len() + 4);
    text(&mut to, 1, name);
    message(&mut to, 2, &any);
    to
}

fn message(to: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    varint(to, field << 3 | 2);
    varint(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

fn text(to: &mut Vec<u8>, field: u64, text: &str) {
    message(to, field, text.as_bytes());
}

fn number(to: &mut Vec<u8>, field: u64, number: u64) {
    varint(to, field << 3);
    varint(to, number);
}

fn fixed(to: &mut Vec<u8>, field: u64, number: u64) {
    varint(to, field << 3 | 1);
    to.extend_from_slice(&number.to_le_bytes());
}

fn varint(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}
