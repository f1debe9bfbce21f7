//! The wish that a call end: told to the call if it runs here, and otherwise noted where its own gateway looks.

use std::sync::Arc;

use outcall_protocol::ticket::Ticket;
use tokio::time::{sleep, timeout};

use super::poll::{seen, too_late};
use crate::{
    app::App,
    error::Problem,
    ledger::{Claim, Repeat, Settlement, Standing, Unavailable},
    limits,
    outcall::{Request, lead::End, settlement},
};

/// The end of a request to cancel: what a poll would see when the call has ended, or when that takes too long.
///
/// # Errors
/// When the ledger cannot be asked.
pub(in crate::outcall) async fn cancel(
    app: &App,
    request: &Arc<Request>,
    ticket: &Ticket,
) -> Result<End, Unavailable> {
    if let Some(problem) = too_late(app, request) {
        return Ok(End::of(settlement::refused(request, problem, request.error_life())));
    }
    let result = ticket.result_id(request.caller());
    if app.ledger.look(&result).await? == Standing::InFlight {
        let ending = async {
            match app.activity.running().stop(&result) {
                Some(ended) => {
                    ended.cancelled().await;
                    Ok(())
                }
                None => elsewhere(app, request, ticket).await,
            }
        };
        // With some of the time left to say what is so.
        let patience = limits::CANCEL_TIMEOUT - limits::POLL_TIMEOUT;
        timeout(patience, ending).await.unwrap_or(Ok(()))?;
    }
    seen(app, request, ticket).await
}

/// Leaves the mark at which the call's own gateway looks, and waits until it has ended.
async fn elsewhere(app: &App, request: &Arc<Request>, ticket: &Ticket) -> Result<(), Unavailable> {
    let (mark, result) = (ticket.cancel_id(request.caller()), ticket.result_id(request.caller()));
    let answer = Problem::Cancelled.answer(request.method());
    let noted = Settlement { answer, life: limits::CANCEL_MARK_TTL, upstream_status: None };
    let ask = request.ask_for(mark, Repeat::Always, noted.clone().into());
    // Anything else says that somebody has noted it already.
    if let Claim::Lead(lead, _) = app.ledger.claim(&ask).await? {
        lead.settle(noted, limits::SETTLE_PATIENCE_MIN).await;
    }
    while app.ledger.look(&result).await? == Standing::InFlight {
        sleep(limits::CANCEL_LOOK).await;
    }
    Ok(())
}
