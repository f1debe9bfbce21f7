//! The Candid form of a response: what a transform is given and gives back, and what is voted on without one.
//!
//! `http_response = record { status : nat; headers : vec record { name : text; value : text }; body : blob }`.
//! Source: the interface specification of the Internet Computer, `http_request` of the management canister.

use candid::{CandidType, DecoderConfig, Nat};
use serde::Deserialize;
use serde_bytes::Bytes;

use crate::outcall::{Response, Transform};

/// Decoding stops after this much work, so that a hostile reply cannot hold up a test run. An honest reply of
/// 2,000,000 bytes needs a fraction.
const DECODING_QUOTA: usize = 100_000_000;

#[derive(CandidType, Deserialize)]
struct HttpResponse {
    status: Nat,
    headers: Vec<HttpHeader>,
    #[serde(with = "serde_bytes")]
    body: Vec<u8>,
}

#[derive(CandidType, Deserialize)]
struct HttpHeader {
    name: String,
    value: String,
}

#[derive(CandidType)]
struct TransformArgs<'a> {
    response: HttpResponse,
    context: &'a Bytes,
}

/// Bytes that could not be written or read as Candid.
#[derive(Debug, thiserror::Error)]
#[error("not a Candid http_response: {0}")]
pub struct NotAnHttpResponse(String);

impl NotAnHttpResponse {
    pub(crate) fn because(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// The Candid bytes of a response: the content of an outcall without a transform.
///
/// # Errors
/// When the Candid library refuses, for which no response is known.
pub fn encode(response: &Response) -> Result<Vec<u8>, NotAnHttpResponse> {
    candid::encode_one(candid_of(response)).map_err(NotAnHttpResponse::because)
}

/// The Candid bytes that the transform is called with: `record { response; context }`.
///
/// # Errors
/// As [`encode`].
pub fn encode_transform_args(
    response: &Response,
    transform: &Transform,
) -> Result<Vec<u8>, NotAnHttpResponse> {
    let args = TransformArgs { response: candid_of(response), context: Bytes::new(&transform.context) };
    candid::encode_one(args).map_err(NotAnHttpResponse::because)
}

/// Reads Candid bytes as a response.
///
/// # Errors
/// When they are something else, or the status is no 16-bit number.
pub fn decode(reply: &[u8]) -> Result<Response, NotAnHttpResponse> {
    let mut config = DecoderConfig::new();
    config.set_decoding_quota(DECODING_QUOTA).set_skipping_quota(DECODING_QUOTA);
    let decoded: HttpResponse =
        candid::utils::decode_one_with_config(reply, &config).map_err(NotAnHttpResponse::because)?;
    let status = u16::try_from(&decoded.status.0).map_err(NotAnHttpResponse::because)?;
    let headers = decoded.headers.into_iter().map(|header| (header.name, header.value)).collect();
    Ok(Response { status, headers, body: decoded.body })
}

fn candid_of(response: &Response) -> HttpResponse {
    let headers = response.headers.iter().cloned().map(|(name, value)| HttpHeader { name, value });
    HttpResponse {
        status: Nat::from(response.status),
        headers: headers.collect(),
        body: response.body.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response() -> Response {
        let headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
        Response { status: 404, headers, body: b"no\0such".to_vec() }
    }

    #[test]
    fn a_response_survives_its_candid_form() {
        let bytes = encode(&response()).unwrap();
        assert!(bytes.starts_with(b"DIDL"));
        assert_eq!(decode(&bytes).unwrap(), response());
        let large = Response { body: vec![7; 2_000_000], ..response() };
        assert_eq!(decode(&encode(&large).unwrap()).unwrap(), large);
    }

    #[test]
    fn anything_else_is_refused() {
        for bytes in [b"".as_slice(), b"DIDL", b"DIDL\0\0", b"{}", &candid::encode_one("text").unwrap()] {
            assert!(decode(bytes).is_err(), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_transform_gets_the_response_and_its_context() {
        #[derive(Debug, PartialEq, CandidType, Deserialize)]
        struct Args {
            context: Vec<u8>,
            response: Inner,
        }
        #[derive(Debug, PartialEq, CandidType, Deserialize)]
        struct Inner {
            status: Nat,
        }
        let transform = Transform { method: "transform".to_owned(), context: vec![1, 2] };
        let bytes = encode_transform_args(&response(), &transform).unwrap();
        let expected = Args { context: vec![1, 2], response: Inner { status: Nat::from(404_u16) } };
        assert_eq!(candid::decode_one::<Args>(&bytes).unwrap(), expected);
    }
}
