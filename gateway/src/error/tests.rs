//! Every kind is valid, and says the same bytes for ever.

use std::collections::HashSet;

use super::*;

#[test]
fn every_kind_is_valid_json_with_its_own_type_and_the_members_of_rfc_9457() {
    let mut kinds = HashSet::new();
    for problem in Problem::ALL {
        let answer = problem.answer(&Method::GET);
        let json: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(json["status"], answer.status().as_u16());
        assert_eq!(json["executed"], problem.facts().executed.as_str());
        assert!(json["type"].as_str().unwrap().starts_with("urn:outcall-gateway:"));
        assert!(kinds.insert(json["type"].to_string()), "{problem:?} shares its type");
    }
    assert_eq!(kinds.len(), Problem::ALL.len());
}

#[test]
fn the_bytes_of_an_error_are_these() {
    let answer = Problem::KeyReused.answer(&Method::POST);
    insta::assert_snapshot!(String::from_utf8_lossy(answer.body()), @r#"{"type":"urn:outcall-gateway:key-reused","title":"Unprocessable Entity","status":422,"detail":"This Idempotency-Key was used before with another request.","executed":"no"}"#);
    let headers: Vec<_> = answer.headers().collect();
    assert_eq!(
        headers,
        [
            ("content-type", b"application/problem+json".as_slice()),
            ("content-length", answer.body().len().to_string().as_bytes()),
        ]
    );
}

#[test]
fn the_answer_to_head_carries_neither_body_nor_length() {
    let answer = Problem::NoRoute.answer(&Method::HEAD);
    assert!(answer.body().is_empty());
    assert!(answer.headers().all(|(name, _)| name != "content-length"));
}
