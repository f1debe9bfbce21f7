use candid::Nat;
use ic_cdk_management_canister::{HttpHeader, HttpMethod};
use outcall_protocol::receipt::{KeyId, OutcallRequest, Response, SecretKey, sign};

use super::*;
use crate::config::ReceiptKey;

const ASKED_S: u64 = 1_795_476_957;
/// A minute and a half later.
const NOW_S: u64 = ASKED_S + 90;

fn receipts() -> Receipts {
    let key = ReceiptKey { keyid: "now".into(), public_key: secret().public().x() };
    Receipts { keys: vec![key], age_s_max: 20, quorum_nodes: 4 }
}

fn secret() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

fn request(method: HttpMethod, url: &str, key: &str, body: &str) -> HttpRequestArgs {
    HttpRequestArgs {
        url: url.into(),
        method,
        headers: vec![HttpHeader { name: "idempotency-key".into(), value: key.into() }],
        body: Some(body.into()),
        ..HttpRequestArgs::default()
    }
}

fn question(key: &str) -> HttpRequestArgs {
    request(HttpMethod::POST, "https://g/llm", key, r#"{"prompt":"p"}"#)
}

fn poll(key: &str) -> HttpRequestArgs {
    request(HttpMethod::GET, "https://g/llm/ticket/07", key, "")
}

/// What the gateway answers to that request.
fn answer(to: &HttpRequestArgs, created_s: u64) -> HttpRequestResult {
    let names = vec!["accept".to_owned()];
    let digest = receipt::sent(to, "", |sent| sent.digest(&names)).unwrap();
    let bare = Response { status: 200, headers: &[], body: b"ok" };
    let fields =
        sign(&secret(), &KeyId::parse("now").unwrap(), &bare, &OutcallRequest { digest, names }, created_s);
    let header = |(name, value): (&str, String)| HttpHeader { name: name.into(), value };
    HttpRequestResult {
        status: Nat::from(200u16),
        headers: fields.into_iter().map(header).collect(),
        body: b"ok".into(),
    }
}

/// To what it is an answer that is believed; or why it is not.
fn judged(answer: &HttpRequestResult) -> String {
    let polled = believed(&receipts(), "", (&poll("p-1"), &question("q-1")), answer, NOW_S, ASKED_S);
    match polled.heard {
        Heard::Answer { .. } => format!("{:?}", polled.subject),
        Heard::Silence(cause) => cause.kind,
        Heard::Nothing(reason) => format!("{reason:?}"),
    }
}

#[test]
fn the_receipt_says_whether_the_poll_was_answered_or_the_question() {
    assert_eq!(judged(&answer(&poll("p-1"), NOW_S)), "Poll");
    assert_eq!(judged(&answer(&question("q-1"), NOW_S)), "Question");
}

#[test]
fn an_answer_to_another_question_or_another_poll_is_none() {
    for other in
        [question("q-2"), poll("p-0"), request(HttpMethod::GET, "https://g/llm/ticket/08", "p-1", "")]
    {
        assert_eq!(judged(&answer(&other, NOW_S)), "receipt-other-request", "{other:?}");
    }
    let asked_otherwise = request(HttpMethod::POST, "https://g/llm", "q-1", r#"{"prompt":"another"}"#);
    assert_eq!(judged(&answer(&asked_otherwise, NOW_S)), "receipt-other-request");
}

#[test]
fn what_is_not_signed_is_not_signed_whatever_it_says() {
    let unsigned = HttpRequestResult { headers: Vec::new(), ..answer(&question("q-1"), NOW_S) };
    assert_eq!(judged(&unsigned), "receipt-unsigned");
    let changed = HttpRequestResult { body: b"no".into(), ..answer(&question("q-1"), NOW_S) };
    assert_eq!(judged(&changed), "receipt-body-changed");
}

/// The answer may have been there since the first second; that it still runs must be news.
#[test]
fn an_answer_is_as_old_as_the_question_at_most_and_a_poll_is_of_now() {
    assert_eq!(judged(&answer(&question("q-1"), ASKED_S)), "Question");
    assert_eq!(judged(&answer(&question("q-1"), ASKED_S - GATEWAY_AHEAD_S_MAX - 1)), "receipt-stale");
    assert_eq!(judged(&answer(&poll("p-1"), NOW_S - 20)), "Poll");
    assert_eq!(judged(&answer(&poll("p-1"), NOW_S - 21)), "receipt-stale");
}
