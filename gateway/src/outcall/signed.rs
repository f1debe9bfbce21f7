//! What is recorded of an outcall, with its receipt; and what is recorded should its leader be lost.

use std::sync::Arc;

use http::StatusCode;
use outcall_protocol::limits::{ResponseRefusal, check_response};

use super::{Request, settlement};
use crate::{
    app::App,
    error::Problem,
    ledger::{Ask, Foretold, Repeat, Settlement},
};

/// What the ledger is asked about a request.
///
/// What a lost leader means is signed when it is first needed, with the time of then, and not when it is recorded: a process
/// that dies cannot sign, and what some were told before that must be what the others read behind it.
pub(super) fn ask(app: &Arc<App>, request: &Arc<Request>) -> Ask {
    let (app, owned) = (app.clone(), request.clone());
    request.ask(Foretold::new(settlement::lost_life(request), move || {
        signed(&app, &owned, settlement::lost(&owned))
    }))
}

/// The same about the result of a request whose call runs behind a ticket: never led again, and of its own receipt.
pub(super) fn ask_for_result(app: &Arc<App>, request: &Arc<Request>) -> Ask {
    let Ask { terms, .. } = ask(app, request);
    request.ask_for(request.ticket().result_id(request.caller()), Repeat::Never, terms.lost)
}

/// The end of an outcall with its receipt. An answer of the upstream that becomes too large by it is refused, since every
/// replica would refuse it.
///
/// It is signed with the key of the configuration that the request came in under.
pub(super) fn signed(app: &App, request: &Request, settlement: Settlement) -> Settlement {
    let receipts = &request.served().receipts;
    if !receipts.are_made() {
        return settlement;
    }
    let sign = |settlement: Settlement| {
        let answer = receipts.sign(settlement.answer, &request.receipt_request(), app.ledger.now());
        Settlement { answer, ..settlement }
    };
    let status = settlement.upstream_status.and_then(|status| StatusCode::from_u16(status).ok());
    let signed = sign(settlement);
    let Some(status) = status.filter(|_| signed.answer.problem().is_none()) else { return signed };
    let bytes_max = request.route().response.max_bytes;
    match check_response(signed.answer.headers(), signed.answer.body().len(), bytes_max) {
        Ok(()) => signed,
        Err(refusal) => {
            tracing::warn!(route = &*request.route().path, %status, cause = %refusal, "an answer has no room for its receipt");
            let problem = match refusal {
                ResponseRefusal::TooLarge => Problem::AnswerTooLarge,
                _ => Problem::AnswerHeaders,
            };
            sign(settlement::of_answer(request, status, Err(problem)))
        }
    }
}
