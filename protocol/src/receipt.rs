//! The receipt: the gateway's signature under an answer, which says to which request it is the answer.
//!
//! With it one node is enough to fetch an answer, since it cannot forge one: what it hands over is the gateway's
//! recorded answer to exactly this request, fresh enough, or it is refused. An HTTP Message Signature (RFC 9421), Ed25519,
//! in one strict spelling:
//!
//! ```text
//! content-digest: sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:
//! outcall-request: sha-256=:v5Kk…=:;headers="accept content-type"
//! signature-input: outcall=("@status" "content-type" "content-digest" "outcall-request");created=1795476957;keyid="2026-11";alg="ed25519"
//! signature: outcall=:cxd4…==:
//! ```
//!
//! | file | what it decides |
//! |---|---|
//! | `request` | what `outcall-request` is the digest of, on both sides |
//! | `base` | the bytes that are signed |
//! | `sign` | the four fields, for the gateway |
//! | `verify` | whether to believe an answer, for the canister |
//! | `input` | how `signature-input` is read |
//! | `key` | the two keys and how they are written |
//!
//! Pure: the time comes in as an argument. To copy it into a canister take this file and its folder, `base64`, `digest`,
//! `fingerprint`, `key` and `outcall_id`.

mod base;
mod input;
mod key;
mod request;
mod sign;
mod verify;

pub use key::{KeyId, NotAKey, PublicKey, SecretKey};
pub use request::{OutcallRequest, Sent, request_digest};
pub use sign::sign;
pub use verify::{Freshness, Receipt, ReceiptError, is_needed, verify};

/// The digest of the body (RFC 9530).
pub const CONTENT_DIGEST: &str = "content-digest";
/// The digest of the request that is answered, and the names of the header fields that count in it.
pub const OUTCALL_REQUEST: &str = "outcall-request";
/// What is signed, when, with which key (RFC 9421).
pub const SIGNATURE_INPUT: &str = "signature-input";
/// The signature itself (RFC 9421).
pub const SIGNATURE: &str = "signature";

/// The fields of a receipt. No answer may have one of them that the gateway did not put there.
pub const FIELDS: [&str; 4] = [CONTENT_DIGEST, OUTCALL_REQUEST, SIGNATURE_INPUT, SIGNATURE];

/// The status code as a component of a signature.
const STATUS: &str = "@status";
/// The name of the gateway's signature among those that a message may have.
const LABEL: &str = "outcall";

/// A response as it was made or received. Header names are the same in any case; replicas hand them over in lower case, but
/// a node that lies need not.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The header fields in their order.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Response<'a> {
    /// The values of the fields of this name, which is in lower case.
    fn fields(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |header| header.0.eq_ignore_ascii_case(name));
        named.map(|header| header.1.trim_matches(OWS))
    }

    /// The value of a field that must be there once.
    fn only(&self, name: &str) -> Only<'a> {
        let mut values = self.fields(name);
        match (values.next(), values.next()) {
            (None, _) => Only::Absent,
            (Some(value), None) => Only::Once(value),
            (Some(_), Some(_)) => Only::Repeated,
        }
    }
}

/// How often a field is there.
enum Only<'a> {
    Absent,
    Once(&'a str),
    Repeated,
}

/// Whitespace around a field's value is no part of it (RFC 9110, section 5.6.3).
const OWS: [char; 2] = [' ', '\t'];

#[cfg(test)]
mod tests;
