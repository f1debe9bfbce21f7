//! Answers of the admin port, with what keeps a browser from doing more with them than showing them.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use maud::Markup;

/// Nothing is loaded but the page's own style, script and picture, and nothing may frame it or be submitted by it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub(super) fn text(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    of(status, "text/plain; charset=utf-8", text)
}

/// The text format of Prometheus, version 0.0.4.
pub(super) fn metrics(text: String) -> Response<Full<Bytes>> {
    of(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text)
}

pub(super) fn html(page: Markup) -> Response<Full<Bytes>> {
    of(StatusCode::OK, "text/html; charset=utf-8", page.into_string())
}

pub(super) fn of(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
