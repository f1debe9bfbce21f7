//! The allow-list of a route that goes to the host its request names.

use std::{collections::HashSet, fmt};

use super::{error::Problems, locate::Place};
use crate::limits;

/// A host, or all hosts below a domain. Always lower case, never an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HostPattern {
    /// This host alone.
    Exact(Box<str>),
    /// The suffix with its leading dot, such as `.example.com`: every host with at least one label before it.
    Wildcard(Box<str>),
}

impl HostPattern {
    /// Whether a request may go to `host`, as its path names it. Only a lower-case DNS name ever matches: no port, no
    /// address in any notation, no empty label.
    pub fn matches(&self, host: &str) -> bool {
        match self {
            HostPattern::Exact(exact) => host == &**exact,
            HostPattern::Wildcard(suffix) => host.ends_with(&**suffix) && problem_of(host).is_none(),
        }
    }

    pub(crate) fn is_wildcard(&self) -> bool {
        matches!(self, HostPattern::Wildcard(_))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostPattern::Exact(host) => f.write_str(host),
            HostPattern::Wildcard(suffix) => write!(f, "*{suffix}"),
        }
    }
}

/// The patterns that were written, in their order.
pub(super) fn judge(written: &[String], place: &Place<'_>, problems: &mut Problems<'_>) -> Vec<HostPattern> {
    if written.is_empty() {
        problems.at(place, "no host", "at least one, such as \"api.example.com\" or \"*.example.com\"");
    }
    if written.len() > limits::HOSTS_MAX {
        problems.at(place, format!("{} hosts", written.len()), format!("at most {}", limits::HOSTS_MAX));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut patterns = Vec::with_capacity(written.len());
    for (index, text) in written.iter().enumerate() {
        let place = place.element(index);
        match pattern(text) {
            Err(reason) => problems.value(&place, reason),
            Ok(_) if !seen.insert(text) => {
                problems.at(&place, format!("{text} a second time"), "each host once")
            }
            Ok(pattern) => patterns.push(pattern),
        }
    }
    patterns
}

fn pattern(text: &str) -> Result<HostPattern, &'static str> {
    if text.contains("://") || text.contains('/') {
        return Err("a host alone, without scheme and path, such as \"api.example.com\"");
    }
    let Some(suffix) = text.strip_prefix("*.") else {
        return match problem_of(text) {
            Some(reason) => Err(reason),
            None => Ok(HostPattern::Exact(text.into())),
        };
    };
    match problem_of(suffix) {
        Some(reason) => Err(reason),
        None if !suffix.contains('.') => Err("a suffix of at least two labels, such as \"*.example.com\""),
        None => Ok(HostPattern::Wildcard(format!(".{suffix}").into())),
    }
}

/// What a host should be and is not, if anything.
fn problem_of(host: &str) -> Option<&'static str> {
    const HOST_BYTES_MAX: usize = 253;
    const LABEL_BYTES_MAX: usize = 63;
    let is_name = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.starts_with('[') || host.matches(':').count() > 1 || ends_in_a_number(host) {
        Some("a DNS name, never an IP address")
    } else if host.contains(':') {
        Some("a host without a port: these calls go to port 443")
    } else if host.contains('*') {
        Some("a wildcard as the whole first label only, such as \"*.example.com\"")
    } else if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Some("lower case")
    } else if host.len() > HOST_BYTES_MAX || !host.split('.').all(is_name) {
        Some("a DNS name, such as \"api.example.com\" or \"*.example.com\"")
    } else {
        None
    }
}

/// Whether URL parsers may read the host as an IPv4 address: `127.0.0.1`, `127.1`, `2130706433`, `0x7f.1`
/// (WHATWG URL Standard, "ends in a number").
fn ends_in_a_number(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or(host);
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()),
    }
}
