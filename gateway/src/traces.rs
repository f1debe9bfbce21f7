//! Traces for whoever collects them (OpenTelemetry, over OTLP): what the log says of a request, and each upstream call, as spans.
//!
//! All replicas of an outcall are one trace, on every gateway: its id is the beginning of the key's digest, whose first half
//! is what the log calls the key. The upstream call is a child of the request that led it. A span holds what a line of the log
//! may hold, and nothing else: no path, no query, no header, no body, no key.
//!
//! Spans wait in a bounded queue ([`export`]). Whoever makes one never waits: where there is no room, it is left out and
//! counted, so that a collector that is slow, or gone, changes no answer.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::Method;
use outcall_protocol::digest::Digest;
use tokio::sync::mpsc;

mod collector;
mod export;
mod protobuf;
#[cfg(test)]
mod tests;

pub(crate) use collector::{Collector, Identity, WrongCollector};
pub(crate) use export::Export;

use crate::limits;

/// Where spans go: nowhere, unless somebody has asked for them.
#[derive(Default)]
pub(crate) struct Traces {
    queue: OnceLock<mpsc::Sender<Span>>,
    left_out: AtomicU64,
}

/// The name of a span within its trace; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpanId(u64);

/// Something that has begun and ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Span {
    trace: [u8; 16],
    id: SpanId,
    parent: Option<SpanId>,
    kind: Kind,
    name: String,
    /// In nanoseconds since 1970-01-01 UTC.
    started: u64,
    ended: u64,
    attributes: Vec<(&'static str, Value)>,
    failed: bool,
}

/// Which side of a call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A request that was answered.
    Server,
    /// A request that was made.
    Client,
}

/// What an attribute says.
#[derive(Debug, PartialEq)]
pub(crate) enum Value {
    Text(Box<str>),
    Number(i64),
}

impl Traces {
    /// From now on spans are kept, for whoever takes them from here. Nothing, the second time.
    pub(crate) fn open(&self) -> Option<mpsc::Receiver<Span>> {
        let (sender, receiver) = mpsc::channel(limits::SPANS_QUEUED_MAX);
        self.queue.set(sender).ok().map(|()| receiver)
    }

    /// Keeps a span, which is made only where somebody wants it and there is room.
    pub(crate) fn tell(&self, span: impl FnOnce() -> Span) {
        match self.queue.get().map(mpsc::Sender::try_reserve) {
            Some(Ok(place)) => place.send(span()),
            Some(Err(_)) => _ = self.left_out.fetch_add(1, Ordering::Relaxed),
            None => {}
        }
    }

    /// How many spans were left out since this was last asked.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out.swap(0, Ordering::Relaxed)
    }
}

impl SpanId {
    pub(crate) fn random() -> Self {
        Self(fastrand::u64(1..))
    }
}

impl Span {
    /// What ends now and took so long; of the outcall with this identity, or of none.
    pub(crate) fn ended(kind: Kind, id: SpanId, key: Option<&Digest>, took: Duration) -> Self {
        let ended = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let trace = match key.and_then(|key| key.as_bytes().first_chunk()) {
            Some(trace) => *trace,
            None => fastrand::u128(1..).to_be_bytes(),
        };
        let mut span = Self {
            trace,
            id,
            parent: None,
            kind,
            name: String::new(),
            started: nanos(ended.saturating_sub(took)),
            ended: nanos(ended),
            attributes: Vec::with_capacity(8),
            failed: false,
        };
        span.say("outcall.key", key.map(|key| key.short().to_string()));
        span
    }

    /// What it is called, by its method and route. Any word can pass for a method; that of a stranger is no name.
    pub(crate) fn named(&mut self, method: &Method, route: Option<&str>) {
        let method = if is_known(method) { method.as_str() } else { "_OTHER" };
        self.name = match (self.kind, route) {
            (Kind::Server, Some(route)) => format!("{method} {route}"),
            _ => method.to_owned(),
        };
        self.say("http.request.method", Some(method));
        self.say("http.route", route);
    }

    pub(crate) fn child_of(&mut self, parent: SpanId) {
        self.parent = Some(parent);
    }

    /// Adds an attribute, if there is anything to say.
    pub(crate) fn say(&mut self, name: &'static str, value: Option<impl Into<Value>>) {
        self.attributes.extend(value.map(|value| (name, value.into())));
    }

    /// It is to stand out: this went wrong.
    pub(crate) fn failed(&mut self, what: &str) {
        self.failed = true;
        self.say("error.type", Some(what));
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

fn is_known(method: &Method) -> bool {
    use Method as M;
    [M::GET, M::HEAD, M::POST, M::PUT, M::DELETE, M::PATCH, M::OPTIONS, M::TRACE, M::CONNECT].contains(method)
}

fn nanos(since_1970: Duration) -> u64 {
    u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX)
}
