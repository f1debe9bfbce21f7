//! The rules as a route of the gateway: as text for its `proxy_conf.json`, and as what the gateway does with it.
//!
//! What the gateway does to an answer is done here by the same functions of `outcall-protocol`; that both come to the
//! same bytes is a test of the whole system.

use std::fmt::Write as _;

use http::Uri;
use outcall_protocol::{header, jq::Projection, json, limits::check_response};
use serde_json::Value;

use super::rules::Rules;
use crate::{
    finding::{
        Edit, Pattern, coding,
        pattern::{Part, is_word, quoted},
    },
    outcall::{Request, Response},
    rules::limits::MAX_RESPONSE_BYTES,
};

/// What the gateway forwards when a route names nothing else.
const FORWARDED: [&str; 5] = ["accept", "accept-language", "authorization", "content-type", "x-api-key"];
/// What a route may not forward, since it follows from something else.
const NOT_FORWARDED: [&str; 13] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// The longest path of a route, in bytes.
const PATH_BYTES_MAX: usize = 1_024;
/// What jq does not take for a name behind a dot.
const RESERVED: [&str; 16] = [
    "and", "as", "catch", "def", "elif", "else", "end", "foreach", "if", "import", "include", "label", "or",
    "reduce", "then", "try",
];

/// A route, and what it does to answers.
pub(super) struct Route {
    pub(super) text: String,
    keep_headers: Vec<String>,
    jq: Option<Projection>,
    canonical: bool,
    max_bytes: usize,
}

/// How jq leaves members out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deletion {
    /// `del(…)`, as one would write it. Its work grows with the square of the places.
    AtOnce,
    /// `… |= empty`, which leaves a null where there was nothing to look into.
    OneByOne,
}

impl Route {
    /// The route for requests like this one, and for answers like these.
    ///
    /// # Errors
    /// Why there cannot be one.
    pub(super) fn new(rules: &Rules, request: &Request, answers: &[&Response]) -> Result<Self, String> {
        let at_once = Self::deleting(Deletion::AtOnce, rules, request)?;
        if answers.iter().all(|answer| at_once.finished(&request.method, answer).is_ok()) {
            return Ok(at_once);
        }
        let one_by_one = Self::deleting(Deletion::OneByOne, rules, request)?;
        let is_better = answers.iter().all(|answer| one_by_one.finished(&request.method, answer).is_ok());
        Ok(if is_better { one_by_one } else { at_once })
    }

    fn deleting(deletion: Deletion, rules: &Rules, request: &Request) -> Result<Self, String> {
        let upstream = Upstream::of(&request.url)?;
        let filter = filter(rules, deletion);
        let jq = filter.as_deref().map(Projection::compile).transpose();
        let jq = jq.map_err(|error| format!("its jq filter would not do: {error}"))?;
        let cap = request.max_response_bytes.unwrap_or(MAX_RESPONSE_BYTES);
        Ok(Self {
            text: text(rules, request, &upstream, filter.as_deref()),
            keep_headers: rules.keep_headers.clone(),
            jq,
            canonical: rules.canonical,
            max_bytes: usize::try_from(cap).unwrap_or(usize::MAX),
        })
    }

    /// What replicas get when this is the upstream's answer.
    ///
    /// # Errors
    /// Why the gateway would refuse to pass it on.
    pub(super) fn finished(&self, method: &str, response: &Response) -> Result<Response, String> {
        let status = response.status;
        let has_body = method != "HEAD" && status != 204 && status != 304;
        let body = match has_body {
            true => coding::decoded(response)
                .map_err(|_| "its coding cannot be undone by this probe".to_owned())?,
            false => Vec::new().into(),
        };
        let mut body = body.into_owned();
        if (200..300).contains(&status) && !body.is_empty() {
            if let Some(jq) = &self.jq {
                body = jq.project(&body, self.max_bytes).map_err(|error| error.to_string())?;
            }
            if self.canonical {
                body = json::canonicalise(&body).map_err(|error| error.to_string())?;
            }
        }
        let fields = response.headers.iter().map(|(name, value)| (name.as_str(), value));
        let kept = header::kept(&self.keep_headers, fields).into_iter();
        let mut headers: Vec<(String, String)> =
            kept.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        if has_body {
            headers.push(("content-length".to_owned(), body.len().to_string()));
        }
        let measured = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        check_response(measured, body.len(), self.max_bytes).map_err(|error| error.to_string())?;
        Ok(Response { status, headers, body })
    }
}

/// The parts of a URL that a route needs.
struct Upstream {
    path: String,
    /// Without its query, which the canister sends, and which goes along with each request: in the route it would be sent
    /// twice, and the same to whoever asks for something else.
    url: String,
}

impl Upstream {
    fn of(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_| "its URL cannot be read".to_owned())?;
        let authority = uri.authority().ok_or("its URL names no host")?;
        if authority.as_str().contains('@') {
            return Err(
                "its URL holds a user or a password: give the gateway a header to inject instead".to_owned()
            );
        }
        if url.contains('#') || !is_plain(uri.path()) {
            return Err(
                "its URL has a fragment, or a path that is too long or that servers read in different ways"
                    .to_owned(),
            );
        }
        let path = uri.path().trim_end_matches('/');
        // A route is found by whole segments; the root alone would take every path.
        let path =
            if path.is_empty() { format!("/{}", uri.host().unwrap_or_default()) } else { path.to_owned() };
        let url = url.split_once('?').map_or(url, |(url, _)| url).to_owned();
        Ok(Self { path, url })
    }
}

/// Whether a path is one that the gateway takes: no empty or dotted segments, no broken escapes.
fn is_plain(path: &str) -> bool {
    let decoded = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\");
    let is_dotted = decoded.split(['/', '\\']).any(|segment| matches!(segment, "." | ".."));
    let has_broken_escape = path.split('%').skip(1).any(|after| {
        !after.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    path.len() <= PATH_BYTES_MAX
        && path.bytes().all(|byte| byte.is_ascii_graphic())
        && !path.contains("//")
        && !path.contains('\\')
        && !is_dotted
        && !has_broken_escape
}

fn text(rules: &Rules, request: &Request, upstream: &Upstream, filter: Option<&str>) -> String {
    let mut members = vec![
        format!("\"upstream\": {}", Value::from(upstream.url.as_str())),
        format!("\"methods\": [{}]", Value::from(request.method.as_str())),
    ];
    let mut names: Vec<String> = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| !NOT_FORWARDED.contains(&name.as_str()));
    if names.iter().any(|name| !FORWARDED.contains(&name.as_str())) {
        members.push(format!("\"forward_headers\": {}", listed(&names)));
    }
    let mut response = Vec::new();
    if rules.keep_headers != ["content-type"] {
        response.push(format!("\"keep_headers\": {}", listed(&rules.keep_headers)));
    }
    if let Some(filter) = filter {
        response.push(format!("\"jq\": {}", Value::from(filter)));
    }
    if rules.canonical {
        response.push("\"canonical_json\": true".to_owned());
    }
    if let Some(cap) = request.max_response_bytes {
        response.push(format!("\"max_bytes\": {cap}"));
    }
    if !response.is_empty() {
        members
            .push(format!("\"response\": {{\n            {}\n        }}", response.join(",\n            ")));
    }
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{{\n    {}: {{\n        {}\n    }}\n}}",
        Value::from(upstream.path.as_str()),
        members.join(",\n        ")
    );
    text
}

fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(", "))
}

/// The edits as a jq filter; none where there are none.
fn filter(rules: &Rules, deletion: Deletion) -> Option<String> {
    let (elements, members): (Vec<&Pattern>, Vec<&Pattern>) = rules
        .places(Edit::Drop)
        .into_iter()
        .partition(|pattern| !matches!(pattern.parts().last(), Some(Part::Member(_))));
    let mut steps = Vec::new();
    let members = members.into_iter().map(spelled);
    match deletion {
        Deletion::AtOnce => {
            let members: Vec<String> = members.collect();
            steps.extend((!members.is_empty()).then(|| format!("del({})", members.join(", "))));
        }
        Deletion::OneByOne => steps.extend(members.map(|path| format!("{path} |= empty"))),
    }
    steps.extend(elements.into_iter().map(|pattern| format!("{} |= null", spelled(pattern))));
    for (pattern, edit) in &rules.edits {
        let path = spelled(pattern);
        match edit {
            Edit::Drop => {}
            Edit::Round(decimals) => {
                steps.push(format!("({path} | numbers) |= (. * 1e{decimals} | round / 1e{decimals})"));
            }
            Edit::Sort => steps.push(format!("({path} | arrays) |= sort")),
        }
    }
    (!steps.is_empty()).then(|| steps.join(" | "))
}

/// A place as a path of jq that is nothing where there is no such place.
fn spelled(pattern: &Pattern) -> String {
    let mut path = String::new();
    for part in pattern.parts() {
        if path.is_empty() && !matches!(part, Part::Member(name) if is_plain_name(name)) {
            path.push('.');
        }
        // Writing to a string does not fail.
        let _ = match part {
            Part::Member(name) if is_plain_name(name) => write!(path, ".{name}?"),
            Part::Member(name) => write!(path, "[{}]?", quoted(name)),
            Part::Element(index) => write!(path, "[{index}]?"),
            Part::Each => write!(path, "[]?"),
        };
    }
    if path.is_empty() { ".".to_owned() } else { path }
}

fn is_plain_name(name: &str) -> bool {
    is_word(name) && !RESERVED.contains(&name)
}
