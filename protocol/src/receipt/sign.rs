//! Signs an answer, once, when it is recorded.

use super::{
    CONTENT_DIGEST, FIELDS, KeyId, LABEL, OUTCALL_REQUEST, OutcallRequest, Response, SIGNATURE,
    SIGNATURE_INPUT, STATUS, SecretKey,
    base::{base, component},
};
use crate::{base64, fingerprint::body_digest};

/// Follows from the body, which is under the signature; replicas and proxies may set it anew.
const CONTENT_LENGTH: &str = "content-length";

/// The four fields that make `response` the answer to `request`, recorded `created_s` seconds after 1970-01-01 UTC. They
/// sign the status, every header field that is there but for `content-length`, the body, and the request.
///
/// Signing the same again gives the same bytes: Ed25519 draws no random number.
pub fn sign(
    key: &SecretKey,
    id: &KeyId,
    response: &Response<'_>,
    request: &OutcallRequest,
    created_s: u64,
) -> [(&'static str, String); 4] {
    let digest = content_digest(response.body);
    let request = request.field_value();
    let mut headers: Vec<(&str, &str)> =
        response.headers.iter().copied().filter(|header| !FIELDS.contains(&header.0)).collect();
    headers.extend([(CONTENT_DIGEST, digest.as_str()), (OUTCALL_REQUEST, request.as_str())]);
    let mut names = vec![STATUS];
    for (name, _) in &headers {
        if *name != CONTENT_LENGTH && !names.contains(name) {
            names.push(name);
        }
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let parameters = format!("({});created={created_s};keyid=\"{id}\";alg=\"ed25519\"", quoted.join(" "));
    let whole = Response { headers: &headers, ..*response };
    let components = names.iter().filter_map(|name| Some((*name, component(&whole, name)?)));
    let signature = base64::standard(&key.signature(base(components, &parameters)));
    [
        (CONTENT_DIGEST, digest),
        (OUTCALL_REQUEST, request),
        (SIGNATURE_INPUT, format!("{LABEL}={parameters}")),
        (SIGNATURE, format!("{LABEL}=:{signature}:")),
    ]
}

/// The field `content-digest` of a body.
pub(super) fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", base64::standard(body_digest(body).as_bytes()))
}
