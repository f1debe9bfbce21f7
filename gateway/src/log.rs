//! One line per request: what it was, what became of it, how long it took.
//!
//! The line is printed when the request is over, also when its client leaves before the answer. Keys appear as
//! digests; paths, queries, headers and bodies never do. What the line says is counted in the same moment (`stats`), and told to
//! whoever collects traces.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{Method, StatusCode};
use outcall_protocol::digest::Digest;
use tokio::time::Instant;
use tracing::Level;

use crate::{
    answer::Answer,
    error::Problem,
    ledger::Settlement,
    stats::{Counts, How, Part},
    traces::{Kind, Span, SpanId},
};

/// What a filter calls these lines.
const TARGET: &str = "outcall_gateway::request";

/// What a filter calls the lines of what operators have done. They are kept whatever the filter says: `admin/keys`.
pub(crate) const AUDIT: &str = "outcall_gateway::audit";

/// What part a request played in its outcall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It made the upstream call.
    Lead,
    /// It waited for the call of another.
    Follow,
    /// Its answer was known.
    Replay,
    /// It had no part: refused.
    None,
}

/// The line of a request that is being answered.
pub(crate) struct Line {
    /// What it is called in traces.
    span: SpanId,
    fields: Mutex<Fields>,
}

struct Fields {
    span: SpanId,
    started: Instant,
    method: Method,
    /// Whose request it is counted as; before its route is known, nobody's.
    counts: Option<Arc<Counts>>,
    routed: bool,
    caller: Option<Box<str>>,
    key: Option<Digest>,
    role: Role,
    late: bool,
    upstream_status: Option<u16>,
    answer: Option<(StatusCode, usize, Option<Problem>)>,
}

impl Line {
    pub(crate) fn begin(method: &Method) -> Self {
        let span = SpanId::random();
        let fields = Fields {
            span,
            started: Instant::now(),
            method: method.clone(),
            counts: None,
            routed: false,
            caller: None,
            key: None,
            role: Role::None,
            late: false,
            upstream_status: None,
            answer: None,
        };
        Self { span, fields: Mutex::new(fields) }
    }

    /// What the request is called in traces.
    pub(crate) fn span(&self) -> SpanId {
        self.span
    }

    /// What is counted of the request is counted here, until its route is known.
    pub(crate) fn unrouted(&self, counts: &Arc<Counts>) {
        self.fields().counts = Some(counts.clone());
    }

    /// The route that serves it.
    pub(crate) fn route(&self, counts: &Arc<Counts>) {
        let mut fields = self.fields();
        fields.counts = Some(counts.clone());
        fields.routed = true;
    }

    /// As whom the sender is known; nobody, where the name is empty.
    pub(crate) fn caller(&self, name: &str) {
        self.fields().caller = (!name.is_empty()).then(|| name.into());
    }

    pub(crate) fn key(&self, id: &Digest) {
        self.fields().key = Some(*id);
    }

    pub(crate) fn role(&self, role: Role) {
        self.fields().role = role;
    }

    /// Its answer had been known for long when it came.
    pub(crate) fn late(&self) {
        self.fields().late = true;
    }

    pub(crate) fn settled(&self, settlement: &Settlement) {
        self.fields().upstream_status = settlement.upstream_status;
    }

    pub(crate) fn answered(&self, answer: &Answer) {
        self.fields().answer = Some((answer.status(), answer.body().len(), answer.problem()));
    }

    fn fields(&self) -> MutexGuard<'_, Fields> {
        self.fields.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fields {
    fn part(&self) -> Part {
        match (self.answer, self.role) {
            (None, _) => Part::Left,
            (_, Role::Lead) => Part::Lead,
            (_, Role::Follow) => Part::Follow,
            (_, Role::Replay) => Part::Replay,
            (Some((.., Some(Problem::KeyReused))), Role::None) => Part::Conflict,
            (Some((.., Some(_))), Role::None) => Part::Refused,
            (Some((.., None)), Role::None) => Part::Own,
        }
    }

    fn count(&self, took: Duration) {
        let Some(counts) = &self.counts else { return };
        let part = self.part();
        let (_, body_bytes, problem) = self.answer.unwrap_or_default();
        counts.request(part, took, body_bytes, problem);
        let how = match part {
            Part::Lead => How::Lead,
            Part::Follow => How::Follow,
            Part::Replay if self.late => How::Late,
            Part::Replay => How::Replay,
            Part::Conflict | Part::Refused | Part::Own | Part::Left => return,
        };
        if let Some(key) = &self.key {
            counts.served(key, how);
        }
    }
}

impl Fields {
    fn span(&self, took: Duration) -> Span {
        let mut span = Span::ended(Kind::Server, self.span, self.key.as_ref(), took);
        let route = self.counts.as_ref().filter(|_| self.routed).map(|counts| &*counts.route);
        span.named(&self.method, route);
        span.say("outcall.role", Some(self.role.name()));
        span.say("outcall.caller", self.caller.as_deref());
        span.say("outcall.upstream_status", self.upstream_status);
        let Some((status, body_bytes, problem)) = self.answer else {
            span.failed("client left");
            return span;
        };
        span.say("http.response.status_code", Some(status.as_u16()));
        span.say("http.response.body.size", Some(body_bytes));
        let facts = problem.map(Problem::facts);
        span.say("outcall.executed", facts.map(|facts| facts.executed.as_str()));
        match facts {
            Some(facts) => span.failed(facts.kind),
            None if status.is_server_error() => span.failed(status.as_str()),
            None => {}
        }
        span
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        self.count(took);
        if let Some(counts) = &self.counts {
            counts.traces.tell(|| self.span(took));
        }
        if !tracing::enabled!(target: TARGET, Level::INFO) {
            return;
        }
        let status = self.answer.map(|(status, ..)| status.as_u16());
        let body_bytes = self.answer.map(|(_, bytes, _)| bytes);
        let problem = self.answer.and_then(|(.., problem)| problem).map(Problem::facts);
        // Microseconds are as fine as a line needs.
        let duration_ms = took.as_micros() as f64 / 1000.0;
        let route = self.counts.as_ref().filter(|_| self.routed).map(|counts| &*counts.route);
        let key = self.key.as_ref().map(|key| key.short().to_string());
        tracing::info!(
            target: TARGET,
            method = %self.method,
            route,
            caller = self.caller.as_deref(),
            key,
            role = %self.role,
            status,
            upstream_status = self.upstream_status,
            problem = problem.map(|facts| facts.kind),
            executed = problem.map(|facts| facts.executed.as_str()),
            body_bytes,
            duration_ms,
            "{}",
            if status.is_some() { "answered" } else { "client left" },
        );
    }
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Follow => "follow",
            Self::Replay => "replay",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
