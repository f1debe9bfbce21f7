use candid::Nat;
use ic_cdk_management_canister::{HttpHeader, TransformArgs};
use outcall_protocol::{
    fingerprint::{body_digest, fingerprint},
    key::IdempotencyKey,
    outcall_id::Key,
    receipt::{KeyId, OutcallRequest, SecretKey, request_digest, sign},
};

use super::*;
use crate::{config::ReceiptKey, limits::CANDID_BYTES, transform};

const NOW_S: u64 = 1_795_476_957;
const BODY: &str = r#"{"amount":1}"#;

fn secret() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

fn receipts() -> Receipts {
    let key = ReceiptKey { keyid: "now".into(), public_key: secret().public().x() };
    Receipts { keys: vec![key], age_s_max: 60, quorum_nodes: 4 }
}

/// An order as this canister sends it.
fn asked(key: &str, body: &str) -> HttpRequestArgs {
    let header = |name: &str, value: &str| HttpHeader { name: name.into(), value: value.into() };
    HttpRequestArgs {
        url: "https://g/order".into(),
        method: HttpMethod::POST,
        headers: vec![header("idempotency-key", key), header("content-type", "application/json")],
        body: Some(body.into()),
        ..HttpRequestArgs::default()
    }
}

/// What the gateway answers to it, with all that an answer has, as the replica hands it to the transform.
fn answered(key: &str, body: &str, created_s: u64) -> HttpRequestResult {
    let names: Vec<String> = ["accept", "content-type"].map(str::to_owned).into();
    let mut counting = vec![("content-type", b"application/json".as_slice())];
    let print = fingerprint("POST", "/order", &mut counting, &body_digest(body.as_bytes()));
    let key = Key::Given(IdempotencyKey::parse([key.as_bytes()]).unwrap());
    let request = OutcallRequest { digest: request_digest("", &key, &print), names };
    let mut headers = vec![("content-type", "text/plain"), ("content-length", "2")];
    let answer = Response { status: 201, headers: &headers, body: b"ok" };
    let receipt = sign(&secret(), &KeyId::parse("now").unwrap(), &answer, &request, created_s);
    headers.extend(receipt.iter().map(|(name, value)| (*name, value.as_str())));
    let header = |(name, value): &(&str, &str)| HttpHeader { name: (*name).into(), value: (*value).into() };
    HttpRequestResult {
        status: Nat::from(201u16),
        headers: headers.iter().map(header).collect(),
        body: b"ok".into(),
    }
}

fn transformed(response: HttpRequestResult) -> HttpRequestResult {
    transform::what_is_signed(TransformArgs { response, context: Vec::new() })
}

fn told(answer: HttpRequestResult) -> String {
    match judge(&receipts(), "", &asked("k", BODY), transformed(answer), 60, NOW_S) {
        Heard::Answer { status, body } => format!("{status} {}", String::from_utf8_lossy(&body)),
        Heard::Silence(cause) => cause.kind,
        Heard::Nothing(why) => format!("{why:?}"),
    }
}

fn good() -> HttpRequestResult {
    answered("k", BODY, NOW_S)
}

fn with(name: &str, value: &str) -> HttpRequestResult {
    let mut answer = good();
    answer.headers.iter_mut().find(|header| header.name == name).unwrap().value = value.into();
    answer
}

#[test]
fn the_gateways_answer_to_this_request_is_believed_and_no_other() {
    assert_eq!(told(good()), "201 ok");
    assert_eq!(told(HttpRequestResult { body: b"no".into(), ..good() }), "receipt-body-changed");
    assert_eq!(told(HttpRequestResult { status: Nat::from(200u16), ..good() }), "receipt-wrong-signature");
    assert_eq!(
        told(HttpRequestResult { status: Nat::from(1u128 << 80), ..good() }),
        "receipt-wrong-signature"
    );
    assert_eq!(told(with("content-type", "text/html")), "receipt-wrong-signature");
    assert_eq!(told(HttpRequestResult { headers: Vec::new(), ..good() }), "receipt-unsigned");
    assert_eq!(told(answered("other", BODY, NOW_S)), "receipt-other-request");
    assert_eq!(told(answered("k", "another body", NOW_S)), "receipt-other-request");
    assert_eq!(told(answered("k", BODY, NOW_S - 61)), "receipt-stale");
    assert_eq!(told(answered("k", BODY, NOW_S + 61)), "receipt-ahead");
    assert_eq!(
        told(with("signature-input", "sig1=()")),
        "receipt-unsigned",
        "the transform leaves nothing of it"
    );
}

#[test]
fn a_key_that_is_not_configured_counts_for_nothing() {
    let mut others = receipts();
    others.keys[0].keyid = "other".into();
    let heard = judge(&others, "", &asked("k", BODY), good(), 60, NOW_S);
    assert!(matches!(heard, Heard::Silence(Cause { kind, .. }) if kind == "receipt-unknown-key"));
}

#[test]
fn a_transformed_answer_with_its_receipt_is_no_longer_in_candid_than_the_gateway_was_told() {
    let raw = good();
    let measured: usize = raw.headers.iter().map(|header| header.name.len() + header.value.len()).sum();
    let bytes = candid::encode_one(transformed(raw.clone())).unwrap().len();
    assert!(bytes <= measured + raw.body.len() + CANDID_BYTES as usize, "{bytes} of {measured}");
}

#[test]
fn the_transform_leaves_nothing_that_nobody_signed() {
    let mut raw = good();
    raw.headers.push(HttpHeader { name: "date".into(), value: "now".into() });
    let names: Vec<String> = transformed(raw).headers.into_iter().map(|header| header.name).collect();
    assert_eq!(names, ["content-type", "content-digest", "outcall-request", "signature-input", "signature"]);
    let unsigned = HttpRequestResult { headers: good().headers[..2].to_vec(), ..good() };
    assert_eq!(transformed(unsigned).headers, []);
}
