//! Who an outcall is: (route, caller, key), as one digest; and the key that its upstream sees.

use crate::digest::{Digest, Hasher};
use crate::fingerprint::Fingerprint;
use crate::key::IdempotencyKey;

const OUTCALL_LABEL: &str = "outcall-gateway outcall-id v1";
const UPSTREAM_LABEL: &str = "outcall-gateway upstream-key v1";

/// What the requests of one outcall have in common.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Key {
    /// The `Idempotency-Key` that the canister chose.
    Given(IdempotencyKey),
    /// The request's own fingerprint, on routes that ask for no key.
    Derived(Fingerprint),
}

/// The identity of an outcall. A given and a derived key never make the same one.
pub fn outcall_id(route: &str, caller: &str, key: &Key) -> Digest {
    let scope = Hasher::new(OUTCALL_LABEL).part(route.as_bytes()).part(caller.as_bytes());
    match key {
        Key::Given(key) => scope.part(b"given").part(key.as_str().as_bytes()),
        Key::Derived(fingerprint) => scope.part(b"derived").part(fingerprint.digest().as_bytes()),
    }
    .finish()
}

/// The `Idempotency-Key` that goes upstream; the header value is its `Display`.
///
/// It holds no secret and nothing of the process, so every gateway, version and restart sends the same one; and it
/// is scoped, so that two callers behind one account at the backend cannot collide.
pub fn upstream_key(route: &str, caller: &str, key: &IdempotencyKey) -> Digest {
    Hasher::new(UPSTREAM_LABEL)
        .part(route.as_bytes())
        .part(caller.as_bytes())
        .part(key.as_str().as_bytes())
        .finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::digest::Digest;

    fn given(text: &str) -> Key {
        Key::Given(IdempotencyKey::parse([text.as_bytes()]).unwrap())
    }

    #[test]
    fn route_caller_and_key_each_count_and_cannot_be_shifted() {
        let ids: HashSet<Digest> = [
            outcall_id("/a", "b", &given("c")),
            outcall_id("/ab", "", &given("c")),
            outcall_id("/a", "bc", &given("c")),
            outcall_id("/a", "", &given("bc")),
            outcall_id("/a", "b", &given("d")),
        ]
        .into();
        assert_eq!(ids.len(), 5);
    }

    #[test]
    fn a_key_that_spells_a_fingerprint_is_not_that_fingerprint() {
        let digest = Digest::from_bytes([b'a'; 32]);
        let derived = Key::Derived(Fingerprint::from_digest(digest));
        assert_ne!(outcall_id("/", "", &derived), outcall_id("/", "", &given(&"a".repeat(32))));
        assert_ne!(outcall_id("/", "", &derived), outcall_id("/", "", &given(&digest.to_string())));
    }

    #[test]
    fn identities_never_change_between_versions() {
        let key = IdempotencyKey::parse([b"order-42".as_slice()]).unwrap();
        let pinned = "2196fbf1c3df2a59906df7adf4b61b664624d9735b4894563e9ee151a3993a4a";
        assert_eq!(upstream_key("/pay", "aaaaa-aa", &key).to_string(), pinned);
        let pinned = "53ade00aa331df5dfd769194efea756682b63006a915c9e9509594d87789f9a1";
        assert_eq!(outcall_id("/pay", "aaaaa-aa", &Key::Given(key)).to_string(), pinned);
    }

    #[test]
    fn the_quoted_and_the_bare_key_are_one_outcall() {
        assert_eq!(outcall_id("/", "", &given("abc")), outcall_id("/", "", &given("\"abc\"")));
    }
}
