//! What goes upstream: the forwarded headers, the injected ones in their place, the key; nothing else.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT_ENCODING, USER_AGENT},
};
use outcall_protocol::header;

use super::{Call, Reach, body::Outgoing};
use crate::{canonical, config::Target, outcall::Request};

const AGENT: &str = concat!("outcall-gateway/", env!("CARGO_PKG_VERSION"));
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl Call {
    /// The upstream call of an outcall with this body.
    pub(crate) fn new(request: &Request, body: Bytes) -> Self {
        let route = request.route();
        let mut outgoing = http::Request::new(Outgoing::new(request.method(), body));
        *outgoing.method_mut() = request.method().clone();
        *outgoing.uri_mut() = request.target().clone();
        *outgoing.headers_mut() = headers(request);
        Self {
            request: outgoing,
            reach: match route.target {
                Target::Fixed(_) => Reach::Anywhere,
                Target::Hosts(_) => Reach::Public,
            },
            safe_to_repeat: request.safe_to_repeat(),
            follow_redirects: route.follow_redirects && request.safe_to_repeat(),
            timeout: route.timeout,
            body_bytes_max: canonical::body_bytes_max(&route.response),
        }
    }
}

fn headers(request: &Request) -> HeaderMap {
    let route = request.route();
    let mut headers = HeaderMap::new();
    let fields = request.headers().iter().map(|field| (field.0.as_str(), field));
    for (_, (name, value)) in header::kept(&route.forward_headers, fields) {
        headers.append(name.clone(), value.clone());
    }
    for (name, value) in &route.inject {
        headers.insert(name.clone(), value.clone());
    }
    // Many APIs refuse a request without an agent; a coding that we cannot undo would be refused here.
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(AGENT));
    headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static(canonical::coding::ACCEPT_ENCODING));
    if let Some(key) = request.upstream_key().and_then(|key| HeaderValue::try_from(key).ok()) {
        headers.insert(KEY, key);
    }
    headers
}
