//! Lists of header names, and the names that each of them must leave to others.

use http::{HeaderName, header};

use super::{error::Problems, locate::Place};

/// What a list of names is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Names of headers that go upstream, forwarded or injected.
    Upstream,
    /// Names of headers that are kept of an upstream's response.
    Kept,
}

/// The headers that go upstream unless a route names others; sorted.
pub(super) fn forwarded_by_default() -> Vec<HeaderName> {
    vec![
        header::ACCEPT,
        header::ACCEPT_LANGUAGE,
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        HeaderName::from_static("x-api-key"),
    ]
}

/// The headers that are kept of a response unless a route names others.
pub(super) fn kept_by_default() -> Vec<HeaderName> {
    vec![header::CONTENT_TYPE]
}

/// The names of a list, sorted; each must be one, be allowed, and be there once.
pub(super) fn judge(
    written: &[String],
    names_max: usize,
    purpose: Purpose,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Vec<HeaderName> {
    if written.len() > names_max {
        problems.at(place, format!("{} names", written.len()), format!("at most {names_max}"));
        return Vec::new();
    }
    let mut names = Vec::with_capacity(written.len());
    for (index, text) in written.iter().enumerate() {
        let place = place.element(index);
        let Some(name) = judge_name(text, purpose, &place, problems) else { continue };
        if names.contains(&name) {
            problems.at(&place, format!("{name} a second time"), "each header once");
        } else {
            names.push(name);
        }
    }
    names.sort_unstable_by(|a: &HeaderName, b| a.as_str().cmp(b.as_str()));
    names
}

/// One name, as it was written at `place`. Names are the same in any case.
pub(super) fn judge_name(
    text: &str,
    purpose: Purpose,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Option<HeaderName> {
    let Ok(name) = HeaderName::from_bytes(text.as_bytes()) else {
        problems.name(place, "no header name", "a header name, such as \"content-type\"");
        return None;
    };
    if let Some(reason) = refusal(&name, purpose) {
        problems.name(place, format!("the header {name}"), format!("any other: {reason}"));
        return None;
    }
    Some(name)
}

/// Why a name may not be listed, if so.
fn refusal(name: &HeaderName, purpose: Purpose) -> Option<&'static str> {
    match (name.as_str(), purpose) {
        (
            "connection" | "keep-alive" | "proxy-authenticate" | "proxy-authorization" | "proxy-connection",
            _,
        )
        | ("te" | "trailer" | "transfer-encoding" | "upgrade", _) => {
            Some("it belongs to a single connection")
        }
        ("host", Purpose::Upstream) => Some("it follows from the upstream's URL"),
        ("content-length", _) => Some("it follows from the body"),
        ("idempotency-key", Purpose::Upstream) => Some("upstream_key says which one goes upstream"),
        ("expect", Purpose::Upstream) => Some("the gateway has the whole body before it calls"),
        ("content-digest" | "outcall-request" | "signature" | "signature-input", Purpose::Kept) => {
            Some("it is the gateway's, in a receipt")
        }
        ("content-encoding", Purpose::Kept) => Some("answers are decompressed"),
        _ => None,
    }
}
