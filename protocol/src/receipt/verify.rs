//! Whether to believe an answer: it is the gateway's, whole, to this request, and fresh.

use super::{
    CONTENT_DIGEST, FIELDS, KeyId, LABEL, OUTCALL_REQUEST, Only, OutcallRequest, PublicKey, Response,
    SIGNATURE, SIGNATURE_INPUT, STATUS, Sent,
    base::{base, component},
    input::Input,
    sign::content_digest,
};
use crate::base64;

/// What must be under every receipt's signature.
const REQUIRED: [&str; 3] = [STATUS, CONTENT_DIGEST, OUTCALL_REQUEST];

/// How old an answer may be. All in seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Freshness {
    /// The time of now, since 1970-01-01 UTC.
    pub now_s: u64,
    /// How long ago the answer may have been recorded.
    pub age_max_s: u64,
    /// How far the gateway's clock may be ahead.
    pub ahead_max_s: u64,
}

/// What a believable answer says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// When the answer was recorded, in seconds since 1970-01-01 UTC.
    pub created_s: u64,
    /// Which key signed it.
    pub keyid: KeyId,
    /// The header fields that are under the signature. Of any other nobody knows who put it there.
    pub signed: Vec<String>,
}

/// Why an answer is not to be believed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReceiptError {
    /// It has no signature: it is none of the gateway's recorded answers, or somebody took the signature away.
    #[error("the answer is not signed")]
    Unsigned,
    /// A field of the receipt is not as the gateway writes it.
    #[error("the field {0} is malformed")]
    Malformed(&'static str),
    /// The signature leaves this out, which it must be over.
    #[error("the signature does not cover {0}")]
    NotCovered(&'static str),
    /// The signature is over this field, which is not there.
    #[error("the signed field {0} is missing")]
    Missing(String),
    /// The signature is said to be by a key that is not among those given.
    #[error("the key {0} is not known")]
    UnknownKey(String),
    /// The key did not make this signature for this status, these fields and this request.
    #[error("the signature is wrong")]
    WrongSignature,
    /// The body is not the one whose digest was signed.
    #[error("the body was changed")]
    BodyChanged,
    /// It is the gateway's answer to another request, or to another key.
    #[error("the answer is that to another request")]
    OtherRequest,
    /// It was recorded longer ago than may be.
    #[error("the answer is {0} s old")]
    Stale(u64),
    /// It was recorded later than can be.
    #[error("the answer is from {0} s ahead")]
    Ahead(u64),
}

/// Verifies that `received` is the gateway's recorded answer to what was `sent`, signed with one of the `keys`.
///
/// # Errors
/// The first reason not to believe it, in the order of [`ReceiptError`].
pub fn verify(
    keys: &[(KeyId, PublicKey)],
    sent: &Sent<'_>,
    received: &Response<'_>,
    freshness: Freshness,
) -> Result<Receipt, ReceiptError> {
    let (input, signature) = (once(received, SIGNATURE_INPUT)?, once(received, SIGNATURE)?);
    let (Some(input), Some(signature)) = (input, signature) else { return Err(ReceiptError::Unsigned) };
    let input = Input::parse(input).ok_or(ReceiptError::Malformed(SIGNATURE_INPUT))?;
    let signature = read_signature(signature).ok_or(ReceiptError::Malformed(SIGNATURE))?;
    if let Some(left_out) = REQUIRED.iter().find(|required| !input.names.contains(required)) {
        return Err(ReceiptError::NotCovered(left_out));
    }
    let digest = covered(received, CONTENT_DIGEST)?;
    let request = covered(received, OUTCALL_REQUEST)?;
    let request = OutcallRequest::parse(request).ok_or(ReceiptError::Malformed(OUTCALL_REQUEST))?;
    let mut components = Vec::with_capacity(input.names.len());
    for name in &input.names {
        let value = component(received, name).ok_or_else(|| ReceiptError::Missing((*name).to_owned()))?;
        components.push((*name, value));
    }
    let known = keys.iter().find(|(id, _)| id.as_str() == input.keyid);
    let (keyid, key) = known.ok_or_else(|| ReceiptError::UnknownKey(input.keyid.to_owned()))?;
    if !key.verifies(base(components.into_iter(), input.parameters), &signature) {
        return Err(ReceiptError::WrongSignature);
    }
    // From here on the fields are the gateway's.
    if digest != content_digest(received.body) {
        return Err(ReceiptError::BodyChanged);
    }
    if sent.digest(&request.names) != Some(request.digest) {
        return Err(ReceiptError::OtherRequest);
    }
    fresh(input.created_s, freshness)?;
    let fields = input.names.iter().filter(|name| **name != STATUS);
    Ok(Receipt {
        created_s: input.created_s,
        keyid: keyid.clone(),
        signed: fields.map(|name| (*name).to_owned()).collect(),
    })
}

/// Whether [`verify`] needs this header field of a response: a transform may drop all others.
pub fn is_needed(headers: &[(&str, &str)], name: &str) -> bool {
    let response = Response { status: 0, headers, body: &[] };
    let Only::Once(input) = response.only(SIGNATURE_INPUT) else { return false };
    let Some(input) = Input::parse(input) else { return false };
    FIELDS.iter().chain(&input.names).any(|needed| name.eq_ignore_ascii_case(needed))
}

fn once<'a>(received: &Response<'a>, name: &'static str) -> Result<Option<&'a str>, ReceiptError> {
    match received.only(name) {
        Only::Absent => Ok(None),
        Only::Once(value) => Ok(Some(value)),
        Only::Repeated => Err(ReceiptError::Malformed(name)),
    }
}

fn covered<'a>(received: &Response<'a>, name: &'static str) -> Result<&'a str, ReceiptError> {
    once(received, name)?.ok_or_else(|| ReceiptError::Missing(name.to_owned()))
}

fn read_signature(field: &str) -> Option<[u8; 64]> {
    let text = field.strip_prefix(LABEL)?.strip_prefix("=:")?.strip_suffix(':')?;
    base64::read_standard(text)
}

fn fresh(created_s: u64, freshness: Freshness) -> Result<(), ReceiptError> {
    let Freshness { now_s, age_max_s, ahead_max_s } = freshness;
    let (age, ahead) = (now_s.saturating_sub(created_s), created_s.saturating_sub(now_s));
    match () {
        () if age > age_max_s => Err(ReceiptError::Stale(age)),
        () if ahead > ahead_max_s => Err(ReceiptError::Ahead(ahead)),
        () => Ok(()),
    }
}
