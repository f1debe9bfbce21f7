//! The story of an outcall: read it, claim its key, wait for its one answer.
//!
//! ```text
//! request ── read whole ── claim ─┬─ lead ──── admit ── upstream ── canonical ── settle ─┐
//!                                 ├─ follow ───────────────────────────────────── wait ──┤── the same bytes
//!                                 ├─ replay ─────────────────────────────────────────────┘
//!                                 └─ conflict, crowded, full ── refused
//! ```
//!
//! The leader's work is a task of its own (`lead`): no client's disconnect can cancel it or strand the others, and
//! the request that led waits for it like every follower.

use std::sync::Arc;

use bytes::Bytes;
use http_body::Body as HttpBody;

use crate::{
    answer::Answer,
    app::App,
    error::Problem,
    ledger::{Ask, Claim, Ending, Unavailable},
    limits,
    log::{Line, Role},
};

mod admit;
mod body;
mod key;
mod lead;
mod request;
mod served;
mod settlement;

pub(crate) use body::{Bodies, Body};
pub(crate) use request::{Asked, Request};
pub(crate) use served::Served;

/// Answers one request: with the one answer of its outcall, or with a refusal.
pub(crate) async fn answer<B>(app: &Arc<App>, asked: Asked<B>, line: &Line) -> Answer
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let method = asked.head.method.clone();
    let (request, body) = match request::read(&app.bodies, asked, line).await {
        Ok(read) => read,
        Err(problem) => return problem.answer(&method),
    };
    let ask = request.ask();
    let mut body = Some(body);
    for _ in 0..limits::CLAIMS_PER_REQUEST {
        // A leader was lost after this request had given its body away: somebody who still has one leads.
        let Some(held) = body.take() else { break };
        let refusal = app.refusals.get(&ask.id, app.ledger.now());
        if refusal.as_ref().is_some_and(|refusal| !refusal.is_for(&ask)) {
            return Problem::KeyReused.answer(&method);
        }
        let waiter = match app.ledger.claim(&ask).await {
            Ok(Claim::Lead(lead, waiter)) => {
                line.role(Role::Lead);
                body = held.again();
                lead::spawn(app, request.clone(), held, lead, refusal);
                waiter
            }
            Ok(Claim::Follow(waiter)) => {
                line.role(Role::Follow);
                body = held.again();
                // The leader has the body; the followers need not hold it while they wait.
                drop(held);
                waiter
            }
            Ok(Claim::Replay(record)) => {
                line.role(Role::Replay);
                line.settled(&record.settlement);
                return record.settlement.answer.clone();
            }
            Ok(Claim::Conflict) => return Problem::KeyReused.answer(&method),
            Ok(Claim::Crowded) => return Problem::WaitersFull.answer(&method),
            Err(Unavailable::Full) => return refuse(app, &request, &ask, Problem::LedgerFull),
        };
        if let Ending::Settled(record) = waiter.ending().await {
            line.settled(&record.settlement);
            return record.settlement.answer.clone();
        }
    }
    Problem::LeaderLost.answer(&method)
}

/// The ledger cannot remember this key: the process does, so that a replica that comes when it can again does not
/// get another answer.
fn refuse(app: &App, request: &Request, ask: &Ask, problem: Problem) -> Answer {
    app.refusals.remember(ask, problem, app.ledger.now(), request.error_life());
    problem.answer(request.method())
}

#[cfg(test)]
mod tests;
