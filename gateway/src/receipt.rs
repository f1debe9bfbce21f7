//! Signed: the receipt of an answer, made once, when the answer is recorded.
//!
//! It becomes part of the answer, and so of the record: every replica, every replay, every later process and every other
//! gateway on the ledger hands out the same bytes, also when the key has been changed meanwhile. Nothing else puts a
//! field of a receipt into an answer: of an upstream's response none is kept, and what is not recorded is not signed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use outcall_protocol::receipt::{KeyId, NotAKey, OutcallRequest, PublicKey, Response, SecretKey, sign};

use crate::{
    answer::Answer,
    config::{Key, Receipts as Config},
    error::Problem,
    ledger::Timestamp,
};

/// Where the public keys are, as a JSON Web Key Set (RFC 7517, RFC 8037).
pub(crate) const PUBLIC_KEYS: &str = "/.well-known/outcall-receipts";

/// Signs answers, if the configuration says so, and tells the public keys.
#[derive(Debug, Default)]
pub(crate) struct Receipts(Option<Keys>);

#[derive(Debug)]
struct Keys {
    id: KeyId,
    secret: SecretKey,
    /// The answer to who asks for the public keys.
    published: Bytes,
}

/// Why there is no key to sign with. Says nothing of what the file holds.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    /// The file cannot be read.
    #[error("receipts.key_file: {0}: {1}")]
    Unreadable(PathBuf, io::Error),
    /// The file holds something else.
    #[error("receipts.key_file: {0}: {1}")]
    Other(PathBuf, NotAKey),
}

impl Receipts {
    /// Takes the key from where the configuration has it.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn open(config: Option<&Config>) -> Result<Self, NoKey> {
        let Some(config) = config else { return Ok(Self::default()) };
        let secret = match &config.key {
            Key::Given(key) => key.clone(),
            Key::File(path) => read(path)?,
        };
        let id = config.keyid.clone();
        let published = published(&id, &secret.public(), &config.others);
        Ok(Self(Some(Keys { id, secret, published })))
    }

    /// Whether answers are signed.
    pub(crate) fn are_made(&self) -> bool {
        self.0.is_some()
    }

    /// The answer with its receipt, as recorded `now`; without a key it stays as it is.
    pub(crate) fn sign(&self, answer: Answer, request: &OutcallRequest, now: Timestamp) -> Answer {
        let Some(keys) = &self.0 else { return answer };
        let headers: Option<Vec<(&str, &str)>> =
            answer.headers().map(|(name, value)| Some((name, std::str::from_utf8(value).ok()?))).collect();
        // No replica could read it: it is not an answer that was let through, and stays unsigned.
        let Some(headers) = headers else { return answer };
        let response = Response { status: answer.status().as_u16(), headers: &headers, body: answer.body() };
        let fields = sign(&keys.secret, &keys.id, &response, request, now.as_millis() / 1_000);
        let fields = fields.into_iter().filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
        });
        let fields = fields.collect();
        answer.with_fields(fields)
    }

    /// The public keys, for who asks for them.
    pub(crate) fn published(&self, method: &Method, uri: &Uri) -> Option<Answer> {
        let keys = self.0.as_ref().filter(|_| uri.path() == PUBLIC_KEYS)?;
        if ![Method::GET, Method::HEAD].contains(method) {
            return Some(Problem::method_not_allowed(method, HeaderValue::from_static("GET, HEAD")));
        }
        let kind = HeaderValue::from_static("application/jwk-set+json");
        Some(Answer::new(method, StatusCode::OK, vec![(header::CONTENT_TYPE, kind)], keys.published.clone()))
    }
}

fn read(path: &Path) -> Result<SecretKey, NoKey> {
    let text = fs::read_to_string(path).map_err(|error| NoKey::Unreadable(path.to_owned(), error))?;
    let key = SecretKey::parse(&text).map_err(|error| NoKey::Other(path.to_owned(), error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0) {
            tracing::warn!(file = %path.display(), "others than its owner may read the key that signs answers");
        }
    }
    Ok(key)
}

/// The one that signs first, then the others by name: the same bytes from every gateway of one configuration.
fn published(id: &KeyId, key: &PublicKey, others: &[(KeyId, PublicKey)]) -> Bytes {
    let one = |(id, key): (&KeyId, &PublicKey)| {
        // Neither has a character that JSON would escape.
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}","kid":"{id}","alg":"EdDSA","use":"sig"}}"#, key.x())
    };
    let keys: Vec<String> =
        std::iter::once((id, key)).chain(others.iter().map(|(id, key)| (id, key))).map(one).collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(",")).into()
}

#[cfg(test)]
mod tests;
