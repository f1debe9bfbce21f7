//! Who is asking, for what: an HTTP request becomes an outcall with an identity.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Uri, request::Parts};
use http_body::Body as HttpBody;
use outcall_protocol::{
    digest::Digest,
    fingerprint::{self, Fingerprint},
    header,
    outcall_id::{Key, outcall_id, upstream_key},
    receipt::{OutcallRequest, request_digest},
};

use super::{Bodies, Body, Served, key};
use crate::{
    callers::Asker,
    config::{Route, UpstreamKey},
    error::Problem,
    ledger::{Ask, Fingerprinted, Foretold, Repeat, Terms, Timestamp},
    log::Line,
    stats,
    traces::SpanId,
};

mod errand;

pub(crate) use errand::Errand;

/// Whoever uses a route that is for everybody: nobody is known by name, and keys are scoped to the route alone.
const ANONYMOUS: &str = "";

/// An outcall: what was asked, of whom, under which key. Its body travels beside it.
pub(crate) struct Request {
    head: Head,
    /// Over the route's headers of the day.
    fingerprint: Fingerprint,
    key: Key,
    id: Digest,
    /// Who sent it, on a route that is not for everybody.
    asker: Option<Asker>,
    /// What it is called in traces.
    span: SpanId,
}

/// What was asked, before it has a key.
struct Head {
    served: Arc<Served>,
    method: Method,
    errand: Errand,
    /// Where it goes; nowhere, unless it calls the upstream.
    target: Uri,
    /// As received: part of what it is.
    path_and_query: Box<str>,
    headers: HeaderMap,
    body: Digest,
}

/// A request that passed the guards, its body still to be read.
pub(crate) struct Asked<B> {
    pub(crate) served: Arc<Served>,
    /// Who sent it, on a route that is not for everybody.
    pub(crate) asker: Option<Asker>,
    pub(crate) errand: Errand,
    /// Where it goes; nowhere, unless it calls the upstream.
    pub(crate) target: Uri,
    pub(crate) head: Parts,
    pub(crate) body: B,
}

/// Reads a request whole and finds out which outcall it is.
pub(super) async fn read<B>(
    bodies: &Bodies,
    asked: Asked<B>,
    line: &Line,
) -> Result<(Arc<Request>, Body), Problem>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let Asked { served, asker, errand, target, head, body } = asked;
    let caller = asker.as_ref().map_or(ANONYMOUS, Asker::name);
    line.caller(caller);
    // Two polls that look alike are two polls: only their keys say which replicas belong together.
    let required = errand != Errand::Call || served.route.key_required(&head.method);
    let given = key::given(required, &head.headers)?;
    let body = bodies.read(body).await?;
    let head = Head {
        served,
        errand,
        target,
        path_and_query: head.uri.path_and_query().map_or("/", |whole| whole.as_str()).into(),
        method: head.method,
        headers: head.headers,
        body: fingerprint::body_digest(body.bytes()),
    };
    let fingerprint = head.fingerprint_over(head.names());
    let key = key::or_derived(given, fingerprint);
    let id = outcall_id(&head.served.route.path, caller, &key);
    line.key(&id);
    if asker
        .as_ref()
        .is_some_and(|asker| !asker.is_for(&request_digest(caller, &key, &fingerprint), &head.method))
    {
        return Err(Problem::TokenForAnother);
    }
    Ok((Arc::new(Request { head, fingerprint, key, id, asker, span: line.span() }), body))
}

impl Head {
    fn names(&self) -> &Arc<[HeaderName]> {
        &self.served.route.forward_headers
    }

    fn fingerprint_over(&self, names: &[HeaderName]) -> Fingerprint {
        let fields = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let mut fields = header::kept(names, fields);
        fingerprint::fingerprint(self.method.as_str(), &self.path_and_query, &mut fields, &self.body)
    }
}

impl Request {
    /// The identity of the outcall.
    pub(crate) fn id(&self) -> Digest {
        self.id
    }

    pub(crate) fn method(&self) -> &Method {
        &self.head.method
    }

    pub(crate) fn target(&self) -> &Uri {
        &self.head.target
    }

    pub(crate) fn route(&self) -> &Route {
        &self.head.served.route
    }

    pub(crate) fn served(&self) -> &Arc<Served> {
        &self.head.served
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Whether the request brought a key of its own.
    pub(crate) fn is_keyed(&self) -> bool {
        matches!(self.key, Key::Given(_))
    }

    /// As whom the sender is known; nobody, where the route is for everybody.
    pub(crate) fn caller(&self) -> &str {
        self.asker.as_ref().map_or(ANONYMOUS, Asker::name)
    }

    /// Who sent it, on a route that is not for everybody.
    pub(crate) fn asker(&self) -> Option<&Asker> {
        self.asker.as_ref()
    }

    /// What is shown of it to operators, as a key that comes now.
    pub(crate) fn as_key(&self, led_here: bool, now: Timestamp) -> stats::Key {
        self.as_key_of(self.id, led_here, now)
    }

    /// The same of one of its other keys.
    pub(crate) fn as_key_of(&self, id: Digest, led_here: bool, now: Timestamp) -> stats::Key {
        stats::Key {
            id,
            route: self.head.served.counts.route.clone(),
            method: self.method().clone(),
            caller: self.caller().into(),
            repeatable: self.is_repeatable(),
            since: now,
            led_here,
            ended: None,
        }
    }

    /// What is told of the upstream call that it makes.
    pub(crate) fn as_called(&self) -> stats::Called<'_> {
        stats::Called { id: self.id, method: self.method(), by: self.span, deferred: self.is_deferred() }
    }

    /// The `Idempotency-Key` that goes upstream.
    pub(crate) fn upstream_key(&self) -> Option<String> {
        let Key::Given(key) = &self.key else { return None };
        match self.route().upstream_key {
            UpstreamKey::Derived => Some(upstream_key(&self.route().path, self.caller(), key).to_string()),
            UpstreamKey::Raw => Some(key.field_value()),
            UpstreamKey::None => None,
        }
    }

    /// What the ledger is asked about this request.
    pub(crate) fn ask(self: &Arc<Self>, lost: Foretold) -> Ask {
        self.ask_for(self.id, self.repeat(), lost)
    }

    /// The same about one of its other keys.
    pub(crate) fn ask_for(self: &Arc<Self>, id: Digest, repeat: Repeat, lost: Foretold) -> Ask {
        let terms = Terms {
            repeat,
            answer_bytes_max: self.route().response.max_bytes,
            configuration: self.route().digest,
            lost,
        };
        Ask { id, request: self.clone(), terms }
    }

    /// What the receipt of an answer says of this request.
    pub(crate) fn receipt_request(&self) -> OutcallRequest {
        OutcallRequest {
            digest: request_digest(self.caller(), &self.key, &self.fingerprint),
            names: self.head.names().iter().map(ToString::to_string).collect(),
        }
    }
}

impl Fingerprinted for Request {
    fn names(&self) -> &Arc<[HeaderName]> {
        self.head.names()
    }

    fn fingerprint(&self, names: &Arc<[HeaderName]>) -> Fingerprint {
        if names == self.head.names() { self.fingerprint } else { self.head.fingerprint_over(names) }
    }
}
