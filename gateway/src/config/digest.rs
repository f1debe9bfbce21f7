//! What identifies a route's way of calling and answering.
//!
//! Two configurations with the same digest send the same bytes upstream for a request and make the same answer of a
//! response. That is what a later leader needs to know of a lost one, and what gateways on one ledger must share. How
//! long an answer is kept, which methods are served and how often an upstream may be called are no part of it.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use outcall_protocol::{
    digest::{Digest, Hasher},
    jq::Projection,
};

use super::{RespondAsync, ResponseRules, Target, UpstreamKey};

const LABEL: &str = "outcall-gateway route v1";

/// The parts of a route that go into its digest.
pub(super) struct Call<'a> {
    pub(super) path: &'a str,
    pub(super) target: &'a Target,
    pub(super) timeout: Duration,
    pub(super) respond_async: Option<&'a RespondAsync>,
    pub(super) forward_headers: &'a [HeaderName],
    pub(super) inject: &'a [(HeaderName, HeaderValue)],
    pub(super) upstream_idempotent: bool,
    pub(super) upstream_key: UpstreamKey,
    pub(super) follow_redirects: bool,
    pub(super) response: &'a ResponseRules,
}

/// The digest of a route. Every list is preceded by its length, so that no two routes share a sequence of parts.
pub(super) fn of(call: &Call<'_>) -> Digest {
    let hasher = Hasher::new(LABEL).part(call.path.as_bytes());
    let hasher = target(hasher, call.target).part(&call.timeout.as_nanos().to_be_bytes());
    let hasher = count(names(hasher, call.forward_headers), call.inject.len());
    let hasher = call
        .inject
        .iter()
        .fold(hasher, |hasher, (name, value)| hasher.part(name.as_str().as_bytes()).part(value.as_bytes()));
    let hasher = hasher.part(&[u8::from(call.upstream_idempotent)]).part(match call.upstream_key {
        UpstreamKey::Derived => b"derived",
        UpstreamKey::Raw => b"raw",
        UpstreamKey::None => b"none",
    });
    let jq = call.response.jq.as_ref().map(Projection::source);
    let hasher = optional(names(hasher, &call.response.keep_headers), jq);
    let hasher = hasher.part(&[u8::from(call.response.canonical_json)]);
    let hasher = count(count(hasher, call.response.max_bytes), call.response.max_upstream_bytes);
    // Members of later versions: where they are off, the digest is what it was before.
    let hasher = if call.follow_redirects { hasher.part(b"follow_redirects") } else { hasher };
    let hasher = match call.respond_async {
        Some(rules) => hasher.part(b"respond_async").part(&rules.poll.as_secs().to_be_bytes()),
        None => hasher,
    };
    hasher.finish()
}

fn target(hasher: Hasher, target: &Target) -> Hasher {
    match target {
        Target::Fixed(base) => {
            let hasher = hasher.part(b"fixed").part(base.scheme.as_str().as_bytes());
            let hasher = hasher.part(base.authority.as_str().as_bytes()).part(base.path.as_bytes());
            optional(hasher, base.query.as_deref())
        }
        Target::Hosts(hosts) => {
            let hasher = count(hasher.part(b"hosts"), hosts.len());
            hosts.iter().fold(hasher, |hasher, host| hasher.part(host.to_string().as_bytes()))
        }
    }
}

fn names(hasher: Hasher, names: &[HeaderName]) -> Hasher {
    names.iter().fold(count(hasher, names.len()), |hasher, name| hasher.part(name.as_str().as_bytes()))
}

fn optional(hasher: Hasher, text: Option<&str>) -> Hasher {
    count(hasher, usize::from(text.is_some())).part(text.unwrap_or("").as_bytes())
}

fn count(hasher: Hasher, count: usize) -> Hasher {
    hasher.part(&(count as u64).to_be_bytes())
}
