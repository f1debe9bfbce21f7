//! What a canister asked for, as the adapter sends it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header::USER_AGENT, uri::Scheme};
use http_body_util::Full;

use crate::{
    outcall::{Reject, RejectCode, Request},
    rules::limits::{ADAPTER_HEADER_BYTES_MAX, ADAPTER_HEADERS_MAX},
};

/// Builds the request, or refuses it in the adapter's words.
pub(super) fn prepare(request: &Request, https_only: bool) -> Result<http::Request<Full<Bytes>>, Reject> {
    let uri: Uri = request.url.parse().map_err(|error| refusal(format!("Failed to parse URL: {error}")))?;
    if https_only && uri.scheme() != Some(&Scheme::HTTPS) {
        return Err(refusal("Url need to specify https scheme"));
    }
    let method = match request.method.as_str() {
        "GET" => Method::GET,
        "HEAD" => Method::HEAD,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "DELETE" => Method::DELETE,
        "PATCH" => Method::PATCH,
        _ => return Err(refusal("Failed to get HTTP method")),
    };
    let mut prepared = http::Request::new(Full::new(Bytes::copy_from_slice(&request.body)));
    *prepared.headers_mut() = headers(&request.headers)?;
    *prepared.method_mut() = method;
    *prepared.uri_mut() = uri;
    Ok(prepared)
}

/// Lower-cases the names, keeps repeated ones, and adds the `user-agent` where there is none.
fn headers(headers: &[(String, String)]) -> Result<HeaderMap, Reject> {
    if headers.len() > ADAPTER_HEADERS_MAX {
        return Err(refusal(format!("Too many headers. Maximum allowed: {ADAPTER_HEADERS_MAX}")));
    }
    let too_long = |text: &String| text.len() > ADAPTER_HEADER_BYTES_MAX;
    if headers.iter().any(|(name, value)| too_long(name) || too_long(value)) {
        let message = format!("Header name or value exceeds size limit of {ADAPTER_HEADER_BYTES_MAX}");
        return Err(refusal(message));
    }
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|error| refusal(format!("Failed to parse header name {error}")))?;
        let value = HeaderValue::from_str(value)
            .map_err(|error| refusal(format!("Failed to parse header value {error}")))?;
        map.append(name, value);
    }
    map.entry(USER_AGENT).or_insert(HeaderValue::from_static("ic/1.0"));
    Ok(map)
}

fn refusal(message: impl Into<String>) -> Reject {
    Reject::new(RejectCode::SysFatal, message)
}
