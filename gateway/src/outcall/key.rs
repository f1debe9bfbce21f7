//! Which key a request has: its own, or the one derived from what it is.

use http::HeaderMap;
use outcall_protocol::{
    fingerprint::Fingerprint,
    key::{IdempotencyKey, KeyError},
    outcall_id::Key,
};

use crate::error::Problem;

/// The header of the IETF draft.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The key that the request brings; `None` when it has none and none is `required`.
pub(super) fn given(required: bool, headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let fields = headers.get_all(IDEMPOTENCY_KEY).iter().map(|value| value.as_bytes());
    match IdempotencyKey::parse(fields) {
        Ok(key) => Ok(Some(key)),
        Err(KeyError::Missing) if !required => Ok(None),
        Err(KeyError::Missing) => Err(Problem::KeyMissing),
        Err(_) => Err(Problem::KeyInvalid),
    }
}

/// The key given, or the fingerprint in its place.
pub(super) fn or_derived(given: Option<IdempotencyKey>, fingerprint: Fingerprint) -> Key {
    given.map_or(Key::Derived(fingerprint), Key::Given)
}
