//! The URL of a fixed upstream, kept byte for byte as it was written.

use std::{fmt, net::Ipv6Addr};

use http::{
    Uri,
    uri::{Authority, Scheme},
};

use super::{
    error::{Problems, shown_url},
    locate::Place,
};
use crate::{limits, router::path};

/// Where a fixed upstream is. Nothing of it is normalised: its parts are the bytes of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct Base {
    /// http or https.
    pub scheme: Scheme,
    /// Host and port, without user information.
    pub authority: Authority,
    /// The path; starts with `/`, may end with one.
    pub path: Box<str>,
    /// The query, without its `?`. It may be a secret.
    pub query: Option<Box<str>>,
}

/// The URL for people: with `?…` for a query, which may be a secret.
impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = if self.query.is_some() { "?…" } else { "" };
        write!(f, "{}://{}{}{query}", self.scheme, self.authority, self.path)
    }
}

impl fmt::Debug for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The upstream that `text` names, if it is a safe one; otherwise that is reported.
pub(super) fn judge(text: &str, place: &Place<'_>, problems: &mut Problems<'_>) -> Option<Base> {
    match parse(text) {
        Ok(base) => Some(base),
        Err(expected) => {
            problems.at(place, shown_url(text), expected);
            None
        }
    }
}

fn parse(text: &str) -> Result<Base, String> {
    const EXPECTED: &str = "an absolute URL, such as \"https://api.example.com/v1/price\"";
    if text.len() > limits::UPSTREAM_BYTES_MAX {
        return Err(format!("a URL of at most {} bytes", limits::UPSTREAM_BYTES_MAX));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a URL of visible ASCII characters, any other percent-encoded".to_owned());
    }
    let Some((_, after_scheme)) = text.split_once("://") else { return Err(EXPECTED.to_owned()) };
    let end = after_scheme.find(['/', '?', '#']).unwrap_or(after_scheme.len());
    let (authority, path_and_query) = after_scheme.split_at(end);
    if authority.contains('@') {
        return Err("a URL without user or password; send credentials with inject".to_owned());
    }
    if text.contains('#') {
        return Err("a URL without a fragment (#)".to_owned());
    }
    check_host_and_port(authority)?;
    let (path, query) = match path_and_query.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path_and_query, None),
    };
    let path = if path.is_empty() { "/" } else { path };
    path::check(path).map_err(|bad| format!("a URL whose path is without {}", bad.found()))?;
    if has_broken_escape(path) {
        return Err("a URL whose path has two hex digits behind every %".to_owned());
    }
    let uri: Uri = text.parse().map_err(|error| format!("{EXPECTED} ({error})"))?;
    let parts = uri.into_parts();
    let (Some(scheme), Some(parsed_authority), Some(parsed)) =
        (parts.scheme, parts.authority, parts.path_and_query)
    else {
        return Err(EXPECTED.to_owned());
    };
    if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
        return Err("a URL that starts with http:// or https://".to_owned());
    }
    // The parser must have seen the same parts that were judged here.
    if parsed_authority.as_str() != authority || parsed.path() != path || parsed.query() != query {
        return Err(EXPECTED.to_owned());
    }
    Ok(Base { scheme, authority: parsed_authority, path: path.into(), query: query.map(Into::into) })
}

/// What stands between `://` and the path must be a host, and may be a port behind it.
pub(super) fn check_host_and_port(authority: &str) -> Result<(), String> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if host.is_empty() {
        return Err("a URL with a host".to_owned());
    }
    let is_address = |literal: &str| literal.parse::<Ipv6Addr>().is_ok();
    let is_name = |host: &str| {
        host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
    };
    let is_host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(literal) => is_address(literal),
        None => is_name(host),
    };
    if !is_host {
        return Err(
            "a URL whose host is a DNS name, an IPv4 address, or an IPv6 address in brackets".to_owned()
        );
    }
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|number| number != 0)
    };
    match port {
        Some(port) if !is_port(port) => Err("a URL whose port is from 1 to 65535".to_owned()),
        _ => Ok(()),
    }
}

/// Whether a `%` stands without two hex digits behind it, which servers read in different ways.
pub(super) fn has_broken_escape(path: &str) -> bool {
    path.split('%').skip(1).any(|after| {
        let digits = after.as_bytes().get(..2);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}
