//! `/api/keys`: the keys of late, one of them, and how to have one forgotten. `outcall-gateway keys` is its client.
//!
//! The list is what this process has led, or waited for, since its start. A single key is looked up in the ledger, too,
//! whoever led it, and when.
//!
//! To forget a key is to let it be led again, also where that sends a payment twice. So it takes the digest in full, and in
//! the body once more unless the request is known to be safe to repeat; and the log keeps who did it.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Response, StatusCode, request::Parts};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use outcall_protocol::digest::Digest;
use serde::{Deserialize, Serialize};

mod view;

pub(crate) use view::{Key, Page, Replicas, State};

use super::reply;
use crate::{
    App,
    ledger::{Standing, Unavailable},
    limits,
    log::AUDIT,
    stats::Seen,
};

/// What a request to forget a key says beside its path.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forget {
    /// The digest once more: whoever writes it means it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confirm: Option<String>,
    /// Who wants it, for the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
}

/// What is wrong, for a program and for whoever reads along.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Refusal {
    pub(crate) error: String,
}

/// Answers what lies below `/api/keys`; `rest` begins with a slash, or is empty.
pub(super) async fn answer(
    app: &App,
    (head, body): (&Parts, Incoming),
    rest: &str,
    peer: SocketAddr,
) -> Response<Full<Bytes>> {
    let looks = [Method::GET, Method::HEAD].contains(&head.method);
    match (rest.strip_prefix('/').unwrap_or(rest).split_once('/'), looks) {
        (None, true) if rest.is_empty() => list(app, head.uri.query().unwrap_or_default()),
        (None, true) => show(app, &rest[1..]).await,
        (Some((digest, "forget")), false) if head.method == Method::POST => {
            forget(app, digest, body, peer).await
        }
        (Some((_, "forget")), _) | (None, false) => {
            refuse(StatusCode::METHOD_NOT_ALLOWED, "POST forgets a key, GET shows it")
        }
        _ => refuse(StatusCode::NOT_FOUND, "nothing is here"),
    }
}

fn list(app: &App, query: &str) -> Response<Full<Bytes>> {
    let (mut limit, mut before) = (limits::API_KEYS_MAX, None);
    for (name, value) in
        query.split('&').filter(|it| !it.is_empty()).map(|it| it.split_once('=').unwrap_or((it, "")))
    {
        match (
            name,
            value.parse().ok().filter(|limit| (1..=limits::API_KEYS_MAX).contains(limit)),
            view::cursor(value),
        ) {
            ("limit", Some(given), _) => limit = given,
            ("before", _, Some(given)) => before = Some(given),
            _ => {
                return refuse(
                    StatusCode::BAD_REQUEST,
                    "expected limit=1 to 500 and before=the next of another list",
                );
            }
        }
    }
    let now = app.ledger.now();
    let mut keys = app.stats.recent.latest();
    if let Some(before) = before {
        keys.retain(|seen| (seen.key.since, seen.key.id) < before);
    }
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = keys.last().filter(|_| more).map(view::cursor_of);
    json(StatusCode::OK, &Page { keys: keys.iter().map(|seen| Key::of(seen, now)).collect(), next })
}

async fn show(app: &App, digest: &str) -> Response<Full<Bytes>> {
    let id = match resolve(app, digest) {
        Ok(id) => id,
        Err((status, why)) => return refuse(status, why),
    };
    let seen = app.stats.recent.get(&id);
    match app.ledger.look(&id).await {
        Ok(Standing::Absent) if seen.is_none() => refuse(StatusCode::NOT_FOUND, "no such key"),
        Ok(standing) => json(StatusCode::OK, &Key::standing(id, seen.as_ref(), &standing, app.ledger.now())),
        Err(why) => unavailable(why),
    }
}

async fn forget(app: &App, digest: &str, body: Incoming, peer: SocketAddr) -> Response<Full<Bytes>> {
    let Some(id) = Digest::from_hex(digest) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "expected the digest in full, 64 lower-case hexadecimal digits",
        );
    };
    let Some(Forget { confirm, by }) = read(body).await else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "expected a body such as {\"confirm\": \"DIGEST\", \"by\": \"NAME\"}",
        );
    };
    let seen = app.stats.recent.get(&id);
    let repeatable = seen.as_ref().is_some_and(|seen| seen.key.repeatable);
    if !repeatable && confirm.as_deref() != Some(digest) {
        let why =
            "its request may not be safe to repeat, and could be sent a second time: confirm with the digest";
        return refuse(StatusCode::PRECONDITION_REQUIRED, why);
    }
    let standing = match app.ledger.forget(&id).await {
        Ok(standing) => standing,
        Err(why) => return unavailable(why),
    };
    match &standing {
        Standing::Settled(_) => {}
        Standing::Absent => return refuse(StatusCode::NOT_FOUND, "no such key"),
        Standing::InFlight => {
            return refuse(StatusCode::CONFLICT, "it is in flight: only what is settled can be forgotten");
        }
        Standing::Lost => {
            return refuse(StatusCode::CONFLICT, "its leader was lost, and whoever asks leads again");
        }
    }
    note(&id, seen.as_ref(), repeatable, by.as_deref(), peer);
    app.stats.recent.forget(&id);
    json(StatusCode::OK, &Key::standing(id, seen.as_ref(), &standing, app.ledger.now()))
}

/// What is left of it: the log, which no filter silences here.
fn note(id: &Digest, seen: Option<&Seen>, repeatable: bool, by: Option<&str>, peer: SocketAddr) {
    let route = seen.map(|seen| &*seen.key.route);
    // Nothing that could pass for another line.
    let by = by.map(|by| by.chars().filter(|it| !it.is_control()).take(100).collect::<String>());
    let by = by.as_deref();
    if repeatable {
        tracing::info!(target: AUDIT, key = %id, route, by, %peer, "an operator has had a key forgotten");
    } else {
        tracing::warn!(
            target: AUDIT,
            key = %id,
            route,
            by,
            %peer,
            "an operator has had a key forgotten whose request must not be repeated: it can be led again"
        );
    }
}

/// The key of this digest, or of the only one of late that begins so.
fn resolve(app: &App, digest: &str) -> Result<Digest, (StatusCode, &'static str)> {
    if let Some(id) = Digest::from_hex(digest) {
        return Ok(id);
    }
    let is_beginning = (limits::KEY_DIGITS_MIN..64).contains(&digest.len())
        && digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !is_beginning {
        let why = "expected a digest, or at least its first 8 digits, in lower-case hexadecimal digits";
        return Err((StatusCode::BAD_REQUEST, why));
    }
    let latest = app.stats.recent.latest();
    let mut found = latest.iter().map(|seen| seen.key.id).filter(|id| id.to_string().starts_with(digest));
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err((StatusCode::NOT_FOUND, "no key of late begins so: give its digest in full")),
        (Some(_), Some(_)) => Err((StatusCode::CONFLICT, "several keys begin so: give more of the digest")),
    }
}

async fn read(body: Incoming) -> Option<Forget> {
    let read = Limited::new(body, limits::ADMIN_BODY_BYTES_MAX).collect().await.ok()?.to_bytes();
    if read.is_empty() { Some(Forget::default()) } else { serde_json::from_slice(&read).ok() }
}

fn unavailable(why: Unavailable) -> Response<Full<Bytes>> {
    refuse(StatusCode::SERVICE_UNAVAILABLE, &why.to_string())
}

fn refuse(status: StatusCode, why: &str) -> Response<Full<Bytes>> {
    json(status, &Refusal { error: why.to_owned() })
}

fn json(status: StatusCode, value: &impl Serialize) -> Response<Full<Bytes>> {
    // None of these has a map whose keys are no texts, which is all that can fail.
    let text = serde_json::to_vec(value).unwrap_or_default();
    reply::of(status, "application/json", text)
}
