//! Where an upstream sends a call on to, if the route follows that.
//!
//! Only within the origin (scheme, host and port) that was called, so that neither what is injected nor the route's
//! trust gets anywhere else; and only where repeating can do no harm. What is not followed is an answer like any other.
//!
//! | status | GET, HEAD, OPTIONS | another method, where the upstream honours the key |
//! |---|---|---|
//! | 301, 302, 307, 308 | the same request at the new place | 307 and 308 likewise; 301 and 302 are not followed |
//! | 303 | GET, or HEAD as HEAD | not followed: its answer would be another request's |
//!
//! (RFC 9110, section 15.4)

use http::{Method, StatusCode, Uri, header::LOCATION};
use url::Url;

use super::{Received, body::Outgoing};
use crate::config::is_safe;

/// The request to make instead, if this answer asks for one that may be made.
pub(super) fn followed(
    request: &http::Request<Outgoing>,
    received: &Received,
) -> Option<http::Request<Outgoing>> {
    let method = method(request.method(), received.status)?;
    let mut locations = received.headers.get_all(LOCATION).iter();
    let (Some(location), None) = (locations.next(), locations.next()) else { return None };
    let uri = within_origin(request.uri(), location.to_str().ok()?)?;
    let mut next = request.clone();
    *next.uri_mut() = uri;
    *next.method_mut() = method;
    Some(next)
}

/// With which method to go on.
fn method(method: &Method, status: StatusCode) -> Option<Method> {
    match status {
        StatusCode::PERMANENT_REDIRECT | StatusCode::TEMPORARY_REDIRECT => Some(method.clone()),
        _ if !is_safe(method) => None,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => Some(method.clone()),
        StatusCode::SEE_OTHER if *method == Method::HEAD => Some(Method::HEAD),
        StatusCode::SEE_OTHER => Some(Method::GET),
        _ => None,
    }
}

/// The place that `location` names, seen from `here`, if it has the same origin and no user or password.
fn within_origin(here: &Uri, location: &str) -> Option<Uri> {
    let here = Url::parse(&here.to_string()).ok()?;
    let mut there = here.join(location).ok()?;
    if there.origin() != here.origin() || !there.username().is_empty() || there.password().is_some() {
        return None;
    }
    // Never sent.
    there.set_fragment(None);
    let uri: Uri = there.as_str().parse().ok()?;
    // The two parsers must have seen the same host.
    let same = uri.scheme_str() == Some(here.scheme()) && uri.host() == here.host_str();
    same.then_some(uri)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn asked(method: Method, url: &str) -> http::Request<Outgoing> {
        let mut request = http::Request::new(Outgoing::new(&method, Bytes::new()));
        *request.method_mut() = method;
        *request.uri_mut() = url.parse().unwrap();
        request
    }

    fn answered(status: u16, locations: &[&[u8]]) -> Received {
        let mut headers = HeaderMap::new();
        for location in locations {
            headers.append(LOCATION, HeaderValue::from_bytes(location).unwrap());
        }
        Received { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::new() }
    }

    fn leads(location: &str) -> Option<String> {
        let asked = asked(Method::GET, "https://api.example.com/v1/price?q=1");
        let next = followed(&asked, &answered(302, &[location.as_bytes()]))?;
        Some(next.uri().to_string())
    }

    #[test]
    fn every_form_of_a_location_is_read_from_where_it_was_said() {
        for (location, expected) in [
            ("https://api.example.com/v2", "https://api.example.com/v2"),
            ("HTTPS://API.example.com:443/v2", "https://api.example.com/v2"),
            ("//api.example.com/v2", "https://api.example.com/v2"),
            ("/v2/price?a=b", "https://api.example.com/v2/price?a=b"),
            ("other", "https://api.example.com/v1/other"),
            ("../x", "https://api.example.com/x"),
            ("?page=2", "https://api.example.com/v1/price?page=2"),
            ("/v2#part", "https://api.example.com/v2"),
            ("https:evil.example", "https://api.example.com/v1/evil.example"),
        ] {
            assert_eq!(leads(location).as_deref(), Some(expected), "{location}");
        }
    }

    #[test]
    fn nothing_leads_out_of_the_origin() {
        for location in [
            "http://api.example.com/v2",
            "https://api.example.com:8443/v2",
            "https://evil.example/",
            "//evil.example/",
            r"\\evil.example\",
            "/\t/evil.example/",
            "https://api.example.com.evil.example/",
            "https://api.example.com@evil.example/",
            "https://user@api.example.com/v2",
            "https://:secret@api.example.com/v2",
            "file:///etc/passwd",
            "javascript:1",
            "https://[::1]/",
            "https://127.0.0.1/",
            "https://",
        ] {
            assert_eq!(leads(location), None, "{location}");
        }
    }

    #[test]
    fn the_method_goes_along_as_the_status_says() {
        let next = |method: Method, status| {
            let asked = asked(method, "https://api.example.com/");
            followed(&asked, &answered(status, &[b"/x"])).map(|next| next.method().clone())
        };
        for status in [301, 302, 307, 308] {
            for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
                assert_eq!(next(method.clone(), status), Some(method), "{status}");
            }
            let followed = matches!(status, 307 | 308).then_some(Method::POST);
            assert_eq!(next(Method::POST, status), followed, "{status}");
        }
        assert_eq!(next(Method::OPTIONS, 303), Some(Method::GET));
        assert_eq!(next(Method::HEAD, 303), Some(Method::HEAD));
        assert_eq!(next(Method::POST, 303), None);
        for status in [200, 201, 300, 304, 305, 306, 399, 404] {
            assert_eq!(next(Method::GET, status), None, "{status}");
        }
    }

    #[test]
    fn no_location_two_of_them_or_one_that_is_no_text_lead_nowhere() {
        let asked = asked(Method::GET, "https://api.example.com/");
        for locations in [[].as_slice(), &[b"/a".as_slice(), b"/a"], &[b"/\xff".as_slice()]] {
            assert!(followed(&asked, &answered(302, locations)).is_none(), "{locations:?}");
        }
    }
}
