//! The story of an outcall: read it, claim its key, wait for its one answer.
//!
//! ```text
//! request ── read whole ── claim ─┬─ lead ── begin ── admit ── upstream ── canonical ── settle ─┐
//!                                 ├─ follow ───────────────────────────────────────────── wait ─┤── the same bytes
//!                                 ├─ replay ────────────────────────────────────────────────────┘
//!                                 └─ conflict, crowded, full, unreachable ── refused
//! ```
//!
//! The leader's work is a task of its own (`lead`): no client's disconnect can cancel it or strand the others, and
//! the request that led waits for it like every follower. A call that takes minutes goes on when its replicas have their
//! answer (`tickets`).

use std::sync::Arc;

use bytes::Bytes;
use http_body::Body as HttpBody;

use crate::{
    answer::Answer,
    app::App,
    error::Problem,
    ledger::{Ask, Claim, Ending, Remembered, Repeat, Unavailable},
    limits,
    log::{Line, Role},
    stats::Ended,
};

mod admit;
mod answers;
mod body;
mod key;
mod lead;
mod request;
mod served;
mod settlement;
mod signed;
mod tickets;

pub(crate) use admit::Rate;
pub(crate) use answers::Answers;
pub(crate) use body::{Bodies, Body};
pub(crate) use request::{Asked, Errand, Request};
pub(crate) use served::{Living, Served};

/// Answers one request: with the one answer of its outcall, or with a refusal.
pub(crate) async fn answer<B>(app: &Arc<App>, asked: Asked<B>, line: &Line) -> Answer
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let method = asked.head.method.clone();
    let (request, mut body) = match request::read(&app.bodies, asked, line).await {
        Ok(read) => read,
        Err(problem) => return problem.answer(&method),
    };
    let ask = signed::ask(app, &request);
    let mut introduced = false;
    for _ in 0..limits::CLAIMS_PER_REQUEST {
        let mut following = None;
        let waiter = match app.ledger.claim(&ask).await {
            Ok(Claim::Lead(lead, waiter)) => {
                line.role(Role::Lead);
                app.stats.recent.led(request.as_key(true, app.ledger.now()));
                // Looked up behind the claim: whoever was refused before it has left his note by now, or will be
                // given this claim's answer when he claims again.
                match app.refusals.get(&ask.id, app.ledger.now()) {
                    // Under this key another request was refused, which may come again. Nothing is led while that stands.
                    Some(refusal) if !refusal.is_for(&ask) => lead.refuse(Unavailable::Unreachable),
                    refusal => {
                        lead::spawn(app, request.clone(), body.clone(), lead, ask.terms.lost.clone(), refusal)
                    }
                }
                waiter
            }
            Ok(Claim::Follow(waiter)) => {
                line.role(Role::Follow);
                let key = || request.as_key(false, app.ledger.now());
                introduced |= app.stats.recent.followed(&ask.id, key);
                following = Some(request.served().counts.followers.hold());
                waiter
            }
            Ok(Claim::Replay(record)) => {
                line.role(Role::Replay);
                line.settled(&record.settlement);
                if app.ledger.now().since(record.settled) > limits::LATE_AFTER {
                    line.late();
                }
                return record.settlement.answer.clone();
            }
            Ok(Claim::Conflict) => return Problem::KeyReused.answer(&method),
            Ok(Claim::Crowded) => return Problem::WaitersFull.answer(&method),
            Err(why) => {
                // The process remembers what the ledger cannot, so that a replica that comes when there is room again
                // does not get another answer; then it looks for a claim that was made in between.
                let now = app.ledger.now();
                match app.refusals.remember(&ask, why.problem(), now, request.error_life()) {
                    Remembered::Now => continue,
                    Remembered::Before | Remembered::Never => return refused(app, &ask, why).answer(&method),
                }
            }
        };
        if ask.terms.repeat == Repeat::Never {
            // What was sent is not led a second time: no need to hold the body while waiting.
            body = Body::default();
        }
        let ending = waiter.ending().await;
        drop(following);
        match ending {
            Ending::Settled(record) => {
                line.settled(&record.settlement);
                if introduced {
                    // Its leader is elsewhere, and so is whoever could tell.
                    app.stats.recent.ended(&ask.id, Ended::of(&record.settlement, record.settled, None));
                }
                return record.settlement.answer.clone();
            }
            Ending::Refused(why) => return refused(app, &ask, why).answer(&method),
            // Its claim was given up before anything was sent. It could be led, but not by a request without its body.
            Ending::Lost if ask.terms.repeat == Repeat::Never => {
                return refused(app, &ask, Unavailable::Unreachable).answer(&method);
            }
            Ending::Lost => {}
        }
    }
    Problem::LeaderLost.answer(&method)
}

/// What is said of a key that the ledger could not claim: what the process remembers to have said of it, if it does. That
/// it was said to another request makes no conflict: whose key it is only the ledger knows, and it has not answered.
fn refused(app: &App, ask: &Ask, why: Unavailable) -> Problem {
    app.refusals.get(&ask.id, app.ledger.now()).map_or(why.problem(), |refusal| refusal.problem)
}

#[cfg(test)]
mod tests;
