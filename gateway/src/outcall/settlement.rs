//! What is recorded: how an upstream call ended becomes the answer that every replica gets, and how long it stands.
//!
//! | event | safe to repeat | otherwise |
//! |---|---|---|
//! | nothing was sent | 502, `error_ttl` | the same |
//! | sent, then broken off, or the deadline | 502 or 504, `error_ttl` | 502 *outcome unknown*, `ttl` |
//! | a complete 429 or 503 | as it came, `error_ttl` | as it came, `ttl` |
//! | any other complete answer | as it came, `ttl` | the same |
//! | complete, but refused by us | 502, `error_ttl` | 502, `ttl` |
//! | cancelled while it ran (`tickets`) | 502, `ttl` | the same |
//! | refused before leading | its own status, `error_ttl` | the same |
//!
//! A request without a key of its own is remembered for the route's `window`, whatever became of it.

use std::time::Duration;

use http::StatusCode;

use super::{Errand, Request};
use crate::{
    answer::Answer,
    config::is_safe,
    error::{Executed, Problem},
    ledger::Settlement,
    upstream::Failure,
};

/// The request was refused before anything was sent.
pub(super) fn refused(request: &Request, problem: Problem, life: Duration) -> Settlement {
    Settlement { answer: problem.answer(request.method()), life, upstream_status: None }
}

/// The request may have been executed, and nobody here will ever know.
pub(super) fn outcome_unknown(request: &Request) -> Settlement {
    refused(request, Problem::OutcomeUnknown, request.life())
}

/// What is said of a request whose leader, or whose answer, is lost: unknown, for as long as that matters.
pub(super) fn lost(request: &Request) -> Settlement {
    let problem = match request.errand() {
        Errand::Call => Problem::OutcomeUnknown,
        // The poll is lost, and not what it asks about.
        Errand::Poll(_) | Errand::Cancel(_) => Problem::LeaderLost,
    };
    refused(request, problem, lost_life(request))
}

/// Its call was under way when somebody had it ended.
pub(super) fn cancelled(request: &Request) -> Settlement {
    refused(request, Problem::Cancelled, request.life())
}

/// For how long that is.
pub(super) fn lost_life(request: &Request) -> Duration {
    if is_safe(request.method()) { request.error_life() } else { request.life() }
}

/// What is recorded when a leader before this one was lost, who may have sent the request: this one's end, but for a
/// promise that nothing was executed.
pub(super) fn after_a_lost_leader(request: &Request, settlement: Settlement) -> Settlement {
    match settlement.executed() {
        Some(Executed::No) => refused(request, Problem::LeaderLost, settlement.life),
        _ => settlement,
    }
}

/// The upstream call ended without an answer that could be looked at.
pub(super) fn of_failure(request: &Request, failure: Failure) -> Settlement {
    let problem = match failure {
        Failure::NothingSent => Problem::UpstreamUnreachable,
        Failure::NotPublic => Problem::UpstreamNotPublic,
        Failure::TooLarge { status } => return of_answer(request, status, Err(Problem::AnswerTooLarge)),
        Failure::BrokenOff | Failure::TimedOut if !request.safe_to_repeat() => {
            return outcome_unknown(request);
        }
        Failure::BrokenOff => Problem::UpstreamFailed,
        Failure::TimedOut => Problem::UpstreamTimeout,
    };
    refused(request, problem, request.error_life())
}

/// The upstream answered with `status`, and its answer was made canonical, or refused.
pub(super) fn of_answer(
    request: &Request,
    status: StatusCode,
    finished: Result<Answer, Problem>,
) -> Settlement {
    let upstream_status = Some(status.as_u16());
    match finished {
        Ok(answer) => {
            // A load balancer says 503 also after the request was executed: where that matters, the answer stands.
            let passing = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
            let life = if passing { failure_life(request) } else { request.life() };
            Settlement { answer, life, upstream_status }
        }
        Err(problem) => Settlement { upstream_status, ..refused(request, problem, failure_life(request)) },
    }
}

/// How long a failure stands in which the upstream may have acted.
fn failure_life(request: &Request) -> Duration {
    if request.safe_to_repeat() { request.error_life() } else { request.life() }
}

#[cfg(test)]
mod tests;
