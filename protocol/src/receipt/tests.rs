//! Held against RFC 9421's own example, against another implementation (`fixtures/receipts.py`), and against a node that
//! changes, swaps, replays or strips what it hands over.

use super::*;
use crate::{fingerprint, outcall_id::Key};

mod attacks;
mod laws;

/// The key `test-key-ed25519` of RFC 9421, appendix B.1.4.
const RFC_SECRET: &str = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";
/// Its public half, as appendix B.1.4 has it in PEM, written as a JSON Web Key has it.
const RFC_PUBLIC: &str = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";
const RFC_KEYID: &str = "test-key-ed25519";

fn rfc_key() -> SecretKey {
    SecretKey::parse(RFC_SECRET).unwrap()
}

fn rfc_keys() -> Vec<(KeyId, PublicKey)> {
    vec![(KeyId::parse(RFC_KEYID).unwrap(), PublicKey::parse(RFC_PUBLIC).unwrap())]
}

/// RFC 9421, appendix B.2.6: the signature base, and the signature that it must have.
#[test]
fn the_example_of_the_rfc_is_signed_and_verified_as_it_says() {
    let fields = [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("@method", "POST"),
        ("@path", "/foo"),
        ("@authority", "example.com"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ];
    let names: Vec<String> = fields.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let parameters = format!("({});created=1618884473;keyid=\"test-key-ed25519\"", names.join(" "));
    let base = base::base(fields.map(|(name, value)| (name, value.to_owned())).into_iter(), &parameters);
    assert!(base.ends_with(r#" "content-length");created=1618884473;keyid="test-key-ed25519""#));
    let signature =
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    let signature: [u8; 64] = crate::base64::read_standard(signature).unwrap();
    assert_eq!(rfc_key().signature(&base), signature);
    assert!(rfc_keys()[0].1.verifies(&base, &signature));
    assert!(!rfc_keys()[0].1.verifies(base.replace("/foo", "/bar"), &signature));
}

/// One case of `fixtures/receipts.json`.
struct Case {
    request: Vec<String>,
    request_headers: Vec<(String, String)>,
    names: Vec<String>,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    created_s: u64,
    receipt: Vec<(String, String)>,
}

impl Case {
    fn all() -> Vec<Self> {
        let cases: serde_json::Value =
            serde_json::from_str(include_str!("../../fixtures/receipts.json")).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let pairs = |value: &serde_json::Value| {
            let pairs = value.as_array().unwrap().iter();
            pairs.map(|pair| (text(&pair[0]), text(&pair[1]))).collect::<Vec<_>>()
        };
        let case = |case: &serde_json::Value| Self {
            request: ["method", "url", "body", "caller"].map(|name| text(&case["request"][name])).into(),
            request_headers: pairs(&case["request"]["headers"]),
            names: case["names"].as_array().unwrap().iter().map(text).collect(),
            status: u16::try_from(case["answer"]["status"].as_u64().unwrap()).unwrap(),
            headers: pairs(&case["answer"]["headers"]),
            body: text(&case["answer"]["body"]),
            created_s: case["created"].as_u64().unwrap(),
            receipt: pairs(&case["receipt"]),
        };
        cases.as_array().unwrap().iter().map(case).collect()
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn another_implementation_makes_the_same_receipts() {
    let cases = Case::all();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let headers = borrowed(&case.request_headers);
        let [method, url, body, caller] = &case.request[..] else { panic!("four texts") };
        let sent = Sent { method, url, headers: &headers, body: body.as_bytes(), caller };
        let request = OutcallRequest { digest: sent.digest(&case.names).unwrap(), names: case.names.clone() };
        let headers = borrowed(&case.headers);
        let answer = Response { status: case.status, headers: &headers, body: case.body.as_bytes() };
        let id = KeyId::parse(RFC_KEYID).unwrap();
        let signed = sign(&rfc_key(), &id, &answer, &request, case.created_s);
        assert_eq!(signed.map(|(name, value)| (name.to_owned(), value)).to_vec(), case.receipt);
        let headers = [headers.clone(), borrowed(&case.receipt)].concat();
        let answer = Response { headers: &headers, ..answer };
        let freshness = Freshness { now_s: case.created_s, age_max_s: 0, ahead_max_s: 0 };
        assert_eq!(
            verify(&rfc_keys(), &sent, &answer, freshness).map(|receipt| receipt.created_s),
            Ok(case.created_s)
        );
    }
}

/// What the gateway computes from its own parts is what the canister computes from what it sent.
#[test]
fn the_digest_of_a_request_never_changes_between_versions() {
    let names = ["accept".to_owned(), "content-type".to_owned()];
    let headers = [("Content-Type", "application/json"), ("idempotency-key", "order-42"), ("x-other", "1")];
    let sent =
        Sent { method: "POST", url: "https://g/pay?a=1", headers: &headers, body: b"{}", caller: "aaaaa-aa" };
    let mut counting = vec![("content-type", b"application/json".as_slice())];
    let print = fingerprint::fingerprint("POST", "/pay?a=1", &mut counting, &fingerprint::body_digest(b"{}"));
    let key = Key::Given(crate::key::IdempotencyKey::parse([b"order-42".as_slice()]).unwrap());
    let digest = request_digest("aaaaa-aa", &key, &print);
    assert_eq!(sent.digest(&names), Some(digest));
    let pinned = "16ea194ec7b0bbad71e94727f3c72c91c4acb6c20520dc15de1ca4c57673ad0d";
    assert_eq!(digest.to_string(), pinned);
}

#[test]
fn a_key_is_read_as_openssl_writes_it_and_shows_nothing_of_itself() {
    let key = rfc_key();
    assert_eq!(key.public().x(), RFC_PUBLIC);
    let pem = key.to_pem();
    assert_eq!(pem, format!("-----BEGIN PRIVATE KEY-----\n{RFC_SECRET}\n-----END PRIVATE KEY-----\n"));
    assert_eq!(SecretKey::parse(&pem).unwrap().public(), key.public());
    let shown = format!("{key:?}");
    assert_eq!(shown.len(), "SecretKey()".len() + 16, "{shown}");
    for wrong in ["", "x", &RFC_SECRET[1..], &RFC_SECRET.replacen("MC4C", "MC4D", 1), &pem[..pem.len() - 3]] {
        let error = SecretKey::parse(wrong).unwrap_err();
        assert_eq!(error, NotAKey::Secret);
        assert!(!error.to_string().contains("BCIE"));
    }
    for wrong in
        ["", &RFC_PUBLIC[1..], &format!("{RFC_PUBLIC}="), &"A".repeat(43), &format!("AQ{}", "A".repeat(41))]
    {
        assert_eq!(PublicKey::parse(wrong), Err(NotAKey::Public), "{wrong}");
    }
    for wrong in ["", "a b", "a\"", "ä", &"k".repeat(65)] {
        assert_eq!(KeyId::parse(wrong), Err(NotAKey::Id), "{wrong}");
    }
}
