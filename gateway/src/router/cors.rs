//! What browsers want to know before a page may call a route, and to see on its answers (the CORS protocol of the Fetch
//! standard).
//!
//! Canisters send no `Origin`: they see none of it. What is added for a page stands outside record and receipt, on the
//! way to that page alone, so that a page and a replica with one key still get the same answer. A preflight is a question
//! to the gateway: it is answered here, never recorded, and never sent upstream.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION,
        ORIGIN, VARY,
    },
    request::Parts,
};
use outcall_protocol::receipt::FIELDS;

use super::Routes;
use crate::{
    answer::Answer,
    config::{Cors, Origins, Route},
    outcall::Served,
};

/// A page that calls a route with `cors`.
pub(super) struct Page {
    served: Arc<Served>,
    origin: HeaderValue,
}

impl Page {
    /// Whoever sent this, if it was a page and the route that its path leads to has `cors`.
    pub(super) fn of(routes: &Routes, head: &Parts) -> Option<Self> {
        let origin = head.headers.get(ORIGIN)?.clone();
        let (served, _) = routes.find(head.uri.path())?;
        served.route.cors.is_some().then(|| Self { served: served.clone(), origin })
    }

    /// Lets the page read an answer, if it may; and tells caches when that depends on who asks.
    pub(super) fn let_read(&self, headers: &mut HeaderMap) {
        let route = &self.served.route;
        let Some(cors) = &route.cors else { return };
        if matches!(cors.origins, Origins::These(_)) {
            headers.append(VARY, HeaderValue::from_name(ORIGIN));
        }
        let Some(allowed) = allowed(cors, &self.origin) else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        let kept = route.response.keep_headers.iter().map(HeaderName::as_str);
        let tickets = route.respond_async.map_or(&[] as &[&str], |_| &["location", "retry-after"]);
        let told = kept.chain(tickets.iter().copied()).chain(FIELDS);
        insert(headers, ACCESS_CONTROL_EXPOSE_HEADERS, told);
    }
}

/// The answer to a preflight, which is one whether the page may call or not: only then it says how.
pub(super) fn preflight(route: &Route, head: &Parts) -> Option<Answer> {
    let cors = route.cors.as_ref()?;
    let origin = head.headers.get(ORIGIN)?;
    if head.method != Method::OPTIONS || !head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut headers = HeaderMap::new();
    if allowed(cors, origin).is_some() {
        // Polls are GETs that the route itself does not serve.
        let polls = route.respond_async.map(|_| "GET");
        let methods = polls.into_iter().chain(route.methods.iter().map(Method::as_str));
        insert(&mut headers, ACCESS_CONTROL_ALLOW_METHODS, methods);
        insert(&mut headers, ACCESS_CONTROL_ALLOW_HEADERS, taken(route, cors).iter().map(AsRef::as_ref));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(cors.max_age.as_secs()));
    }
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name?, value))).collect();
    Some(Answer::new(&head.method, StatusCode::NO_CONTENT, headers, Bytes::new()))
}

/// What `access-control-allow-origin` says to this origin, if it may call.
fn allowed(cors: &Cors, origin: &HeaderValue) -> Option<HeaderValue> {
    match &cors.origins {
        Origins::Any => Some(HeaderValue::from_static("*")),
        Origins::These(these) => {
            these.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
        }
    }
}

/// The request headers that mean something here: the key, what is forwarded, the caller's token, and what `cors` names.
fn taken<'r>(route: &'r Route, cors: &'r Cors) -> Vec<Cow<'r, str>> {
    let own = route.allow.is_some().then_some(AUTHORIZATION);
    let named = route.forward_headers.iter().chain(&cors.headers).cloned().chain(own);
    let mut names: Vec<Cow<'r, str>> = named.map(|name| Cow::Owned(name.to_string())).collect();
    names.push("idempotency-key".into());
    names.sort_unstable();
    names.dedup();
    names
}

/// Names of headers and methods have only characters that a value may have.
fn insert<'n>(headers: &mut HeaderMap, name: HeaderName, names: impl Iterator<Item = &'n str>) {
    if let Ok(value) = HeaderValue::try_from(names.collect::<Vec<_>>().join(", ")) {
        headers.insert(name, value);
    }
}
