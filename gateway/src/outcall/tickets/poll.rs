//! A poll: what has become of a ticket, as its own key's replicas all see it.
//!
//! It calls no upstream, so no gate is asked; whether its token is still good is, as for any key that is led.

use std::sync::Arc;

use outcall_protocol::ticket::Ticket;

use super::{is_given_out, running};
use crate::{
    app::App,
    error::Problem,
    ledger::{Settlement, Standing, Unavailable},
    limits,
    outcall::{Request, lead::End, settlement},
};

/// The end of a poll.
///
/// # Errors
/// When the ledger cannot be asked.
pub(in crate::outcall) async fn poll(
    app: &App,
    request: &Arc<Request>,
    ticket: &Ticket,
) -> Result<End, Unavailable> {
    if let Some(problem) = too_late(app, request) {
        return Ok(End::of(settlement::refused(request, problem, request.error_life())));
    }
    seen(app, request, ticket).await
}

/// Why the token of this request is not good any more.
pub(super) fn too_late(app: &App, request: &Request) -> Option<Problem> {
    request.asker().and_then(|asker| asker.is_in_time(app.ledger.now()).err())
}

/// What there is to be seen of a ticket now.
pub(super) async fn seen(app: &App, request: &Request, ticket: &Ticket) -> Result<End, Unavailable> {
    let result = ticket.result_id(request.caller());
    let standing = match app.ledger.look(&result).await? {
        Standing::Absent if was_given_out(app, request, ticket).await? => {
            // It may have come between the two looks.
            Some(app.ledger.look(&result).await?)
        }
        Standing::Absent => None,
        standing => Some(standing),
    };
    let refused = |problem| End::of(settlement::refused(request, problem, request.error_life()));
    Ok(match standing {
        None => refused(Problem::TicketUnknown),
        Some(Standing::Absent) => refused(Problem::TicketExpired),
        // As it stands, with the receipt of the request that it answers: a poll adds nothing.
        Some(Standing::Settled(record)) => {
            End::as_it_stands(Settlement { life: limits::POLL_TTL, ..record.settlement.clone() })
        }
        // What is never led again is not lost, but unknown. Should a store say it all the same, it has no end yet.
        Some(Standing::InFlight | Standing::Lost) => still_running(request, ticket),
    })
}

async fn was_given_out(app: &App, request: &Request, ticket: &Ticket) -> Result<bool, Unavailable> {
    let issued = app.ledger.look(&ticket.issued_id(request.caller())).await?;
    Ok(matches!(issued, Standing::Settled(record) if is_given_out(&record, &request.route().path, ticket)))
}

fn still_running(request: &Request, ticket: &Ticket) -> End {
    let route = request.route();
    // A route without tickets has no polls.
    let Some(rules) = &route.respond_async else {
        return End::of(settlement::refused(request, Problem::TicketUnknown, request.error_life()));
    };
    let answer = running(request.method(), &route.path, rules, ticket);
    End::of(Settlement { answer, life: limits::POLL_TTL, upstream_status: None })
}
