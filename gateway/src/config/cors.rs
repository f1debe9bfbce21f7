//! Which web pages may call a route (the CORS protocol of the Fetch standard).

use std::time::Duration;

use http::HeaderName;

use super::{
    ResponseRules,
    duration::{self, Bounds},
    error::Problems,
    file,
    headers::{self, Purpose},
    locate::Place,
    upstream,
};
use crate::limits;

/// Who may call a route from a browser, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// Whose pages may call.
    pub origins: Origins,
    /// Request headers that they may send beside those that the route takes anyway; sorted.
    pub headers: Vec<HeaderName>,
    /// How long a browser need not ask again.
    pub max_age: Duration,
}

/// Whose pages may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Everybody's.
    Any,
    /// Those of these origins, each as a browser writes it in `Origin`.
    These(Vec<Box<str>>),
}

pub(super) const MAX_AGE: Bounds =
    Bounds { min: limits::CORS_AGE_MIN, max: limits::CORS_AGE_MAX, example: "10m" };
const ANY: &str = "*";

pub(super) fn judge(
    file: &file::Cors,
    response: &ResponseRules,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Cors {
    if let Some(kept) = response.keep_headers.iter().find(|name| name.as_str().starts_with("access-control-"))
    {
        let expected = "response.keep_headers to leave that to the gateway: a browser refuses two of them";
        problems.name(place, format!("cors beside the kept header {kept}"), expected);
    }
    let mut cors = Cors { origins: Origins::Any, headers: Vec::new(), max_age: limits::CORS_AGE_DEFAULT };
    if let file::Cors::Rules(rules) = file {
        cors.origins = origins(&rules.origins, &place.member("origins"), problems);
        let headers = place.member("headers");
        cors.headers = headers::judge(
            &rules.headers,
            limits::REQUEST_HEADERS_MAX,
            Purpose::Upstream,
            &headers,
            problems,
        );
        let max_age = rules.max_age.as_ref();
        let max_age =
            max_age.and_then(|text| duration::judge(text, MAX_AGE, &place.member("max_age"), problems));
        cors.max_age = max_age.unwrap_or(cors.max_age);
    }
    cors
}

fn origins(written: &[String], place: &Place<'_>, problems: &mut Problems<'_>) -> Origins {
    match written {
        [only] if only == ANY => return Origins::Any,
        [] => problems.at(place, "no origin", r#"at least one, such as "https://app.example.com", or "*""#),
        many if many.len() > limits::CORS_ORIGINS_MAX => {
            let most = format!("at most {}", limits::CORS_ORIGINS_MAX);
            problems.at(place, format!("{} origins", many.len()), most);
            return Origins::These(Vec::new());
        }
        _ => {}
    }
    let mut origins: Vec<Box<str>> = Vec::with_capacity(written.len());
    for (index, text) in written.iter().enumerate() {
        let place = place.element(index);
        match check(text) {
            Err(expected) => problems.value(&place, expected),
            Ok(()) if origins.iter().any(|earlier| **earlier == **text) => {
                problems.at(&place, format!("{text} a second time"), "each origin once");
            }
            Ok(()) => origins.push(text.as_str().into()),
        }
    }
    Origins::These(origins)
}

/// An origin is compared with those of requests byte by byte, so it must be one that a browser writes.
fn check(text: &str) -> Result<(), &'static str> {
    const EXPECTED: &str =
        r#"an origin: scheme, host and port as a browser sends them, such as "https://app.example.com""#;
    if text == ANY {
        return Err(r#""*" alone, or origins without it"#);
    }
    let (scheme, host) = text.split_once("://").ok_or(EXPECTED)?;
    let is_lower = text.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase());
    if !is_lower || host.contains(['/', '?', '#', '@', '*']) {
        return Err(EXPECTED);
    }
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase());
    if !is_scheme || upstream::check_host_and_port(host).is_err() {
        return Err(EXPECTED);
    }
    let implied =
        matches!((scheme, host.rsplit_once(':')), ("https", Some((_, "443"))) | ("http", Some((_, "80"))));
    if implied { Err("an origin without the port that its scheme implies") } else { Ok(()) }
}
