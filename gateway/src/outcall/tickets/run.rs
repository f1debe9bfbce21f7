//! The call behind a ticket: a task that owns it until its result is recorded.
//!
//! It ends like any call, by the table of `settlement`; or because its caller wants it to, where the route allows that; or,
//! when a drain is over, without an end: then its dropped [`Lead`] records that its outcome is unknown.

use std::{future::pending, sync::Arc};

use outcall_protocol::digest::Digest;
use tokio::{
    task,
    time::{Instant, sleep},
};

use crate::{
    activity::Place,
    app::App,
    error::Problem,
    ledger::{Foretold, Lead, Standing},
    limits,
    outcall::{Body, Request, admit::Pass, answers::Room, lead, signed},
    stats::Leading,
};

/// A call that may run: its result's key has begun.
pub(in crate::outcall) struct Ready {
    pub(super) result: Digest,
    pub(super) lead: Lead,
    /// What the loss of its leader would mean.
    pub(super) lost: Foretold,
    pub(super) body: Body,
    pub(super) pass: Pass,
    pub(super) place: Place,
    pub(super) room: Room,
}

impl Ready {
    /// Runs the call.
    pub(in crate::outcall) fn start(self, app: &Arc<App>, request: Arc<Request>) {
        // Its result's key is never led a second time.
        let (app, busy, cut) = (app.clone(), app.activity.calling(false), app.activity.cut());
        let Self { result, lead, lost, body, pass, place, room } = self;
        let leading = Leading::new(request.served().counts.clone(), result);
        app.stats.recent.led(request.as_key_of(result, true, app.ledger.now()));
        task::spawn(async move {
            // Dropped in the opposite order: whoever waits for the end of the call is told when its result is recorded.
            let _busy = busy;
            let place = place;
            let ticket = request.ticket();
            let work = async {
                let ends = Instant::now() + request.route().timeout;
                let stopped = stopped(&app, &request, &place);
                let settlement = lead::call(&app, &request, body, pass, stopped).await;
                drop(room);
                let settlement = match settlement.answer.problem() {
                    // Said once for the claim: a store that tells it on its own says the same bytes.
                    Some(Problem::OutcomeUnknown) => lost.settlement(),
                    _ => signed::signed(&app, &request, settlement),
                };
                request.served().led.until(app.ledger.now().after(settlement.life));
                leading.settled(&settlement, app.ledger.now());
                let left = ends.saturating_duration_since(Instant::now());
                lead.settle(settlement, left.max(limits::SETTLE_PATIENCE_MIN)).await;
                app.activity.settled();
            };
            tokio::select! {
                biased;
                () = work => {}
                () = cut.cancelled() => tracing::warn!(
                    route = &*request.route().path,
                    %ticket,
                    "a running call was cut off by the end of the drain: its ticket's polls will say that its outcome is unknown"
                ),
            }
        });
    }
}

/// Ready when the call is to end before its time: never, unless its route says that this ends the upstream's work. Whoever
/// asked for it may have asked another gateway.
async fn stopped(app: &App, request: &Request, place: &Place) {
    if !request.route().respond_async.is_some_and(|rules| rules.cancel) {
        return pending().await;
    }
    let mark = request.ticket().cancel_id(request.caller());
    let elsewhere = async {
        loop {
            sleep(limits::CANCEL_LOOK).await;
            if matches!(app.ledger.look(&mark).await, Ok(Standing::Settled(_))) {
                return;
            }
        }
    };
    tokio::select! {
        () = place.stopped() => {}
        () = elsewhere => {}
    }
}
