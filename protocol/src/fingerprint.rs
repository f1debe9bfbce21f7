//! The fingerprint of a request: equal exactly when a replica's request is the same request again.
//!
//! Over the method, the path with its query as received, every forwarded header and the body; never over what the
//! gateway injects, so that a changed secret does not turn a replay into another request.

use crate::digest::{self, Digest, Hasher};

const LABEL: &str = "outcall-gateway fingerprint v1";

/// What identifies the content of a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fingerprint(Digest);

impl Fingerprint {
    /// Takes a digest that was a fingerprint before, for instance in a stored record.
    pub const fn from_digest(digest: Digest) -> Self {
        Self(digest)
    }

    /// The digest, for storing and printing.
    pub const fn digest(&self) -> Digest {
        self.0
    }
}

/// The fingerprint of one request.
///
/// `headers` are the forwarded ones with lower-case names, in the order received. They are left sorted by name;
/// fields of one name keep their order, which HTTP gives a meaning (RFC 9110, section 5.3).
pub fn fingerprint<'a>(
    method: &str,
    path_and_query: &str,
    headers: &mut Vec<(&'a str, &'a [u8])>,
    body_sha256: &Digest,
) -> Fingerprint {
    headers.sort_by_key(|(name, _)| *name);
    // The number of headers fixes where the list ends, so that no header can pose as a body digest.
    let mut hasher = Hasher::new(LABEL)
        .part(method.as_bytes())
        .part(path_and_query.as_bytes())
        .part(&(headers.len() as u64).to_be_bytes());
    for (name, value) in headers.iter() {
        hasher = hasher.part(name.as_bytes()).part(value);
    }
    Fingerprint(hasher.part(body_sha256.as_bytes()).finish())
}

/// The plain SHA-256 of a body: the value that `content-digest` carries too (RFC 9530).
pub fn body_digest(body: &[u8]) -> Digest {
    digest::plain(body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Request = (String, String, Vec<(String, Vec<u8>)>, Vec<u8>);

    fn of((method, path, headers, body): &Request) -> Fingerprint {
        let mut headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        fingerprint(method, path, &mut headers, &body_digest(body))
    }

    /// Tiny alphabets, so that the generator meets near misses: the same text cut at another place.
    fn request() -> impl Strategy<Value = Request> {
        let header = ("[ab]{0,2}", prop::collection::vec(0u8..2, 0..3));
        ("[ab]{0,2}", "[ab]{0,2}", prop::collection::vec(header, 0..3), prop::collection::vec(0u8..2, 0..3))
    }

    #[test]
    fn the_fingerprint_of_a_request_never_changes_between_versions() {
        let mut headers = vec![("x-api-key", b"k".as_slice()), ("accept", b"application/json")];
        let found = fingerprint("POST", "/price?a=1", &mut headers, &body_digest(b"{}"));
        assert_eq!(
            found.digest().to_string(),
            "b10452684fec2eb90bd5abe40ff49b14ebb629160663355f8908ae9723e133aa"
        );
        assert_eq!(headers[0].0, "accept");
    }

    #[test]
    fn the_order_of_names_is_free_and_the_order_of_repeated_fields_is_not() {
        let of = |mut headers: Vec<(&'static str, &'static [u8])>| {
            fingerprint("GET", "/", &mut headers, &body_digest(b""))
        };
        assert_eq!(of(vec![("a", b"1"), ("b", b"2")]), of(vec![("b", b"2"), ("a", b"1")]));
        assert_ne!(of(vec![("a", b"1"), ("a", b"2")]), of(vec![("a", b"2"), ("a", b"1")]));
        assert_ne!(of(vec![("a", b"1"), ("a", b"2")]), of(vec![("a", b"1, 2")]));
    }

    proptest! {
        #[test]
        fn two_requests_share_a_fingerprint_only_when_every_part_is_equal(left in request(), right in request()) {
            let sorted = |request: &Request| {
                let mut request = request.clone();
                request.2.sort_by(|one, other| one.0.cmp(&other.0));
                request
            };
            prop_assert_eq!(of(&left) == of(&right), sorted(&left) == sorted(&right));
        }

        #[test]
        fn every_part_counts(request in request(), position in 0usize..5) {
            let mut other = request.clone();
            match position {
                0 => other.0.push('x'),
                1 => other.1.push('x'),
                2 => other.2.push(("x".into(), vec![])),
                3 => other.3.push(1),
                _ if other.2.is_empty() => return Ok(()),
                _ => other.2[0].1.push(1),
            }
            prop_assert_ne!(of(&request), of(&other));
        }
    }
}
