use outcall_protocol::{
    digest::Digest,
    receipt::{self, FIELDS, Freshness, ReceiptError, Sent},
};

use super::*;
use crate::config;

const SECRET: &str = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";
const PUBLIC: &str = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";
const OTHER: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn receipts(members: &str) -> Receipts {
    let text = format!(
        r#"{{"/p": "https://a.example", "receipts": {{"keyid": "now", "key": "${{KEY}}"{members}}}}}"#
    );
    let config = config::Config::parse(&text, &|name| (name == "KEY").then(|| SECRET.to_owned()));
    Receipts::open(config.unwrap_or_else(|error| panic!("{error}")).receipts.as_ref()).unwrap()
}

fn request() -> OutcallRequest {
    OutcallRequest { digest: Digest::from_bytes([7; 32]), names: vec!["accept".into()] }
}

fn headers(answer: &Answer) -> Vec<(&str, &str)> {
    answer.headers().map(|(name, value)| (name, std::str::from_utf8(value).unwrap())).collect()
}

fn sign(method: &Method, status: u16, body: &'static str) -> Answer {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    let answer = Answer::new(method, StatusCode::from_u16(status).unwrap(), vec![kind], Bytes::from(body));
    receipts("").sign(answer, &request(), Timestamp::from_millis(1_618_884_473_999))
}

/// Whether the receipt holds of the answer; whose request it is says the digest, which is of none here.
fn holds(answer: &Answer) -> bool {
    let headers = headers(answer);
    let response = Response { status: answer.status().as_u16(), headers: &headers, body: answer.body() };
    let sent = Sent { method: "GET", url: "https://g/", headers: &[], body: b"", caller: "" };
    let keys = [(KeyId::parse("now").unwrap(), PublicKey::parse(PUBLIC).unwrap())];
    let freshness = Freshness { now_s: 0, age_max_s: 0, ahead_max_s: 0 };
    receipt::verify(&keys, &sent, &response, freshness) == Err(ReceiptError::OtherRequest)
}

#[test]
fn a_signed_answer_is_these_bytes() {
    let answer = sign(&Method::GET, 200, "hello");
    let lines: Vec<String> =
        headers(&answer).iter().map(|(name, value)| format!("{name}: {value}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    content-type: text/plain
    content-digest: sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:
    outcall-request: sha-256=:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=:;headers="accept"
    signature-input: outcall=("@status" "content-type" "content-digest" "outcall-request");created=1618884473;keyid="now";alg="ed25519"
    signature: outcall=:2Z9eD4XmFyHnmXQEMmJaXaGmsAHyzpUZ2D2fSV3QR5SmBpcCW57v8tvwv06hLllXf3PKzTAOFqzaOmg5Q0d4DA==:
    content-length: 5
    "#);
    assert!(holds(&answer));
}

/// The signature is over what is sent: nothing, for these.
#[test]
fn what_has_no_body_is_signed_as_that() {
    for (method, status) in [(Method::HEAD, 200), (Method::GET, 204), (Method::GET, 304), (Method::HEAD, 502)]
    {
        let answer = sign(&method, status, "hello");
        let names: Vec<&str> = headers(&answer).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, [&["content-type"][..], &FIELDS].concat(), "{method} {status}");
        assert!(holds(&answer) && answer.body().is_empty(), "{method} {status}");
    }
}

#[test]
fn every_failure_of_ours_can_be_signed() {
    for problem in Problem::ALL {
        let answer = receipts("").sign(problem.answer(&Method::POST), &request(), Timestamp::from_millis(0));
        assert!(holds(&answer), "{problem:?}");
        assert_eq!(answer.problem(), Some(problem));
    }
}

#[test]
fn without_a_key_an_answer_stays_as_it_is() {
    let answer = Problem::Draining.answer(&Method::POST);
    let same = Receipts::default().sign(answer.clone(), &request(), Timestamp::from_millis(0));
    assert_eq!(same, answer);
}

#[test]
fn the_public_keys_are_told_the_signers_first() {
    let receipts = receipts(&format!(r#", "public_keys": {{"z": "{OTHER}", "a": "{OTHER}"}}"#));
    let asked = |method: Method, path: &str| receipts.published(&method, &path.parse().unwrap());
    let answer = asked(Method::GET, "/.well-known/outcall-receipts?x").unwrap();
    insta::assert_snapshot!(std::str::from_utf8(answer.body()).unwrap(), @r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs","kid":"now","alg":"EdDSA","use":"sig"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a","alg":"EdDSA","use":"sig"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"z","alg":"EdDSA","use":"sig"}]}"#);
    assert_eq!(headers(&answer)[0], ("content-type", "application/jwk-set+json"));
    assert!(serde_json::from_slice::<serde_json::Value>(answer.body()).is_ok());
    assert!(asked(Method::HEAD, PUBLIC_KEYS).unwrap().body().is_empty());
    let refused = asked(Method::POST, PUBLIC_KEYS).unwrap();
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(headers(&refused).contains(&("allow", "GET, HEAD")));
    assert!(asked(Method::GET, "/.well-known/outcall-receipts/").is_none());
    let off = Receipts::default();
    assert!(off.published(&Method::GET, &Uri::from_static(PUBLIC_KEYS)).is_none());
}

#[test]
fn a_key_that_is_not_there_is_named_and_nothing_is_said_of_what_is() {
    let open = |path: &Path| {
        let (keyid, key) = (KeyId::parse("k").unwrap(), Key::File(path.to_owned()));
        Receipts::open(Some(&Config { keyid, key, others: Vec::new() })).map_err(|error| error.to_string())
    };
    let folder = std::env::temp_dir().join(format!("outcall-receipt-{:x}", fastrand::u64(..)));
    let missing = open(&folder).unwrap_err();
    assert!(
        missing.contains("receipts.key_file") && missing.contains(&folder.display().to_string()),
        "{missing}"
    );
    fs::write(&folder, "open sesame").unwrap();
    let other = open(&folder).unwrap_err();
    assert!(other.contains("PKCS #8") && !other.contains("sesame"), "{other}");
    fs::write(&folder, SECRET).unwrap();
    let shown = format!("{:?}", open(&folder).unwrap());
    assert!(!shown.contains("BCIEI") && !shown.contains("159, 131"), "{shown}");
    fs::remove_file(&folder).unwrap();
}
