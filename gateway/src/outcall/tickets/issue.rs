//! The POST: everything that can refuse it is asked, then its call is sure to run, and it is told where to ask.

use std::{sync::Arc, time::Duration};

use outcall_protocol::digest::Digest;
use tokio::time::timeout;

use super::{Ready, given_out};
use crate::{
    app::App,
    config::RespondAsync,
    error::Problem,
    ledger::{Claim, Foretold, Lead, Repeat, Settlement, Unavailable},
    limits,
    outcall::{
        Body, Request,
        lead::{End, admit},
        settlement, signed,
    },
};

/// The end of a POST whose own key has begun: its ticket, and the call to run; or a refusal.
///
/// The result's key is claimed before anything refuses: a refusal says that nothing was executed, which would not be true of
/// a call that runs already.
pub(in crate::outcall) async fn issue(
    app: &Arc<App>,
    request: &Arc<Request>,
    rules: &RespondAsync,
    body: Body,
) -> End {
    let ask = signed::ask_for_result(app, request);
    let ended = match app.ledger.claim(&ask).await {
        Ok(Claim::Lead(lead, _)) => prepare(app, request, rules, (ask.id, lead, ask.terms.lost), body).await,
        // The 202 is gone, and what it was about is not: nothing is sent, and the same is said again.
        Ok(Claim::Follow(_) | Claim::Crowded | Claim::Replay(_)) => {
            return End::of(given_out(request, rules));
        }
        Ok(Claim::Conflict) => Err(Problem::KeyReused.into()),
        Err(why) => Err(why.into()),
    };
    match ended {
        Ok(ready) => {
            let ticket = given_out(request, rules);
            note(app, request, &ticket).await;
            End::with_call(ticket, ready)
        }
        Err(Refused::By(problem)) => End::of(settlement::refused(request, problem, request.error_life())),
        // Other replicas may have been told the same where it could not be recorded, and so not signed.
        Err(Refused::ByTheLedger(why)) => {
            End::as_it_stands(settlement::refused(request, why.problem(), request.error_life()))
        }
    }
}

/// Why a call may not run.
enum Refused {
    By(Problem),
    ByTheLedger(Unavailable),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::By(problem)
    }
}

impl From<Unavailable> for Refused {
    fn from(why: Unavailable) -> Self {
        Self::ByTheLedger(why)
    }
}

/// Whether the call may run. Refused, the result's key is as if nobody had claimed it.
async fn prepare(
    app: &App,
    request: &Arc<Request>,
    rules: &RespondAsync,
    (result, mut lead, lost): (Digest, Lead, Foretold),
    body: Body,
) -> Result<Ready, Refused> {
    let place = app.activity.running().take(&request.served().counts.route, result, rules.running);
    let place = place.ok_or(Problem::UpstreamBusy)?;
    let room = app.answers.room(request.route()).ok_or(Problem::UpstreamBusy)?;
    let pass = admit(app, request)?;
    // Last, since what has begun cannot be taken back.
    let begun = timeout(limits::BEGIN_TIMEOUT, lead.begin()).await;
    if let Err(why) = begun.unwrap_or(Err(Unavailable::Unreachable)) {
        pass.forgo();
        return Err(why.into());
    }
    Ok(Ready { result, lead, lost, body, pass, place, room })
}

/// Notes whom the ticket was given to, where its own record does not say it. Nothing is sent or refused by that note: a
/// store that cannot take it is not waited for.
async fn note(app: &App, request: &Arc<Request>, ticket: &Settlement) {
    let id = request.ticket().issued_id(request.caller());
    if id == request.id() {
        return;
    }
    let ask = request.ask_for(id, Repeat::Always, ticket.clone().into());
    if let Ok(Claim::Lead(lead, _)) = app.ledger.claim(&ask).await {
        lead.settle(ticket.clone(), Duration::ZERO).await;
    }
}
