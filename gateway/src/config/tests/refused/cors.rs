//! Pages: origins that no browser would send, and headers of which there would be two.

use super::member_refused;
use crate::config::{Origins, tests::with};

#[test]
fn origins_are_what_a_browser_sends() {
    let expected = r#"expected an origin: scheme, host and port as a browser sends them, such as "https://app.example.com""#;
    for wrong in [
        "",
        "null",
        "app.example",
        "https://App.example",
        "https://app.example/",
        "https://app.example/x",
        "https://*.example",
        "https://user@app.example",
        "https://app.example?q",
        "https://",
        "https://app.example:x",
    ] {
        let error = super::parse(&format!(
            r#"{{"/p": {{"upstream": "https://a.example", "cors": {{"origins": ["{wrong}"]}}}}}}"#
        ));
        let error = error.err().unwrap_or_else(|| panic!("accepted: {wrong}")).to_string();
        assert!(error.contains("1:63: /p.cors.origins[0]: found ") && error.ends_with(expected), "{error}");
    }
    member_refused(
        r#""cors": {"origins": ["https://app.example:443", "http://app.example:80"]}"#,
        r#"1:63: /p.cors.origins[0]: found "https://app.example:443", expected an origin without the port that its scheme implies
1:90: /p.cors.origins[1]: found "http://app.example:80", expected an origin without the port that its scheme implies"#,
    );
    member_refused(
        r#""cors": {"origins": ["https://a.example", "*", "https://a.example"]}"#,
        r#"1:84: /p.cors.origins[1]: found "*", expected "*" alone, or origins without it
1:89: /p.cors.origins[2]: found https://a.example a second time, expected each origin once"#,
    );
    member_refused(
        r#""cors": {"origins": []}"#,
        r#"1:62: /p.cors.origins: found no origin, expected at least one, such as "https://app.example.com", or "*""#,
    );
}

#[test]
fn the_shape_of_cors_is_a_star_or_an_object() {
    member_refused(
        r#""cors": "https://app.example""#,
        r#"1:50: /p.cors: found "https://app.example", expected "*" or an object with origins"#,
    );
    member_refused(r#""cors": true"#, r#"1:50: /p.cors: found true, expected "*" or an object with origins"#);
    member_refused(r#""cors": {}"#, r#"1:50: /p.cors: found no member "origins", expected one"#);
    member_refused(
        r#""cors": {"origins": ["*"], "maxage": "1h"}"#,
        r#"1:69: /p.cors.maxage: found an unknown member, expected one of origins, headers, max_age; did you mean "max_age"?"#,
    );
    member_refused(
        r#""cors": {"origins": ["*"], "headers": ["host"], "max_age": "2d"}"#,
        r#"1:81: /p.cors.headers[0]: found the header host, expected any other: it follows from the upstream's URL
1:101: /p.cors.max_age: found "2d", expected a duration from 1s to 24h, such as "10m""#,
    );
    for everybody in [r#""cors": "*""#, r#""cors": {"origins": ["*"]}"#] {
        assert_eq!(with(everybody).cors.unwrap().origins, Origins::Any, "{everybody}");
    }
}

#[test]
fn what_the_gateway_tells_a_page_is_not_kept_of_an_upstream_too() {
    member_refused(
        r#""response": {"keep_headers": ["access-control-allow-origin"]}, "cors": "*""#,
        "1:105: /p.cors: found cors beside the kept header access-control-allow-origin, expected response.keep_headers to leave that to the gateway: a browser refuses two of them",
    );
    assert!(with(r#""response": {"keep_headers": ["access-control-allow-origin"]}"#).cors.is_none());
}
