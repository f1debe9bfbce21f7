//! Callers who cannot be known, and routes that are for nobody; and no text that shows a token.

use super::{member_refused, parse, setting_refused};

#[test]
fn a_caller_has_a_name_and_something_to_know_it_by() {
    setting_refused(
        r#""callers": {"a b": {"ed25519": "x"}}"#,
        "1:41: callers.a b: found this name, expected 1 to 64 letters, digits, dots, dashes or underscores\n1:60: callers.a b.ed25519: found \"x\", expected a public key of Ed25519: 64 hex digits in lower case, or 43 characters of base64url",
    );
    setting_refused(
        r#""callers": {"shop": {}}"#,
        "1:49: callers.shop: found nothing to know it by, expected tokens_sha256, ed25519 or secp256k1",
    );
    setting_refused(
        r#""callers": {"shop": {"token": "x"}}"#,
        "1:49: callers.shop: found nothing to know it by, expected tokens_sha256, ed25519 or secp256k1\n1:50: callers.shop.token: found an unknown member, expected one of tokens_sha256, ed25519, secp256k1, rate",
    );
    setting_refused(r#""callers": ["shop"]"#, "1:40: callers: found an array, expected an object");
    setting_refused(
        r#""callers": {"shop": {"tokens_sha256": ["2bb8"], "rate": {"per_second": 0}}}"#,
        "1:68: callers.shop.tokens_sha256[0]: found a value that is not shown, expected the SHA-256 of a token as outcall-gateway token prints it: 64 hex digits in lower case\n1:100: callers.shop.rate.per_second: found 0, expected a number above 0, up to 1000000",
    );
}

#[test]
fn whoever_has_a_token_is_one_caller() {
    let token = "ab".repeat(32);
    let (one, other) = (format!(r#"["{token}"]"#), format!(r#"["{}", "{token}"]"#, "cd".repeat(32)));
    setting_refused(
        &format!(r#""callers": {{"a": {{"tokens_sha256": {one}}}, "b": {{"tokens_sha256": {other}}}}}"#),
        "1:227: callers.b.tokens_sha256[1]: found a token a second time, expected each token once: whoever has it is one caller",
    );
}

#[test]
fn a_key_is_a_point_of_its_curve() {
    for (name, key) in [
        ("ed25519", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR"),
        ("ed25519", &"00".repeat(32)),
        ("ed25519", &"AB".repeat(32)),
        ("secp256k1", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
        ("secp256k1", &"00".repeat(33)),
        ("secp256k1", &format!("04{}", "11".repeat(32))),
    ] {
        let setting =
            format!(r#""server": {{"audience": "g"}}, "callers": {{"shop": {{"{name}": "{key}"}}}}"#);
        let expected = match name {
            "ed25519" => {
                "a public key of Ed25519: 64 hex digits in lower case, or 43 characters of base64url"
            }
            _ => "a public key of secp256k1, compressed (SEC 1): 66 hex digits in lower case",
        };
        let column = 83 + name.len();
        setting_refused(
            &setting,
            &format!(r#"1:{column}: callers.shop.{name}: found "{key}", expected {expected}"#),
        );
    }
}

#[test]
fn whoever_signs_says_for_which_gateway() {
    setting_refused(
        r#""callers": {"shop": {"ed25519": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#,
        r#"1:41: callers.shop: found a caller that signs, expected server.audience to say for which gateway its tokens are, such as "https://gateway.example.com""#,
    );
    setting_refused(
        r#""server": {"audience": ""}"#,
        r#"1:52: server.audience: found "", expected 1 to 255 visible ASCII characters, such as "https://gateway.example.com""#,
    );
    setting_refused(
        r#""server": {"audience": "a b"}"#,
        r#"1:52: server.audience: found "a b", expected 1 to 255 visible ASCII characters, such as "https://gateway.example.com""#,
    );
}

#[test]
fn a_route_is_for_somebody_who_is_known() {
    member_refused(
        r#""allow": []"#,
        "1:51: /p.allow: found nobody, expected at least one of callers; without allow the route is for everybody",
    );
    member_refused(
        r#""allow": ["shop"]"#,
        r#"1:52: /p.allow[0]: found "shop", expected a name of callers, where nobody is named"#,
    );
    member_refused(
        r#""allow": "shop""#,
        r#"1:51: /p.allow: found "shop", expected an array of strings in double quotes"#,
    );
    let known = |allow: &str| {
        format!(r#""allow": {allow}}}, "callers": {{"shop": {{"tokens_sha256": ["{}"]}}"#, "ab".repeat(32))
    };
    member_refused(
        &known(r#"["shp"]"#),
        r#"1:52: /p.allow[0]: found "shp", expected one of shop; did you mean "shop"?"#,
    );
    member_refused(
        &known(r#"["shop", "shop"]"#),
        "1:60: /p.allow[1]: found shop a second time, expected each caller once",
    );
    member_refused(
        &known(r#"["shop"], "forward_headers": ["accept", "Authorization"]"#),
        "1:80: /p.forward_headers: found the header authorization, expected any other: beside allow it is for the gateway; send the upstream's own with inject",
    );
}

#[test]
fn a_token_is_never_shown() {
    for wrong in [
        r#"{"shop": {"tokens_sha256": ["open-sesame"]}}"#,
        r#"{"shop": {"tokens_sha256": "open-sesame"}}"#,
        r#"{"shop": {"tokens_sha256": {"open-sesame": 1}}}"#,
    ] {
        let text = format!(r#"{{"/p": "https://a.example", "callers": {wrong}}}"#);
        let error = parse(&text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sesame"), "{error}");
    }
}
