//! Which tokens are believed, for whom and for what.

use http::{HeaderMap, HeaderValue};
use k256::ecdsa::{Signature, SigningKey, signature::Signer};
use outcall_protocol::{
    receipt::SecretKey,
    token::{self, Algorithm, Claims},
};

use super::*;

const AUDIENCE: &str = "https://gateway.example";
const TOKEN: &str = "ogw_0123456789";
const NOW: Timestamp = Timestamp::from_millis(1_750_000_000_000);
/// Made by PyJWT 2, with keys of 32 bytes 1 and of 32 bytes 2.
const OF_ANOTHER_IMPLEMENTATION: [&str; 2] = [
    "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzaG9wIiwiYXVkIjpbImh0dHBzOi8vb3RoZXIuZXhhbXBsZSIsImh0dHBzOi8vZ2F0ZXdheS5leGFtcGxlIl0sImV4cCI6MTgwMDAwMDAwMCwibmJmIjoxNzAwMDAwMDAwLCJqdGkiOiJ4In0.RGhvvxTkUd99mofsZOdhRJDbMpWLmsyGMfhZm2Mqce3kIjU38g5qfHs-YtZLndY_kbOFqwiu9fXHNVTh8S0CAw",
    "eyJhbGciOiJFUzI1NksiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJzaG9wIiwiYXVkIjpbImh0dHBzOi8vb3RoZXIuZXhhbXBsZSIsImh0dHBzOi8vZ2F0ZXdheS5leGFtcGxlIl0sImV4cCI6MTgwMDAwMDAwMCwibmJmIjoxNzAwMDAwMDAwLCJqdGkiOiJ4In0.jyfAdPQ496Iajegfz7fTFQiMavYZCtM6Tq2B5xQHTLFgUsNZ0OZgY3cBP8aovgjUPIKe1SHfuhaJEAEGsYS6-w",
];

fn ed25519() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

fn secp256k1() -> SigningKey {
    SigningKey::from_slice(&[2; 32]).unwrap()
}

/// `shop` signs in both ways, `teller` has a token, `slow` may lead one key.
fn callers() -> Callers {
    let compressed = secp256k1().verifying_key().to_sec1_point(true);
    let hex: String = compressed.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let text = format!(
        r#"{{"/p": {{"upstream": "https://a.example", "allow": ["shop"]}},
            "server": {{"audience": "{AUDIENCE}"}},
            "callers": {{
                "shop": {{"ed25519": "{}", "secp256k1": "{hex}"}},
                "teller": {{"tokens_sha256": ["{}", "{}"]}},
                "slow": {{"tokens_sha256": ["{}"], "rate": {{"per_second": 0.001, "burst": 1}}}}
            }}}}"#,
        ed25519().public().x(),
        digest::plain(b"an older one"),
        digest::plain(TOKEN.as_bytes()),
        digest::plain(b"slow"),
    );
    Callers::new(&Config::parse(&text, &|_| None).unwrap())
}

fn claims() -> Claims<'static> {
    Claims { caller: "shop", audience: AUDIENCE, expires: NOW.as_millis() / 1_000 + 60, request: None }
}

fn signed(algorithm: Algorithm, claims: &Claims<'_>) -> String {
    signed_text(algorithm, &token::signing_input(algorithm, claims))
}

fn signed_text(algorithm: Algorithm, input: &str) -> String {
    let signature = match algorithm {
        Algorithm::EdDsa => ed25519().signature(input),
        Algorithm::Es256k => {
            let signature: Signature = secp256k1().sign(input.as_bytes());
            signature.to_bytes().into()
        }
    };
    token::signed(input, &signature)
}

fn asked(fields: &[&str], allowed: &[&str]) -> Result<Asker, Problem> {
    let mut headers = HeaderMap::new();
    for field in fields {
        headers.append(AUTHORIZATION, HeaderValue::from_str(field).unwrap());
    }
    let allowed: Vec<Box<str>> = allowed.iter().map(|name| (*name).into()).collect();
    callers().asker(&headers, &allowed)
}

fn named(token: &str) -> Result<String, Problem> {
    asked(&[&format!("Bearer {token}")], &["shop", "teller", "slow"]).map(|asker| asker.name().to_owned())
}

#[test]
fn a_token_is_its_caller_however_the_scheme_is_spelled() {
    for field in [format!("Bearer {TOKEN}"), format!("bearer {TOKEN}"), format!("BEARER   {TOKEN}")] {
        assert_eq!(asked(&[&field], &["teller"]).unwrap().name(), "teller", "{field}");
    }
    assert_eq!(named("an-older-one"), Err(Problem::TokenInvalid), "another spelling of a token");
    assert_eq!(named(&TOKEN[..TOKEN.len() - 1]), Err(Problem::TokenInvalid));
}

#[test]
fn what_is_no_single_bearer_token_is_nobodys() {
    assert_eq!(asked(&[], &["teller"]).map(|_| ()), Err(Problem::TokenMissing));
    let token = format!("Bearer {TOKEN}");
    for fields in [
        &[token.as_str(), token.as_str()][..],
        &[TOKEN],
        &["Bearer"],
        &["Bearer "],
        &[&format!("Basic {TOKEN}")],
        &[&format!("Bearer {TOKEN} x")],
        &[&format!("Bearer {TOKEN}, Bearer {TOKEN}")],
    ] {
        assert_eq!(asked(fields, &["teller"]).map(|_| ()), Err(Problem::TokenInvalid), "{fields:?}");
    }
}

#[test]
fn whoever_is_known_and_not_allowed_is_told_so() {
    let fields = [format!("Bearer {TOKEN}"), format!("Bearer {}", signed(Algorithm::EdDsa, &claims()))];
    for field in fields {
        assert_eq!(asked(&[&field], &["slow"]).map(|_| ()), Err(Problem::CallerNotAllowed), "{field}");
    }
}

#[test]
fn a_signed_token_is_its_signers_in_both_ways_and_of_another_implementation_too() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256k] {
        assert_eq!(named(&signed(algorithm, &claims())).as_deref(), Ok("shop"), "{algorithm:?}");
    }
    for token in OF_ANOTHER_IMPLEMENTATION {
        let asker = asked(&[&format!("Bearer {token}")], &["shop"]).unwrap();
        for (seconds, expected) in [
            (1_699_999_999, Err(Problem::TokenExpired)),
            (1_700_000_000, Ok(())),
            (1_799_999_999, Ok(())),
            (1_800_000_000, Err(Problem::TokenExpired)),
        ] {
            let time = Timestamp::from_millis(seconds * 1_000);
            assert_eq!(asker.may_lead(time, None, Instant::now()), expected, "at {seconds}");
        }
    }
}

#[test]
fn a_token_that_says_anything_else_is_not_believed() {
    let fine = claims();
    let text = |head: &str, claims: &str| format!("{}.{}", url(head), url(claims));
    let said = format!(r#"{{"iss":"shop","aud":"{AUDIENCE}","exp":1800000000}}"#);
    let eddsa = r#"{"alg":"EdDSA"}"#;
    assert_eq!(
        named(&signed_text(Algorithm::EdDsa, &text(eddsa, &said))).as_deref(),
        Ok("shop"),
        "the control"
    );
    let swapped = |one: &str, other: &str| said.replace(one, other);
    for (name, head, claims) in [
        ("no signature at all", r#"{"alg":"none"}"#, said.clone()),
        ("a secret that is public", r#"{"alg":"HS256"}"#, said.clone()),
        ("the other way", r#"{"alg":"ES256K"}"#, said.clone()),
        ("another spelling of the way", r#"{"alg":"eddsa"}"#, said.clone()),
        ("two ways", r#"{"alg":"none","alg":"EdDSA"}"#, said.clone()),
        ("a critical extension", r#"{"alg":"EdDSA","crit":["b64"]}"#, said.clone()),
        ("a critical nothing", r#"{"alg":"EdDSA","crit":null}"#, said.clone()),
        ("nobody", eddsa, swapped("shop", "somebody")),
        ("somebody who does not sign", eddsa, swapped("shop", "teller")),
        ("no signer", eddsa, swapped(r#""iss":"shop","#, "")),
        ("another gateway", eddsa, swapped(AUDIENCE, "https://other.example")),
        ("the beginning of a gateway", eddsa, swapped(AUDIENCE, &AUDIENCE[..AUDIENCE.len() - 1])),
        ("no gateway", eddsa, swapped(&format!(r#""aud":"{AUDIENCE}","#), "")),
        ("no end", eddsa, swapped(r#","exp":1800000000"#, "")),
        ("an end that is no time", eddsa, swapped("1800000000", r#""1800000000""#)),
        ("two signers", eddsa, swapped(r#""iss":"shop""#, r#""iss":"teller","iss":"shop""#)),
        ("a request that is no digest", eddsa, swapped("}", r#","outcall_request":"AB"}"#)),
        ("claims that are none", eddsa, "[]".into()),
    ] {
        let token = signed_text(Algorithm::EdDsa, &text(head, &claims));
        assert_eq!(named(&token), Err(Problem::TokenInvalid), "{name}");
    }
    let other_key = SecretKey::from_seed(&[3; 32]);
    let input = token::signing_input(Algorithm::EdDsa, &fine);
    let forged = token::signed(&input, &other_key.signature(&input));
    assert_eq!(named(&forged), Err(Problem::TokenInvalid), "another key");
}

#[test]
fn a_flipped_bit_is_noticed_wherever_it_is() {
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256k] {
        let token = signed(algorithm, &claims());
        for at in 0..token.len() {
            for bit in 0..7 {
                let mut bytes = token.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                if !changed.bytes().all(|byte| byte.is_ascii_graphic()) {
                    continue;
                }
                assert_eq!(named(&changed), Err(Problem::TokenInvalid), "bit {bit} at {at} of {token}");
            }
        }
    }
}

#[test]
fn a_token_for_a_request_is_for_none_other_and_what_does_something_needs_one() {
    let (this, other) = (Digest::from_bytes([1; 32]), Digest::from_bytes([2; 32]));
    let asker = |request| {
        let token = signed(Algorithm::EdDsa, &Claims { request, ..claims() });
        asked(&[&format!("Bearer {token}")], &["shop"]).unwrap()
    };
    let bearer = asked(&[&format!("Bearer {TOKEN}")], &["teller"]).unwrap();
    for (name, asker, asks, does) in [
        ("for this one", asker(Some(this)), true, true),
        ("for another", asker(Some(other)), false, false),
        ("for any", asker(None), true, false),
        ("a bearer token", bearer, true, true),
    ] {
        assert_eq!(asker.is_for(&this, &Method::GET), asks, "{name}");
        assert_eq!(asker.is_for(&this, &Method::POST), does, "{name}");
    }
}

#[test]
fn a_token_that_lasts_longer_than_what_is_remembered_leads_nothing_that_does_something() {
    let asker = asked(&[&format!("Bearer {}", signed(Algorithm::EdDsa, &claims()))], &["shop"]).unwrap();
    for (remembered, expected) in
        [(Some(59), Err(Problem::TokenLastsTooLong)), (Some(60), Ok(())), (None, Ok(()))]
    {
        let remembered = remembered.map(Duration::from_secs);
        assert_eq!(asker.may_lead(NOW, remembered, Instant::now()), expected, "{remembered:?}");
    }
    let bearer = asked(&[&format!("Bearer {TOKEN}")], &["teller"]).unwrap();
    assert_eq!(bearer.may_lead(NOW, Some(Duration::ZERO), Instant::now()), Ok(()), "it has no end");
}

#[test]
fn a_caller_leads_no_more_keys_than_its_rate() {
    let callers = callers();
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer slow"));
    let asker = || callers.asker(&headers, &["slow".into()]).unwrap();
    let now = Instant::now();
    assert_eq!(asker().may_lead(NOW, None, now), Ok(()));
    assert_eq!(asker().may_lead(NOW, None, now), Err(Problem::RateLimited));
}

/// Base 64 as tokens have it.
fn url(text: &str) -> String {
    outcall_protocol::base64::url(text.as_bytes())
}
