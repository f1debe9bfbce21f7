//! Answers that take minutes: a ticket at once, the call in a task of its own, its result under a second key.
//!
//! ```text
//! POST ── claim id ── begin ── claim result ── begin ── settle id: 202, ticket ── the same bytes for all replicas
//!                                                │
//!                                                └─ run: upstream ── settle result
//! GET ticket ── claim its own key ── look at result ── settle: running, the result, gone, unknown
//! ```
//!
//! Both keys are ordinary ones of the ledger. `id` is the POST's own; `result` is a pure function of ticket and caller
//! ([`Ticket::result_id`]). Whoever sends upstream holds the [`Lead`](crate::ledger::Lead) on `result`, which is never led
//! again ([`Repeat`](crate::ledger::Repeat)), whatever the route says of its upstream. That alone is what at-most-once hangs
//! on: should the 202 be lost or forgotten before its time, whoever leads `id` again finds the result, or the call that
//! runs, and sends nothing.
//!
//! | `id` | `result` | what happens | after a crash here | a poll says |
//! |---|---|---|---|---|
//! | absent | absent | a POST claims `id`, and begins it | absent | 404 |
//! | in flight | absent | `result` is claimed | `id` *unknown*: nothing was sent, but who could say so | 404 |
//! | in flight | claimed | draining, places, token, rates, breaker are asked; a refusal gives `result` back and is `id`'s end | the same | running |
//! | in flight | absent again | refused: recorded under `id` | the same | 404 |
//! | in flight | in flight | `result` has begun: `id` is settled with the 202 | both *unknown*; nothing was sent | running |
//! | 202 | in flight | the call runs | `result` *unknown* | running |
//! | 202 | settled | its call ended, was cancelled, cut off by a drain, or lost | the same | that, with the POST's receipt |
//! | 202 | absent | the result has expired: it lives for less than the 202 | the same | 410 |
//! | absent | in flight, settled | the 202 is gone before its time (forgotten, or a clock): the POST is told the same 202 again | the same | as above |
//! | absent | absent | both have expired: the key is free, as any other after its `ttl` | | 404 |
//! | could not be written, so *unknown* | in flight | its replicas were told *unknown*; the call runs, since it has begun | `result` *unknown* | running |
//!
//! A 202 lives until its result must have expired: the time of the call, the patience of its write, the result's own `ttl`
//! or `error_ttl`, and [`limits::TICKET_SLACK`]. A result that is recorded later than that (a gateway that was down for a day
//! and found the claim when it came back) makes no difference to what is sent, as said above.
//!
//! A poll that finds no result has to know whether there was one for this caller. Where callers have names, others know no
//! ticket of theirs: then a third, small record says that it was given out ([`Ticket::issued_id`]). It decides between 404
//! and 410 and about nothing else, so it may be repeated and is not waited for.
//!
//! Whoever polls asks in this order: the result; was a ticket given out; the result once more. A ticket that was given out has
//! a result that began before it, so the last look cannot miss one that still lives.

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use outcall_protocol::ticket::Ticket;

use super::Request;
use crate::{
    answer::Answer,
    config::RespondAsync,
    ledger::{Record, Settlement},
    limits,
};

mod cancel;
mod issue;
mod poll;
mod run;
#[cfg(test)]
mod tests;

pub(super) use cancel::cancel;
pub(super) use issue::issue;
pub(super) use poll::poll;
pub(super) use run::Ready;

/// The answer to a POST whose call runs, and to each poll while it does: one text for both.
fn running(method: &Method, route: &str, rules: &RespondAsync, ticket: &Ticket) -> Answer {
    let seconds = rules.poll.as_secs();
    let body = format!(r#"{{"status":"running","ticket":"{ticket}","retry_after":{seconds}}}"#);
    let mut headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    // A route's path has visible ASCII characters only.
    headers
        .extend(HeaderValue::try_from(ticket.location(route)).map(|location| (header::LOCATION, location)));
    headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
    Answer::new(method, StatusCode::ACCEPTED, headers, Bytes::from(body))
}

/// What a POST is told whose call runs, or has run.
fn given_out(request: &Request, rules: &RespondAsync) -> Settlement {
    let route = request.route();
    let of_result = request.life().max(request.error_life());
    let life = route.timeout + limits::SETTLE_PATIENCE_MIN + of_result + limits::TICKET_SLACK;
    let answer = running(request.method(), &route.path, rules, &request.ticket());
    Settlement { answer, life, upstream_status: None }
}

/// Whether a record is that of this ticket, given out on this route: its 202 says where to ask. Under the same identity
/// another route may have recorded a 202 of its upstream's own, or the ticket of somebody who alone may ask there.
fn is_given_out(record: &Record, route: &str, ticket: &Ticket) -> bool {
    let answer = &record.settlement.answer;
    let location = ticket.location(route);
    let says = |(name, value): (&str, &[u8])| name == header::LOCATION && value == location.as_bytes();
    answer.status() == StatusCode::ACCEPTED && answer.headers().any(says)
}
