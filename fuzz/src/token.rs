//! The value of `authorization`: who comes in has a token, or a text that a caller has signed.

use std::sync::OnceLock;

use http::{HeaderValue, Request};
use k256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use outcall_gateway::{config::Config, fuzzing::Door};
use outcall_protocol::{
    base64, digest,
    receipt::SecretKey,
    token::{self, Algorithm, Claims},
};

const AUDIENCE: &str = "https://gateway.example";
const BEARER: &str = "ogw_0123456789";

/// A door, and what opens it.
struct Guarded {
    door: Door,
    /// The texts that were signed, with the only signature that EdDSA has and both spellings of the one of ECDSA.
    signed: [String; 3],
}

fn guarded() -> &'static Guarded {
    static GUARDED: OnceLock<Guarded> = OnceLock::new();
    GUARDED.get_or_init(|| {
        let (ed25519, secp256k1) =
            (SecretKey::from_seed(&[1; 32]), SigningKey::from_slice(&[2; 32]).unwrap());
        let point = secp256k1.verifying_key().to_sec1_point(true);
        let hex: String = point.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let config = format!(
            r#"{{"/p": {{"upstream": "https://a.example", "allow": ["shop", "teller"]}},
                "server": {{"audience": "{AUDIENCE}"}},
                "callers": {{
                    "shop": {{"ed25519": "{}", "secp256k1": "{hex}"}},
                    "teller": {{"tokens_sha256": ["{}"]}},
                    "other": {{"tokens_sha256": ["{}"]}}
                }}}}"#,
            ed25519.public().x(),
            digest::plain(BEARER.as_bytes()),
            digest::plain(b"ogw_other"),
        );
        let claims = Claims { caller: "shop", audience: AUDIENCE, expires: 1_800_000_000, request: None };
        let inputs = [Algorithm::EdDsa, Algorithm::Es256k].map(|kind| token::signing_input(kind, &claims));
        let ecdsa: Signature = secp256k1.sign(inputs[1].as_bytes());
        let (r, s) = ecdsa.split_scalars();
        let respelled = Signature::from_scalars(r, -s).unwrap();
        let signed = [
            token::signed(&inputs[0], &ed25519.signature(&inputs[0])),
            token::signed(&inputs[1], &ecdsa.to_bytes().into()),
            token::signed(&inputs[1], &respelled.to_bytes().into()),
        ];
        Guarded { door: Door::new(Config::parse(&config, &|_| None).unwrap()), signed }
    })
}

/// What opens the door, as values of `authorization`: the seeds, and what a test holds the seeds to.
pub fn openers() -> Vec<String> {
    let signed = guarded().signed.iter().map(String::as_str);
    std::iter::once(BEARER).chain(signed).map(|token| format!("Bearer {token}")).collect()
}

/// See the [table](crate).
pub fn target(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Some(parts) = token::parts(text.rsplit(' ').next().unwrap_or(text))
    {
        let again = format!("{}.{}", parts.signing_input, base64::url(&parts.signature));
        assert!(text.ends_with(&again), "a signature has a second spelling");
    }
    let Ok(field) = HeaderValue::from_bytes(bytes) else { return };
    let request = Request::builder().uri("/p").header("host", "gateway.example");
    let request = request.header("authorization", &field).body(()).unwrap();
    let Guarded { door, signed } = guarded();
    let Some(entered) = door.enter(request) else { return };
    let token = field.to_str().unwrap().rsplit(' ').next().unwrap_or_default();
    match entered.caller.as_deref() {
        Some("teller") => assert_eq!(token, BEARER),
        Some("shop") => {
            assert!(
                signed.iter().any(|known| known == token),
                "let in by a token that nobody signed: {token}"
            );
        }
        other => panic!("{other:?} was let in"),
    }
}
