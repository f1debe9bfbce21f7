//! Who is asking, for what: an HTTP request becomes an outcall with an identity.

use std::{sync::Arc, time::Duration};

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
    config::{Route, UpstreamKey, is_safe},
    error::Problem,
    ledger::{Ask, Fingerprinted, Foretold, Repeat, Terms},
    log::Line,
};

/// Nobody is known by name: keys are scoped to the route alone.
const ANONYMOUS: &str = "";

/// An outcall: what was asked, of whom, under which key. Its body travels beside it.
pub(crate) struct Request {
    head: Head,
    /// Over the route's headers of the day.
    fingerprint: Fingerprint,
    key: Key,
    id: Digest,
}

/// What was asked, before it has a key.
struct Head {
    served: Arc<Served>,
    method: Method,
    /// Where it goes.
    target: Uri,
    /// As received: part of what it is.
    path_and_query: Box<str>,
    headers: HeaderMap,
    body: Digest,
}

/// A request that passed the guards, its body still to be read.
pub(crate) struct Asked<B> {
    pub(crate) served: Arc<Served>,
    /// Where it goes.
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
    let Asked { served, target, head, body } = asked;
    line.route(&served.route.path);
    let given = key::given(&served.route, &head.method, &head.headers)?;
    let body = bodies.read(body).await?;
    let head = Head {
        served,
        target,
        path_and_query: head.uri.path_and_query().map_or("/", |whole| whole.as_str()).into(),
        method: head.method,
        headers: head.headers,
        body: fingerprint::body_digest(body.bytes()),
    };
    let fingerprint = head.fingerprint_over(head.names());
    let key = key::or_derived(given, fingerprint);
    let id = outcall_id(&head.served.route.path, ANONYMOUS, &key);
    line.key(&id);
    Ok((Arc::new(Request { head, fingerprint, key, id }), body))
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

    /// Whether repeating the upstream call can do no harm.
    pub(crate) fn safe_to_repeat(&self) -> bool {
        self.route().safe_to_repeat(self.method())
    }

    /// Whether the request brought a key of its own.
    pub(crate) fn is_keyed(&self) -> bool {
        matches!(self.key, Key::Given(_))
    }

    /// The `Idempotency-Key` that goes upstream.
    pub(crate) fn upstream_key(&self) -> Option<String> {
        let Key::Given(key) = &self.key else { return None };
        match self.route().upstream_key {
            UpstreamKey::Derived => Some(upstream_key(&self.route().path, ANONYMOUS, key).to_string()),
            UpstreamKey::Raw => Some(key.field_value()),
            UpstreamKey::None => None,
        }
    }

    /// How long a failure of this request is remembered in which nothing was executed.
    pub(crate) fn error_life(&self) -> Duration {
        if self.is_keyed() { self.route().error_ttl(self.safe_to_repeat()) } else { self.route().window }
    }

    /// How long an answer to this request is remembered.
    pub(crate) fn life(&self) -> Duration {
        if self.is_keyed() { self.route().ttl } else { self.route().window }
    }

    /// What the ledger is asked about this request.
    pub(crate) fn ask(self: &Arc<Self>, lost: Foretold) -> Ask {
        let terms = Terms {
            repeat: self.repeat(),
            answer_bytes_max: self.route().response.max_bytes,
            configuration: self.route().digest,
            lost,
        };
        Ask { id: self.id, request: self.clone(), terms }
    }

    /// What the receipt of an answer says of this request.
    pub(crate) fn receipt_request(&self) -> OutcallRequest {
        OutcallRequest {
            digest: request_digest(ANONYMOUS, &self.key, &self.fingerprint),
            names: self.head.names().iter().map(ToString::to_string).collect(),
        }
    }

    fn repeat(&self) -> Repeat {
        match self.safe_to_repeat() {
            true if is_safe(self.method()) => Repeat::Always,
            true => Repeat::SameConfiguration,
            false => Repeat::Never,
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
