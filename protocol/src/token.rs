//! The token with which a canister says who it is: a JSON Web Token (RFC 7519) under a signature that only the subnet as
//! a whole can make.
//!
//! A secret in a canister is none to the nodes that run it. A signature by the subnet's threshold key cannot be made by a
//! node, but a node that has seen one can send it along with a request of its own. So a token can be bound to one request
//! by its digest, and what does something (not GET, HEAD, OPTIONS) is taken under such a token only.
//!
//! ```text
//! {"alg":"EdDSA","typ":"JWT"}
//! {"iss":"shop","aud":"https://gateway.example","exp":1795476957,"outcall_request":"b10452…"}
//! ```
//!
//! Here a token is written, for canisters; the gateway reads it.

use crate::{base64, digest::Digest};

/// The claim that holds the digest of a request, in lower-case hex ([`crate::receipt::request_digest`]).
pub const REQUEST_CLAIM: &str = "outcall_request";

/// How a token is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037), as `sign_with_schnorr` makes it over the signing input.
    EdDsa,
    /// ECDSA over secp256k1 with SHA-256 (RFC 8812), as `sign_with_ecdsa` makes it over the digest of the signing input.
    Es256k,
}

impl Algorithm {
    /// The value of `alg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256k => "ES256K",
        }
    }
}

/// What a token says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claims<'a> {
    /// As whom the gateway knows the canister: the name in its configuration's `callers`.
    pub caller: &'a str,
    /// For which gateway the token is: its configuration's `server.audience`.
    pub audience: &'a str,
    /// Until when it may lead, in seconds since 1970.
    pub expires: u64,
    /// For which request alone it is, if it is for one.
    pub request: Option<Digest>,
}

/// The text that is signed.
pub fn signing_input(algorithm: Algorithm, claims: &Claims<'_>) -> String {
    let head = format!(r#"{{"alg":"{}","typ":"JWT"}}"#, algorithm.name());
    let request =
        claims.request.map(|digest| format!(r#","{REQUEST_CLAIM}":"{digest}""#)).unwrap_or_default();
    let payload = format!(
        r#"{{"iss":{},"aud":{},"exp":{}{request}}}"#,
        quoted(claims.caller),
        quoted(claims.audience),
        claims.expires
    );
    format!("{}.{}", base64::url(head.as_bytes()), base64::url(payload.as_bytes()))
}

/// The token: the signing input with its signature behind it. Of ECDSA it is r and s, 32 bytes each.
pub fn signed(signing_input: &str, signature: &[u8; 64]) -> String {
    format!("{signing_input}.{}", base64::url(signature))
}

/// A bearer token of these bytes, which must be random: a secret for whoever has no threshold key.
pub fn bearer(random: &[u8; 32]) -> String {
    format!("ogw_{}", base64::url(random))
}

/// A token taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parts<'a> {
    /// The JSON of its head.
    pub head: Vec<u8>,
    /// The JSON of its claims.
    pub claims: Vec<u8>,
    /// What was signed.
    pub signing_input: &'a str,
    /// The signature.
    pub signature: [u8; 64],
}

/// Takes a token apart; none, if it is none. Nothing of it is believed yet.
pub fn parts(token: &str) -> Option<Parts<'_>> {
    let (signing_input, signature) = token.rsplit_once('.')?;
    let (head, claims) = signing_input.split_once('.')?;
    let signature = base64::read_url(signature)?;
    Some(Parts {
        head: base64::read_url_whole(head)?,
        claims: base64::read_url_whole(claims)?,
        signing_input,
        signature,
    })
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..='\x1f' => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_what_was_said_and_comes_apart_again() {
        let claims = Claims {
            caller: "shop",
            audience: "https://g/\"\\\n\u{e9}",
            expires: 1_795_476_957,
            request: Some(Digest::from_bytes([0xab; 32])),
        };
        for algorithm in [Algorithm::EdDsa, Algorithm::Es256k] {
            let input = signing_input(algorithm, &claims);
            let token = signed(&input, &[7; 64]);
            let parts = parts(&token).unwrap();
            assert_eq!((parts.signing_input, parts.signature), (input.as_str(), [7; 64]));
            let head: serde_json::Value = serde_json::from_slice(&parts.head).unwrap();
            assert_eq!(head, serde_json::json!({"alg": algorithm.name(), "typ": "JWT"}));
            let said: serde_json::Value = serde_json::from_slice(&parts.claims).unwrap();
            let expected = serde_json::json!({
                "iss": claims.caller,
                "aud": claims.audience,
                "exp": claims.expires,
                "outcall_request": "ab".repeat(32),
            });
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn a_token_never_changes_between_versions() {
        let claims = Claims { caller: "shop", audience: "https://g", expires: 1, request: None };
        assert_eq!(
            signing_input(Algorithm::EdDsa, &claims),
            "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzaG9wIiwiYXVkIjoiaHR0cHM6Ly9nIiwiZXhwIjoxfQ"
        );
    }

    #[test]
    fn what_is_no_token_does_not_come_apart() {
        let signature = base64::url(&[7; 64]);
        for wrong in [
            "".to_owned(),
            ".".into(),
            "..".into(),
            format!("e30.{signature}"),
            format!("e30.e30.e30.{signature}"),
            format!("e30=.e30.{signature}"),
            format!("e30.e3 0.{signature}"),
            format!("e31.e30.{signature}"),
            format!("e30.e30.{signature}="),
            format!("e30.e30.{}", &signature[1..]),
            "e30.e30.".into(),
        ] {
            assert_eq!(parts(&wrong), None, "{wrong}");
        }
        assert!(parts(&format!("e30.e30.{signature}")).is_some());
    }
}
