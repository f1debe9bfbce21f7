//! Headers that are added upstream. `${NAME}` in a value stands for a secret of the environment; no value is shown.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};

use super::{
    error::Problems,
    headers::{self, Purpose},
    locate::Place,
};
use crate::limits;

/// The headers that were written, resolved, sorted by name, and marked as sensitive.
pub(super) fn judge(
    written: &BTreeMap<String, String>,
    env: &dyn Fn(&str) -> Option<String>,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Vec<(HeaderName, HeaderValue)> {
    if written.len() > limits::REQUEST_HEADERS_MAX {
        let found = format!("{} headers", written.len());
        problems.at(place, found, format!("at most {}", limits::REQUEST_HEADERS_MAX));
        return Vec::new();
    }
    let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::with_capacity(written.len());
    for (text, value) in written {
        let place = place.member(text);
        let name = headers::judge_name(text, Purpose::Upstream, &place, problems);
        let value = match resolved(value, env) {
            Ok(value) => Some(value),
            Err(Unresolved { found, expected }) => {
                problems.at(&place, found, expected);
                None
            }
        };
        let (Some(name), Some(value)) = (name, value) else { continue };
        if headers.iter().any(|(earlier, _)| *earlier == name) {
            problems.name(&place, format!("{name} a second time"), "each header once, in whatever case");
        } else {
            headers.push((name, value));
        }
    }
    headers.sort_unstable_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
    headers
}

/// Why a value could not be made, in words that hold neither the value nor what it resolves to.
pub(super) struct Unresolved {
    pub(super) found: String,
    pub(super) expected: &'static str,
}

fn resolved(value: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<HeaderValue, Unresolved> {
    let text = substituted(value, env)?;
    let mut value = HeaderValue::from_str(&text).map_err(|_| Unresolved {
        found: "a value that is not shown".to_owned(),
        expected: "visible ASCII characters and spaces, once ${…} is replaced",
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// `${NAME}` replaced from the environment and `$${` turned into a literal `${`; any other `$` is one.
pub(super) fn substituted(value: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<String, Unresolved> {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        let (before, from_dollar) = rest.split_at(at);
        text.push_str(before);
        rest = if let Some(after) = from_dollar.strip_prefix("$${") {
            text.push_str("${");
            after
        } else if let Some(after) = from_dollar.strip_prefix("${") {
            let (name, after) =
                after.split_once('}').filter(|(name, _)| is_variable(name)).ok_or_else(malformed)?;
            text.push_str(&variable(name, env)?);
            after
        } else {
            text.push('$');
            from_dollar.get(1..).unwrap_or("")
        };
    }
    text.push_str(rest);
    Ok(text)
}

fn variable(name: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<String, Unresolved> {
    match env(name) {
        Some(value) if !value.is_empty() => Ok(value),
        Some(_) => Err(Unresolved {
            found: format!("the environment variable {name} empty"),
            expected: "a value in it",
        }),
        None => {
            Err(Unresolved { found: format!("no environment variable {name}"), expected: "it to be set" })
        }
    }
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn malformed() -> Unresolved {
    Unresolved {
        found: "a ${ without the name of a variable and a } behind it".to_owned(),
        expected: "${NAME} for a variable, or $${ for the characters ${",
    }
}
