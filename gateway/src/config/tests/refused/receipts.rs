//! Keys that are none, or that contradict each other; and no text that shows a secret one.

use super::{parse, setting_refused};

const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

#[test]
fn a_signer_has_a_name_and_one_key() {
    setting_refused(
        r#""receipts": {"keyid": "a b", "key_file": "k.pem"}"#,
        r#"1:51: receipts.keyid: found "a b", expected 1 to 64 letters, digits, dots, dashes or underscores, such as "2026-11""#,
    );
    setting_refused(
        r#""receipts": {"keyid": "k"}"#,
        "1:41: receipts: found no key to sign with, expected exactly one of key and key_file",
    );
    setting_refused(
        r#""receipts": {"keyid": "k", "key": "x", "key_file": "k.pem"}"#,
        "1:68: receipts.key_file: found key_file beside key, expected exactly one of key and key_file",
    );
    setting_refused(
        r#""receipts": {"keyid": "k", "key_file": ""}"#,
        r#"1:68: receipts.key_file: found "", expected the path of a PEM file"#,
    );
    setting_refused(
        r#""receipts": {"key_file": "k.pem"}"#,
        "1:41: receipts: found no member \"keyid\", expected one",
    );
}

#[test]
fn a_secret_key_is_never_shown() {
    let expected = "found a value that is not shown, expected what outcall-gateway keygen prints: a private key of Ed25519 in PKCS #8, as PEM or as the line inside it";
    setting_refused(
        r#""receipts": {"keyid": "k", "key": "open-sesame"}"#,
        &format!("1:63: receipts.key: {expected}"),
    );
    setting_refused(
        r#""receipts": {"keyid": "k", "key": "${TOKEN}"}"#,
        &format!("1:63: receipts.key: {expected}"),
    );
    setting_refused(
        r#""receipts": {"keyid": "k", "key": "${NOWHERE}"}"#,
        "1:63: receipts.key: found no environment variable NOWHERE, expected it to be set",
    );
    for wrong in [
        r#"{"keyid": "k", "key": 4711}"#,
        r#"{"keyid": "k", "key_file": "k", "public_keys": {"a": "open-sesame"}}"#,
    ] {
        let text = format!(r#"{{"/p": "https://a.example", "receipts": {wrong}}}"#);
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.contains("a value that is not shown"), "{error}");
        assert!(!error.contains("4711") && !error.contains("sesame"), "{error}");
    }
}

#[test]
fn other_keys_are_public_and_others() {
    setting_refused(
        &format!(r#""receipts": {{"keyid": "k", "key_file": "k", "public_keys": {{"k": "{PUBLIC}"}}}}"#),
        "1:89: receipts.public_keys.k: found the key that signs, expected other keys: its public half is served by itself",
    );
    setting_refused(
        &format!(r#""receipts": {{"keyid": "k", "key_file": "k", "public_keys": {{"": "{PUBLIC}"}}}}"#),
        "1:89: receipts.public_keys.: found this name, expected 1 to 64 letters, digits, dots, dashes or underscores",
    );
    let many: Vec<String> = (0..17).map(|index| format!(r#""k{index}": "{PUBLIC}""#)).collect();
    setting_refused(
        &format!(r#""receipts": {{"keyid": "k", "key_file": "k", "public_keys": {{{}}}}}"#, many.join(",")),
        "1:88: receipts.public_keys: found 17 keys, expected at most 16",
    );
}
