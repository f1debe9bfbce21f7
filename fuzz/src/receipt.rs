//! A signed answer with one part altered: it is believed only if the alteration left that part as it was.
//!
//! The first byte names the part, the rest is its new value. Behind any other byte the rest is an answer of its own, to be
//! signed: that is believed.

use std::sync::OnceLock;

use outcall_protocol::receipt::{
    FIELDS, Freshness, KeyId, OutcallRequest, PublicKey, Receipt, ReceiptError, Response, SecretKey, Sent,
    sign, verify,
};

const NOW_S: u64 = 1_795_476_957;
const FRESHNESS: Freshness = Freshness { now_s: NOW_S, age_max_s: 60, ahead_max_s: 5 };
const BODY: &[u8] = br#"{"price":"4.23"}"#;
const PATH: &str = "/order?a=1";
const SENT: Sent<'static> = Sent {
    method: "POST",
    url: "https://g/order?a=1",
    headers: &[("content-type", "application/json"), ("idempotency-key", "order-42")],
    body: br#"{"amount":1}"#,
    caller: "shop",
};

/// The key, and an answer that it has signed.
struct Signed {
    secret: SecretKey,
    keys: Vec<(KeyId, PublicKey)>,
    headers: Vec<(String, String)>,
}

fn signed() -> &'static Signed {
    static SIGNED: OnceLock<Signed> = OnceLock::new();
    SIGNED.get_or_init(|| {
        let secret = SecretKey::from_seed(&[7; 32]);
        let keys = vec![(KeyId::parse("2026-11").unwrap(), secret.public())];
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        headers.extend(receipt(&secret, &keys[0].0, 200, &[("content-type", "application/json")], BODY));
        Signed { secret, keys, headers }
    })
}

fn receipt(
    secret: &SecretKey,
    id: &KeyId,
    status: u16,
    headers: &[(&str, &str)],
    body: &[u8],
) -> [(String, String); 4] {
    let names = vec!["content-type".to_owned(), "user-agent".to_owned()];
    let request = OutcallRequest { digest: SENT.digest(&names).unwrap(), names };
    let answer = Response { status, headers, body };
    sign(secret, id, &answer, &request, NOW_S).map(|(name, value)| (name.to_owned(), value))
}

/// Each part with the value that it has: what the search alters.
pub fn originals() -> Vec<Vec<u8>> {
    let part = |part: u8, value: &[u8]| [&[part], value].concat();
    let fields = signed().headers.iter().zip(b'0'..).map(|((_, value), name)| part(name, value.as_bytes()));
    let others: [(u8, &[u8]); 6] = [
        (b'b', BODY),
        (b's', &[0, 200]),
        (b'r', SENT.body),
        (b'u', PATH.as_bytes()),
        (b'k', b"order-42"),
        (b'c', b"shop"),
    ];
    fields.chain(others.map(|(name, value)| part(name, value))).collect()
}

/// See the [table](crate).
pub fn target(bytes: &[u8]) {
    let Some((&part, value)) = bytes.split_first() else { return };
    let Signed { headers, .. } = signed();
    match part {
        b'0'..=b'4' => {
            let (at, Ok(value)) = (usize::from(part - b'0'), std::str::from_utf8(value)) else { return };
            let mut altered = headers.clone();
            value.clone_into(&mut altered[at].1);
            // Whitespace around a value is not part of it, by the rules of HTTP.
            let same = value.trim_matches([' ', '\t']) == headers[at].1;
            held(&altered, &SENT, 200, BODY, same);
        }
        b'b' => held(headers, &SENT, 200, value, value == BODY),
        b's' => {
            let [high, low, ..] = *value else { return };
            let status = u16::from_be_bytes([high, low]);
            held(headers, &SENT, status, BODY, status == 200);
        }
        b'r' => held(headers, &Sent { body: value, ..SENT }, 200, BODY, value == SENT.body),
        b'u' => {
            let Ok(path) = std::str::from_utf8(value) else { return };
            if path.starts_with('/') && !path.contains('#') {
                held(headers, &Sent { url: &format!("https://g{path}"), ..SENT }, 200, BODY, path == PATH);
            }
        }
        b'k' => {
            let Ok(key) = std::str::from_utf8(value) else { return };
            let sent = [("content-type", "application/json"), ("idempotency-key", key)];
            let same = matches!(key.trim_matches([' ', '\t']), "order-42" | "\"order-42\"");
            held(headers, &Sent { headers: &sent, ..SENT }, 200, BODY, same);
        }
        b'c' => {
            let Ok(caller) = std::str::from_utf8(value) else { return };
            held(headers, &Sent { caller, ..SENT }, 200, BODY, caller == SENT.caller);
        }
        // A field more, in front: what a node adds may cover nothing up.
        b'+' => {
            let Some((name, value)) = std::str::from_utf8(value).ok().and_then(|line| line.split_once(':'))
            else {
                return;
            };
            let mut altered = vec![(name.to_owned(), value.to_owned())];
            altered.extend_from_slice(headers);
            let doubled = headers.iter().any(|header| header.0.eq_ignore_ascii_case(name));
            held(&altered, &SENT, 200, BODY, !doubled);
        }
        _ => own(bytes),
    }
}

fn held(headers: &[(String, String)], sent: &Sent<'_>, status: u16, body: &[u8], same: bool) {
    let believed = judged(headers, sent, status, body);
    assert_eq!(believed.is_ok(), same, "{believed:?} of {headers:?}, {status}, {sent:?}");
}

fn judged(
    headers: &[(String, String)],
    sent: &Sent<'_>,
    status: u16,
    body: &[u8],
) -> Result<Receipt, ReceiptError> {
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    verify(&signed().keys, sent, &Response { status, headers: &headers, body }, FRESHNESS)
}

/// An answer of one header field and a body, out of the bytes.
fn own(bytes: &[u8]) {
    let (status, rest) = bytes.split_at(bytes.len().min(2));
    let status = status.iter().fold(0, |status, byte| status << 8 | u16::from(*byte));
    let (value, body) = rest.split_at(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
    let is_value = |byte: &u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t');
    let (Ok(value), true) = (std::str::from_utf8(value), value.iter().all(is_value)) else { return };
    let headers = [("x-note", value)];
    let Signed { secret, keys, .. } = signed();
    let mut answer = vec![(headers[0].0.to_owned(), value.to_owned())];
    answer.extend(receipt(secret, &keys[0].0, status, &headers, body));
    let believed = judged(&answer, &SENT, status, body).expect("what was signed is believed");
    assert!(FIELDS[..2].iter().all(|field| believed.signed.iter().any(|name| name == field)));
    answer[0].1.push('!');
    assert!(judged(&answer, &SENT, status, body).is_err(), "a changed field was believed");
}
