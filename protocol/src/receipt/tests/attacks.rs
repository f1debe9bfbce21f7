//! A malicious node has every answer that the gateway ever gave, and hands over what it likes. Each attack is refused with
//! its own error.

use super::*;
use crate::receipt::ReceiptError::{
    Ahead, BodyChanged, Malformed, Missing, NotCovered, OtherRequest, Stale, UnknownKey, Unsigned,
    WrongSignature,
};

const NOW_S: u64 = 1_795_476_957;
const FRESHNESS: Freshness = Freshness { now_s: NOW_S, age_max_s: 60, ahead_max_s: 5 };
const BODY: &[u8] = br#"{"price":"4.23"}"#;

const SENT: Sent<'static> = Sent {
    method: "POST",
    url: "https://g/order?a=1",
    headers: &[("content-type", "application/json"), ("idempotency-key", "order-42")],
    body: br#"{"amount":1}"#,
    caller: "",
};

type Fields = Vec<(String, String)>;

/// What the gateway answers to a request: with this status and body, so many seconds from now.
fn answered(sent: &Sent<'_>, status: u16, body: &[u8], created_s: u64) -> Fields {
    let names: Vec<String> = ["accept", "content-type"].map(str::to_owned).into();
    let request = OutcallRequest { digest: sent.digest(&names).unwrap(), names };
    let mut headers = vec![("content-type", "application/json"), ("content-length", "16")];
    let answer = Response { status, headers: &headers, body };
    let receipt = sign(&rfc_key(), &KeyId::parse(RFC_KEYID).unwrap(), &answer, &request, created_s);
    headers.extend(receipt.iter().map(|(name, value)| (*name, value.as_str())));
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn good() -> Fields {
    answered(&SENT, 200, BODY, NOW_S)
}

fn judge(fields: &Fields, status: u16, body: &[u8]) -> Result<Receipt, ReceiptError> {
    verify(&rfc_keys(), &SENT, &Response { status, headers: &borrowed(fields), body }, FRESHNESS)
}

fn without(fields: &Fields, gone: &[&str]) -> Fields {
    fields.iter().filter(|(name, _)| !gone.contains(&name.as_str())).cloned().collect()
}

/// The answer with another value of a field.
fn with(name: &str, change: impl Fn(&str) -> String) -> Fields {
    let mut fields = good();
    let field = fields.iter_mut().find(|field| field.0 == name).unwrap();
    let changed = change(&field.1);
    assert_ne!(field.1, changed, "nothing was changed");
    field.1 = changed;
    fields
}

#[test]
fn the_answer_itself_is_believed() {
    let receipt = judge(&good(), 200, BODY).unwrap();
    assert_eq!((receipt.created_s, receipt.keyid.as_str()), (NOW_S, RFC_KEYID));
    assert_eq!(receipt.signed, ["content-type", "content-digest", "outcall-request"]);
}

#[test]
fn a_changed_byte_of_the_answer_is_noticed() {
    assert_eq!(judge(&good(), 200, br#"{"price":"9.23"}"#), Err(BodyChanged));
    assert_eq!(judge(&good(), 200, b""), Err(BodyChanged));
    assert_eq!(judge(&good(), 201, BODY), Err(WrongSignature));
    assert_eq!(judge(&with("content-type", |_| "text/html".into()), 200, BODY), Err(WrongSignature));
    let other = b"{}";
    let digest = with(CONTENT_DIGEST, |_| sign::content_digest(other));
    assert_eq!(judge(&digest, 200, other), Err(WrongSignature));
}

#[test]
fn an_old_answer_is_not_fresh_and_neither_is_one_from_the_future() {
    assert!(judge(&answered(&SENT, 200, BODY, NOW_S - 60), 200, BODY).is_ok());
    assert_eq!(judge(&answered(&SENT, 200, BODY, NOW_S - 61), 200, BODY), Err(Stale(61)));
    assert!(judge(&answered(&SENT, 200, BODY, NOW_S + 5), 200, BODY).is_ok());
    assert_eq!(judge(&answered(&SENT, 200, BODY, NOW_S + 6), 200, BODY), Err(Ahead(6)));
    let dated = with(SIGNATURE_INPUT, |input| input.replace(&NOW_S.to_string(), &(NOW_S - 1).to_string()));
    assert_eq!(judge(&dated, 200, BODY), Err(WrongSignature));
}

#[test]
fn the_answer_to_another_key_or_request_is_not_this_ones() {
    let others = [
        Sent { headers: &[("content-type", "application/json"), ("idempotency-key", "order-43")], ..SENT },
        Sent { headers: &[("content-type", "application/json")], ..SENT },
        Sent { headers: &[("content-type", "text/plain"), ("idempotency-key", "order-42")], ..SENT },
        Sent { headers: &[("idempotency-key", "order-42")], ..SENT },
        Sent { body: br#"{"amount":2}"#, ..SENT },
        Sent { url: "https://g/order?a=2", ..SENT },
        Sent { url: "https://g/other?a=1", ..SENT },
        Sent { method: "PUT", ..SENT },
        Sent { caller: "aaaaa-aa", ..SENT },
    ];
    for other in others {
        assert_eq!(judge(&answered(&other, 200, BODY, NOW_S), 200, BODY), Err(OtherRequest), "{other:?}");
    }
    // What does not count is not compared: the host of the gateway, and headers that go nowhere.
    let same = Sent { url: "https://other/order?a=1#x", ..SENT };
    assert!(judge(&answered(&same, 200, BODY, NOW_S), 200, BODY).is_ok());
}

#[test]
fn without_its_fields_an_answer_is_unsigned() {
    for gone in [&FIELDS[..], &[SIGNATURE], &[SIGNATURE_INPUT]] {
        assert_eq!(judge(&without(&good(), gone), 200, BODY), Err(Unsigned), "{gone:?}");
    }
    let error = vec![("content-type".to_owned(), "application/problem+json".to_owned())];
    assert_eq!(judge(&error, 503, b"{}"), Err(Unsigned));
}

#[test]
fn what_was_signed_must_be_there_and_what_matters_must_be_signed() {
    for gone in ["content-type", CONTENT_DIGEST, OUTCALL_REQUEST] {
        assert_eq!(judge(&without(&good(), &[gone]), 200, BODY), Err(Missing(gone.to_owned())));
    }
    for left_out in ["@status", CONTENT_DIGEST, OUTCALL_REQUEST] {
        let uncovered = with(SIGNATURE_INPUT, |input| input.replace(&format!("\"{left_out}\""), "\"x\""));
        assert_eq!(judge(&uncovered, 200, BODY), Err(NotCovered(left_out)));
    }
}

#[test]
fn a_field_that_nobody_signed_is_not_among_the_signed_ones() {
    let mut fields = good();
    fields.push(("x-evil".into(), "1".into()));
    assert!(!judge(&fields, 200, BODY).unwrap().signed.contains(&"x-evil".to_owned()));
    fields.push(("content-type".into(), "text/html".into()));
    assert_eq!(judge(&fields, 200, BODY), Err(WrongSignature), "a second value of a signed one");
}

/// A node hands over what it likes, names in capitals too: whoever then reads the first `content-type`, in whatever case,
/// must not read one that nobody signed.
#[test]
fn a_name_in_capitals_is_no_other_name() {
    let in_front = |name: &str, value: &str| {
        let mut fields = good();
        fields.insert(0, (name.into(), value.into()));
        fields
    };
    assert!(judge(&in_front("X-Other", "1"), 200, BODY).is_ok(), "the control");
    assert_eq!(judge(&in_front("Content-Type", "text/html"), 200, BODY), Err(WrongSignature));
    assert_eq!(judge(&in_front("Signature", "outcall=::"), 200, BODY), Err(Malformed(SIGNATURE)));
    let capitals: Fields = good().into_iter().map(|(name, value)| (name.to_uppercase(), value)).collect();
    assert!(judge(&capitals, 200, BODY).is_ok(), "the same answer in capitals");
    let needed = |name| is_needed(&borrowed(&capitals), name);
    assert!(needed("CONTENT-TYPE") && needed("Signature") && !needed("CONTENT-LENGTH"));
}

#[test]
fn only_known_keys_count_and_each_only_for_itself() {
    let unknown = with(SIGNATURE_INPUT, |input| input.replace(RFC_KEYID, "other"));
    assert_eq!(judge(&unknown, 200, BODY), Err(UnknownKey("other".into())));
    let answer = good();
    let headers = borrowed(&answer);
    let response = Response { status: 200, headers: &headers, body: BODY };
    let stranger = SecretKey::from_seed(&[7; 32]).public();
    let keys = [(KeyId::parse(RFC_KEYID).unwrap(), stranger)];
    assert_eq!(verify(&keys, &SENT, &response, FRESHNESS), Err(WrongSignature));
    assert_eq!(verify(&[], &SENT, &response, FRESHNESS), Err(UnknownKey(RFC_KEYID.into())));
}

#[test]
fn another_spelling_is_malformed() {
    for (name, change) in [
        (SIGNATURE, (|value| value.replace("=:", "=")) as fn(&str) -> String),
        (SIGNATURE, |value| value.replace("outcall", "sig1")),
        (SIGNATURE, |value| value.replace("==:", ":")),
        (SIGNATURE_INPUT, |value| format!("{value}, sig1=()")),
        (OUTCALL_REQUEST, |value| value.replace("sha-256", "sha-512")),
    ] {
        assert_eq!(judge(&with(name, change), 200, BODY), Err(Malformed(name)));
    }
    for name in FIELDS {
        let mut twice = good();
        twice.push((name.to_owned(), "x".to_owned()));
        assert_eq!(judge(&twice, 200, BODY), Err(Malformed(name)), "two fields");
    }
}

#[test]
fn a_transform_that_keeps_what_is_needed_keeps_the_answer_believable() {
    let mut fields = good();
    fields.push(("set-cookie".into(), "a=1".into()));
    let headers = borrowed(&fields);
    let kept: Fields = fields.iter().filter(|(name, _)| is_needed(&headers, name)).cloned().collect();
    let names: Vec<&str> = kept.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [&["content-type"][..], &FIELDS].concat());
    assert_eq!(judge(&kept, 200, BODY), judge(&fields, 200, BODY));
    assert!(!is_needed(&[("content-type", "x"), (SIGNATURE, "x")], "content-type"));
}
