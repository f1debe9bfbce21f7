//! The guards: each knows one reason to turn a request away.

use http::{
    HeaderMap, HeaderValue, Method, Uri, Version,
    header::{HOST, TRANSFER_ENCODING},
    request::Parts,
};

use super::path;
use crate::{answer::Answer, config::Route, error::Problem, limits};

/// What the gateway serves anywhere; TRACE and CONNECT are not among them.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS];

pub(super) fn method_of_gateway(method: &Method) -> Result<(), Answer> {
    served(method, &METHODS)
}

pub(super) fn method_of_route(method: &Method, route: &Route) -> Result<(), Answer> {
    served(method, &route.methods)
}

/// Only a proxy is asked in absolute form, and this is none; HTTP/2 always names scheme and authority.
pub(super) fn origin_form(parts: &Parts) -> Result<(), Problem> {
    let absolute = parts.uri.scheme().is_some() || parts.uri.authority().is_some();
    if absolute && parts.version <= Version::HTTP_11 { Err(Problem::AbsoluteForm) } else { Ok(()) }
}

/// Nothing here depends on the host, but a request that two servers may take for two different ones is refused
/// (RFC 9112, section 3.2). HTTP/1.0 may go without.
pub(super) fn host(parts: &Parts) -> Result<(), Problem> {
    let most_and_least = match parts.version {
        Version::HTTP_11 => 1..=1,
        _ => 0..=1,
    };
    let hosts = parts.headers.get_all(HOST).iter().count();
    if most_and_least.contains(&hosts) { Ok(()) } else { Err(Problem::HostInvalid) }
}

/// The HTTP library reads a body as chunked whatever other coding stands before that. We could not undo it, and somebody
/// between its sender and us may have seen another end of the body: nothing more is read on the connection (RFC 9112,
/// sections 6.1 and 7).
pub(super) fn transfer_coding(parts: &Parts) -> Result<(), Answer> {
    let mut codings = parts.headers.get_all(TRANSFER_ENCODING).iter();
    let plain = match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    };
    if plain { Ok(()) } else { Err(Problem::transfer_coding(&parts.method)) }
}

pub(super) fn url_length(uri: &Uri) -> Result<(), Problem> {
    let bytes = uri.path_and_query().map_or(0, |whole| whole.as_str().len());
    if bytes > limits::URL_BYTES_MAX { Err(Problem::UrlTooLong) } else { Ok(()) }
}

pub(super) fn header_block(headers: &HeaderMap) -> Result<(), Problem> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let fits = headers.len() <= limits::REQUEST_HEADER_LINES_MAX && bytes <= limits::REQUEST_HEADER_BYTES_MAX;
    if fits { Ok(()) } else { Err(Problem::HeadersTooLarge) }
}

pub(super) fn path(uri: &Uri) -> Result<(), Problem> {
    // `OPTIONS *` is a request to the gateway itself, which is no backend.
    if !uri.path().starts_with('/') {
        return Err(Problem::PathInvalid);
    }
    path::check(uri.path()).map_err(|_| Problem::PathInvalid)
}

fn served(method: &Method, methods: &[Method]) -> Result<(), Answer> {
    if methods.contains(method) {
        return Ok(());
    }
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    let allow = HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static(""));
    Err(Problem::method_not_allowed(method, allow))
}
