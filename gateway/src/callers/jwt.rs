//! A token that a caller has signed: a JSON Web Token (RFC 7519) in EdDSA or ES256K.
//!
//! It says who signed it (`iss`), for which gateway it is (`aud`), until when (`exp`) and from when (`nbf`) it may lead,
//! and for which request alone it is (`outcall_request`). What else it says is not looked at, but for critical
//! extensions, which nobody here knows. `alg` only chooses among the keys that the configuration has for the caller.

use k256::ecdsa::{Signature, signature::Verifier};
use outcall_protocol::{
    digest::Digest,
    token::{self, Algorithm, Parts},
};
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use crate::{config::Caller, ledger::Timestamp};

/// Why a token is not believed. It holds nothing of the token.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum Unbelievable {
    #[error("it is not the token of any caller, and no signed one")]
    NoToken,
    #[error("its head is not one of EdDSA or ES256K")]
    Head,
    #[error("its claims are not iss, aud and exp as they should be")]
    Claims,
    #[error("nobody of that name signs in that way")]
    Nobody,
    #[error("its signature is not the caller's")]
    Signature,
    #[error("it is for another gateway")]
    Audience,
}

/// When a key may be led under a token, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Times {
    not_before: f64,
    expires: f64,
}

impl Times {
    /// The end is outside (RFC 7519, section 4.1.4).
    pub(super) fn include(&self, time: Timestamp) -> bool {
        let seconds = seconds(time);
        self.not_before <= seconds && seconds < self.expires
    }

    /// Whether they are over at this time.
    pub(super) fn end_by(&self, time: Timestamp) -> bool {
        self.expires <= seconds(time)
    }
}

fn seconds(time: Timestamp) -> f64 {
    time.as_millis() as f64 / 1_000.0
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    /// Whether there is such a member, whatever it holds.
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
}

fn is_there<'de, D: Deserializer<'de>>(member: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(member).map(|_| true)
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    exp: f64,
    nbf: Option<f64>,
    outcall_request: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Who signed this token, when a key may be led under it, and for which request it is.
pub(super) fn read<'a>(
    token: &str,
    audience: &str,
    known: impl FnOnce(&str) -> Option<&'a Caller>,
) -> Result<(String, Times, Option<Digest>), Unbelievable> {
    let parts = token::parts(token).ok_or(Unbelievable::NoToken)?;
    let head: Head = serde_json::from_slice(&parts.head).map_err(|_| Unbelievable::Head)?;
    let algorithm = [Algorithm::EdDsa, Algorithm::Es256k].into_iter().find(|known| known.name() == head.alg);
    let (Some(algorithm), false) = (algorithm, head.crit) else { return Err(Unbelievable::Head) };
    let claims: Claims = serde_json::from_slice(&parts.claims).map_err(|_| Unbelievable::Claims)?;
    let caller = known(&claims.iss).ok_or(Unbelievable::Nobody)?;
    if !signed_by(caller, algorithm, &parts).ok_or(Unbelievable::Nobody)? {
        return Err(Unbelievable::Signature);
    }
    let is_meant = match &claims.aud {
        Audience::One(one) => one == audience,
        Audience::Several(several) => several.iter().any(|one| one == audience),
    };
    if !is_meant {
        return Err(Unbelievable::Audience);
    }
    let request = match &claims.outcall_request {
        Some(hex) => Some(Digest::from_hex(hex).ok_or(Unbelievable::Claims)?),
        None => None,
    };
    let times = Times { not_before: claims.nbf.unwrap_or(0.0), expires: claims.exp };
    Ok((claims.iss, times, request))
}

/// Whether the caller has signed it; nothing, if it does not sign like that.
fn signed_by(caller: &Caller, algorithm: Algorithm, parts: &Parts<'_>) -> Option<bool> {
    Some(match algorithm {
        Algorithm::EdDsa => caller.ed25519.as_ref()?.verifies(parts.signing_input, &parts.signature),
        Algorithm::Es256k => {
            let key = caller.secp256k1.as_ref()?;
            // Of the two spellings of a signature JOSE takes either (RFC 8812 says nothing of them), k256 one.
            let signature = Signature::from_slice(&parts.signature).map(|signature| signature.normalize_s());
            signature.is_ok_and(|signature| key.verify(parts.signing_input.as_bytes(), &signature).is_ok())
        }
    })
}
