//! Who this canister is to the gateway: a token that the subnet as a whole signs, since a canister keeps no secret from the
//! nodes that run it.
//!
//! A node sees the token of a request that it sends. So the token of an order is bound to that very order; another order
//! needs another signature, which no node can make. The token of prices is not bound, costs a signature an hour, and lets a
//! node ask for prices in this canister's name for as long.

use std::cell::RefCell;

use candid::CandidType;
use ic_cdk::api::time;
use ic_cdk_management_canister::{
    HttpRequest, SchnorrAlgorithm, SchnorrKeyId, SchnorrPublicKeyArgs, SignWithSchnorrArgs,
    schnorr_public_key, sign_with_schnorr,
};
use outcall_protocol::{
    digest::{Digest, to_hex},
    token::{Algorithm, Claims, signed, signing_input},
};
use serde::Deserialize;

use crate::{
    error::NotSent,
    limits::{CONFIG_TEXT_BYTES_MAX, TOKEN_LIFE_S, TOKEN_LIFE_S_MIN},
    receipt,
};

/// Who this canister is to the gateway.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name among the gateway's `callers`.
    pub caller: String,
    /// The gateway's `server.audience`.
    pub audience: String,
    /// The subnet's key: `key_1`, `test_key_1`, or `dfx_test_key` on local networks.
    pub key_name: String,
}

/// The header fields that count in an order's digest: those that the gateway forwards, unless its route says otherwise.
const FORWARDED: [&str; 4] = ["accept", "accept-language", "content-type", "x-api-key"];
/// Sets this use of the subnet's key apart from all others that the canister may have.
const DERIVATION_PATH: &[u8] = b"outcall-gateway";

thread_local! {
    /// The token of prices, as whom, and until when in seconds since 1970. It is signed anew after an upgrade.
    static PRICES: RefCell<Option<(String, Identity, u64)>> = const { RefCell::new(None) };
}

impl Identity {
    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, text) in
            [("caller", &self.caller), ("audience", &self.audience), ("key_name", &self.key_name)]
        {
            let fits = (1..=CONFIG_TEXT_BYTES_MAX).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic());
            if !fits {
                return Err(format!(
                    "identity.{name} must be 1 to {CONFIG_TEXT_BYTES_MAX} visible ASCII characters"
                ));
            }
        }
        Ok(())
    }

    fn key(&self) -> SchnorrKeyId {
        SchnorrKeyId { algorithm: SchnorrAlgorithm::Ed25519, name: self.key_name.clone() }
    }

    fn claims(&self, expires: u64, request: Option<Digest>) -> Claims<'_> {
        Claims { caller: &self.caller, audience: &self.audience, expires, request }
    }
}

/// The request with the token of prices, if the canister has an identity.
///
/// # Errors
/// When the subnet does not sign.
pub async fn of_price(identity: Option<&Identity>, request: HttpRequest) -> Result<HttpRequest, NotSent> {
    let Some(identity) = identity else { return Ok(request) };
    let now = now_s();
    let known = PRICES.with_borrow(|known| match known {
        Some((token, of, expires)) if of == identity && *expires >= now + TOKEN_LIFE_S_MIN => {
            Some(token.clone())
        }
        _ => None,
    });
    let token = match known {
        Some(token) => token,
        None => {
            let expires = now + TOKEN_LIFE_S;
            let token = token(identity, expires, None).await?;
            PRICES.set(Some((token.clone(), identity.clone(), expires)));
            token
        }
    };
    Ok(bearing(request, &token))
}

/// The request with a token that is good for it alone, if the canister has an identity.
///
/// # Errors
/// When the subnet does not sign.
pub async fn of_order(identity: Option<&Identity>, request: HttpRequest) -> Result<HttpRequest, NotSent> {
    let Some(identity) = identity else { return Ok(request) };
    let names = FORWARDED.map(str::to_owned);
    let digest = receipt::sent(request.args(), &identity.caller, |sent| sent.digest(&names));
    let token = token(identity, now_s() + TOKEN_LIFE_S_MIN, digest).await?;
    Ok(bearing(request, &token))
}

/// The request with a token as long as any, for quotes.
pub(crate) fn of_quote(identity: Option<&Identity>, request: HttpRequest) -> HttpRequest {
    let Some(identity) = identity else { return request };
    let input =
        signing_input(Algorithm::EdDsa, &identity.claims(u64::MAX, Some(Digest::from_bytes([0; 32]))));
    bearing(request, &signed(&input, &[0; 64]))
}

/// The public key by which the gateway knows this canister: `ed25519` among its `callers`.
///
/// # Errors
/// When the canister has no identity, or the subnet no such key.
pub async fn public_key(identity: Option<&Identity>) -> Result<String, NotSent> {
    let identity = identity.ok_or_else(|| NotSent::NoToken("The configuration has no identity.".into()))?;
    let args = SchnorrPublicKeyArgs {
        canister_id: None,
        derivation_path: vec![DERIVATION_PATH.to_vec()],
        key_id: identity.key(),
    };
    let key = schnorr_public_key(&args).await.map_err(|error| NotSent::NoToken(error.to_string()))?;
    Ok(to_hex(&key.public_key))
}

async fn token(identity: &Identity, expires: u64, request: Option<Digest>) -> Result<String, NotSent> {
    let input = signing_input(Algorithm::EdDsa, &identity.claims(expires, request));
    let args = SignWithSchnorrArgs {
        message: input.clone().into_bytes(),
        derivation_path: vec![DERIVATION_PATH.to_vec()],
        key_id: identity.key(),
        aux: None,
    };
    let made = sign_with_schnorr(&args).await.map_err(|error| NotSent::NoToken(error.to_string()))?;
    let signature = made.signature.try_into();
    let signature = signature.map_err(|_| NotSent::NoToken("The signature is not one of Ed25519.".into()))?;
    Ok(signed(&input, &signature))
}

fn bearing(request: HttpRequest, token: &str) -> HttpRequest {
    request.with_header("authorization", format!("Bearer {token}"))
}

fn now_s() -> u64 {
    time() / 1_000_000_000
}
