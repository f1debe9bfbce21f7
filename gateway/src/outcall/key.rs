//! Which key a request has: its own, or the one derived from what it is.

use http::{HeaderMap, Method};
use outcall_protocol::{
    fingerprint::Fingerprint,
    key::{IdempotencyKey, KeyError},
    outcall_id::Key,
};

use crate::{config::Route, error::Problem};

/// The header of the IETF draft.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The key that the request brings; `None` when the route may derive one.
pub(super) fn given(
    route: &Route,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<IdempotencyKey>, Problem> {
    let fields = headers.get_all(IDEMPOTENCY_KEY).iter().map(|value| value.as_bytes());
    match IdempotencyKey::parse(fields) {
        Ok(key) => Ok(Some(key)),
        Err(KeyError::Missing) if !route.key_required(method) => Ok(None),
        Err(KeyError::Missing) => Err(Problem::KeyMissing),
        Err(_) => Err(Problem::KeyInvalid),
    }
}

/// The key given, or the fingerprint in its place.
pub(super) fn or_derived(given: Option<IdempotencyKey>, fingerprint: Fingerprint) -> Key {
    given.map_or(Key::Derived(fingerprint), Key::Given)
}
