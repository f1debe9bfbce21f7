//! The leader: the one task that may call the upstream for a key, and that must settle it.
//!
//! It belongs to the gateway, not to the connection whose request led. Should it end in any other way than by
//! settling (a panic, a drain that is over), the dropped [`Lead`] settles the key as lost.

use std::{future::pending, sync::Arc, time::Duration};

use http::header::CONTENT_ENCODING;
use tokio::{
    task,
    time::{Instant, timeout},
};

use super::{
    Body, Errand, Request,
    admit::Pass,
    settlement, signed,
    tickets::{self, Ready},
};
use crate::{
    answer::Answer,
    app::App,
    canonical::{self, Refused},
    error::Problem,
    ledger::{Foretold, Lead, Refusal, Settlement, Unavailable},
    limits,
    stats::{Calling, Leading},
    upstream::{Call, Failure, Received},
};

/// How the work of a leader ends.
pub(super) struct End {
    settlement: Settlement,
    /// Whether it is recorded as it stands, and not signed: it has its receipt, or some were told of it without one.
    as_it_stands: bool,
    /// The call that the settlement gives the ticket of.
    call: Option<Ready>,
}

impl End {
    /// An end that was found now, and is signed.
    pub(super) fn of(settlement: Settlement) -> Self {
        Self { settlement, as_it_stands: false, call: None }
    }

    /// An end that was said before, and is repeated to the byte.
    pub(super) fn as_it_stands(settlement: Settlement) -> Self {
        Self { as_it_stands: true, ..Self::of(settlement) }
    }

    /// A ticket, and its call, which runs when the ticket is recorded.
    pub(super) fn with_call(ticket: Settlement, call: Ready) -> Self {
        Self { call: Some(call), ..Self::of(ticket) }
    }
}

/// Starts the leader's task for a claimed key; `lost` is what its loss would mean. With a `refusal` from a time when the
/// ledger could not remember it, the key is settled as refused, and nothing is sent.
pub(super) fn spawn(
    app: &Arc<App>,
    request: Arc<Request>,
    body: Body,
    mut lead: Lead,
    lost: Foretold,
    refusal: Option<Refusal>,
) {
    request.served().led.one(app.ledger.now(), request.time_to_answer());
    let busy = app.activity.calling(request.is_repeatable());
    let cut = app.activity.cut();
    let app = app.clone();
    let leading = Leading::new(request.served().counts.clone(), request.id());
    task::spawn(async move {
        let _busy = busy;
        let work = async {
            let ends = Instant::now() + request.time_to_answer();
            let End { settlement, as_it_stands, call } =
                match conduct(&app, &request, body, &mut lead, refusal).await {
                    Ok(end) => end,
                    Err(why) => {
                        leading.refused();
                        return give_up(&app, &request, lead, why);
                    }
                };
            let settlement = match lead.is_again() && request.errand() == Errand::Call {
                true => settlement::after_a_lost_leader(&request, settlement),
                false => settlement,
            };
            let settlement = match settlement.answer.problem() {
                _ if as_it_stands => settlement,
                // Said once for the claim: a store that tells it on its own, when this cannot be written, says the same bytes.
                Some(Problem::OutcomeUnknown) => lost.settlement(),
                _ => signed::signed(&app, &request, settlement),
            };
            request.served().led.until(app.ledger.now().after(settlement.life));
            let left = ends.saturating_duration_since(Instant::now());
            match request.errand() {
                Errand::Call => leading.settled(&settlement, app.ledger.now()),
                Errand::Poll(_) | Errand::Cancel(_) => leading.told(&settlement, app.ledger.now()),
            }
            lead.settle(settlement, left.max(limits::SETTLE_PATIENCE_MIN)).await;
            app.activity.settled();
            if let Some(call) = call {
                call.start(&app, request);
            }
        };
        tokio::select! {
            // In this order: after the cut, a call that may not be made any more is refused rather than lost.
            biased;
            () = work => {}
            () = cut.cancelled() => tracing::warn!("a call was cut off by the end of the drain"),
        }
    });
}

/// Makes the claim durable, asks whether the call may be made, once for the key, and makes it.
async fn conduct(
    app: &Arc<App>,
    request: &Arc<Request>,
    body: Body,
    lead: &mut Lead,
    refusal: Option<Refusal>,
) -> Result<End, Unavailable> {
    let refused = |problem| Ok(End::of(settlement::refused(request, problem, request.error_life())));
    if !app.activity.may_lead(request.time_to_answer()) {
        return refused(Problem::Draining);
    }
    // Before the gate: a ledger that is away must neither use up the rate nor count as the upstream's failure. Dropped
    // when it takes too long, the claim undoes itself.
    timeout(limits::BEGIN_TIMEOUT, lead.begin()).await.unwrap_or(Err(Unavailable::Unreachable))?;
    if let Some(refusal) = refusal {
        return Ok(refused_earlier(app, request, &refusal));
    }
    match (request.errand(), &request.route().respond_async) {
        (Errand::Call, None) => {}
        (Errand::Call, Some(rules)) => return Ok(tickets::issue(app, request, rules, body).await),
        (Errand::Poll(ticket), _) => {
            return within(limits::POLL_TIMEOUT, tickets::poll(app, request, &ticket)).await;
        }
        (Errand::Cancel(ticket), _) => {
            return within(limits::CANCEL_TIMEOUT, tickets::cancel(app, request, &ticket)).await;
        }
    }
    // Room for what the upstream may send, before it is asked: later it would be too late to refuse. And before the
    // gate, for the same reason.
    let Some(_room) = app.answers.room(request.route()) else {
        return refused(Problem::UpstreamBusy);
    };
    match admit(app, request) {
        Ok(pass) => Ok(End::of(call(app, request, body, pass, pending()).await)),
        Err(problem) => refused(problem),
    }
}

/// A ledger that takes longer to say what stands cannot be asked.
async fn within(
    time: Duration,
    asking: impl Future<Output = Result<End, Unavailable>>,
) -> Result<End, Unavailable> {
    timeout(time, asking).await.unwrap_or(Err(Unavailable::Unreachable))
}

/// Makes the call, unless it is `stopped` first, and what became of it an answer.
pub(super) async fn call(
    app: &App,
    request: &Arc<Request>,
    body: Body,
    pass: Pass,
    stopped: impl Future<Output = ()>,
) -> Settlement {
    let calling = Calling::begin(&request.served().counts, request.as_called());
    let outgoing = Call::new(request, body.bytes().clone());
    let ended = tokio::select! {
        biased;
        ended = app.upstream.call(&outgoing) => ended,
        () = stopped => {
            calling.cancelled();
            pass.forgo();
            return settlement::cancelled(request);
        }
    };
    calling.ended(&ended);
    pass.report(!matches!(ended, Err(Failure::NothingSent | Failure::BrokenOff | Failure::TimedOut)));
    match ended {
        Ok(received) => {
            let status = received.status;
            let finished = finish(app, request, received).await.map_err(|refused| {
                let route = &*request.route().path;
                tracing::warn!(route, %status, cause = %refused, "an upstream's answer is refused");
                refused.problem()
            });
            settlement::of_answer(request, status, finished)
        }
        Err(failure) => settlement::of_failure(request, failure),
    }
}

/// The claim could not be made durable, and nothing was sent. First the process remembers that: whoever claims the key
/// once it is free finds the refusal.
fn give_up(app: &Arc<App>, request: &Arc<Request>, lead: Lead, why: Unavailable) {
    app.refusals.remember(&signed::ask(app, request), why.problem(), app.ledger.now(), request.error_life());
    lead.refuse(why);
}

pub(super) fn admit(app: &App, request: &Request) -> Result<Pass, Problem> {
    // Asked once more: what came before may have taken a while.
    if !app.activity.may_lead(request.route().timeout) {
        return Err(Problem::Draining);
    }
    let now = Instant::now();
    if let Some(asker) = request.asker() {
        asker.may_lead(app.ledger.now(), request.remembered(), now)?;
    }
    request.served().gate.ask(now)
}

/// Some were told of it without a receipt, since nothing was recorded: so it stands for all.
fn refused_earlier(app: &App, request: &Request, refusal: &Refusal) -> End {
    let left = refusal.until.since(app.ledger.now());
    End::as_it_stands(settlement::refused(request, refusal.problem, left))
}

/// Makes the answer canonical: off the runtime's own threads where that may take a while, so that nobody else waits.
async fn finish(app: &App, request: &Arc<Request>, received: Received) -> Result<Answer, Refused> {
    let small = received.body.len() <= limits::INLINE_BYTES_MAX;
    let grows = received.headers.contains_key(CONTENT_ENCODING) || request.route().response.jq.is_some();
    if small && !grows {
        return canonical::finish(&request.route().response, request.method(), received);
    }
    let owned = request.clone();
    let finishing = async {
        let _place = app.answers.place().await;
        let finish = move || canonical::finish(&owned.route().response, owned.method(), received);
        task::spawn_blocking(finish).await.unwrap_or(Err(Refused::Unfinished))
    };
    timeout(limits::FINISHING_TIMEOUT, finishing).await.unwrap_or(Err(Refused::Unfinished))
}

#[cfg(test)]
mod tests;
