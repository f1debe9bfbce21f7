//! What identifies a route's way of calling and answering.
//!
//! Two configurations with the same digest send the same bytes upstream for a request and make the same answer of a
//! response. That is what a later leader needs to know of a lost one, and what gateways on one ledger must share. How
//! long an answer is kept, which methods are served and how often an upstream may be called are no part of it.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use outcall_protocol::digest::{Digest, Hasher};

use super::{ResponseRules, Target, UpstreamKey};

const LABEL: &str = "outcall-gateway route v1";

/// The parts of a route that go into its digest.
pub(super) struct Call<'a> {
    pub(super) path: &'a str,
    pub(super) target: &'a Target,
    pub(super) timeout: Duration,
    pub(super) forward_headers: &'a [HeaderName],
    pub(super) inject: &'a [(HeaderName, HeaderValue)],
    pub(super) upstream_idempotent: bool,
    pub(super) upstream_key: UpstreamKey,
    pub(super) response: &'a ResponseRules,
    /// The filter as it was written.
    pub(super) jq: Option<&'a str>,
}

/// The digest of a route. Every list is preceded by its length, so that no two routes share a sequence of parts.
pub(super) fn of(call: &Call<'_>) -> Digest {
    let mut hasher = Hasher::new(LABEL);
    hasher.part(call.path.as_bytes());
    target(&mut hasher, call.target);
    hasher.part(&call.timeout.as_nanos().to_be_bytes());
    names(&mut hasher, call.forward_headers);
    count(&mut hasher, call.inject.len());
    for (name, value) in call.inject {
        hasher.part(name.as_str().as_bytes());
        hasher.part(value.as_bytes());
    }
    hasher.part(&[u8::from(call.upstream_idempotent)]);
    hasher.part(match call.upstream_key {
        UpstreamKey::Derived => b"derived",
        UpstreamKey::Raw => b"raw",
        UpstreamKey::None => b"none",
    });
    names(&mut hasher, &call.response.keep_headers);
    optional(&mut hasher, call.jq);
    hasher.part(&[u8::from(call.response.canonical_json)]);
    count(&mut hasher, call.response.max_bytes);
    count(&mut hasher, call.response.max_upstream_bytes);
    hasher.finish()
}

fn target(hasher: &mut Hasher, target: &Target) {
    match target {
        Target::Fixed(base) => {
            hasher.part(b"fixed");
            hasher.part(base.scheme.as_str().as_bytes());
            hasher.part(base.authority.as_str().as_bytes());
            hasher.part(base.path.as_bytes());
            optional(hasher, base.query.as_deref());
        }
        Target::Hosts(hosts) => {
            hasher.part(b"hosts");
            count(hasher, hosts.len());
            for host in hosts {
                hasher.part(host.to_string().as_bytes());
            }
        }
    }
}

fn names(hasher: &mut Hasher, names: &[HeaderName]) {
    count(hasher, names.len());
    for name in names {
        hasher.part(name.as_str().as_bytes());
    }
}

fn optional(hasher: &mut Hasher, text: Option<&str>) {
    count(hasher, usize::from(text.is_some()));
    hasher.part(text.unwrap_or("").as_bytes());
}

fn count(hasher: &mut Hasher, count: usize) {
    hasher.part(&(count as u64).to_be_bytes());
}
