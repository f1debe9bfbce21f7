//! One line per request: what it was, what became of it, how long it took.
//!
//! The line is printed when the request is over, also when its client leaves before the answer. Keys appear as
//! digests; paths, queries, headers and bodies never do.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{Method, StatusCode};
use outcall_protocol::digest::Digest;
use tokio::time::Instant;
use tracing::Level;

use crate::{answer::Answer, error::Problem, ledger::Settlement};

/// What a filter calls these lines.
const TARGET: &str = "outcall_gateway::request";

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
pub(crate) struct Line(Mutex<Fields>);

struct Fields {
    started: Instant,
    method: Method,
    route: Option<Box<str>>,
    caller: Option<Box<str>>,
    key: Option<Digest>,
    role: Role,
    upstream_status: Option<u16>,
    answer: Option<(StatusCode, usize, Option<Problem>)>,
}

impl Line {
    pub(crate) fn begin(method: &Method) -> Self {
        Self(Mutex::new(Fields {
            started: Instant::now(),
            method: method.clone(),
            route: None,
            caller: None,
            key: None,
            role: Role::None,
            upstream_status: None,
            answer: None,
        }))
    }

    pub(crate) fn route(&self, path: &str) {
        self.fields().route = Some(path.into());
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

    pub(crate) fn settled(&self, settlement: &Settlement) {
        self.fields().upstream_status = settlement.upstream_status;
    }

    pub(crate) fn answered(&self, answer: &Answer) {
        self.fields().answer = Some((answer.status(), answer.body().len(), answer.problem()));
    }

    fn fields(&self) -> MutexGuard<'_, Fields> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        if !tracing::enabled!(target: TARGET, Level::INFO) {
            return;
        }
        let status = self.answer.map(|(status, ..)| status.as_u16());
        let body_bytes = self.answer.map(|(_, bytes, _)| bytes);
        let problem = self.answer.and_then(|(.., problem)| problem).map(Problem::facts);
        // Microseconds are as fine as a line needs.
        let duration_ms = self.started.elapsed().as_micros() as f64 / 1000.0;
        let key = self.key.as_ref().map(|key| key.short().to_string());
        tracing::info!(
            target: TARGET,
            method = %self.method,
            route = self.route.as_deref(),
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

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lead => "lead",
            Self::Follow => "follow",
            Self::Replay => "replay",
            Self::None => "none",
        })
    }
}
