//! Routes that give out tickets: their times, their methods, their bounds, and what may lie below them.

use super::{member_refused, refused};

#[test]
fn it_is_switched_on_or_described() {
    for wrong in [r#""yes""#, "1", "[]", "null"] {
        let found = if wrong == "[]" { "an array" } else { wrong };
        member_refused(
            &format!(r#""respond_async": {wrong}"#),
            &format!("1:59: /p.respond_async: found {found}, expected true, false or an object"),
        );
    }
    member_refused(
        r#""respond_async": {"pol": "5s"}"#,
        r#"1:60: /p.respond_async.pol: found an unknown member, expected one of poll, running, cancel; did you mean "poll"?"#,
    );
    member_refused(
        r#""respond_async": {"cancel": "yes"}"#,
        r#"1:70: /p.respond_async.cancel: found "yes", expected true or false"#,
    );
}

#[test]
fn its_numbers_have_bounds() {
    for wrong in [r#""999ms""#, r#""61s""#] {
        member_refused(
            &format!(r#""respond_async": {{"poll": {wrong}}}"#),
            &format!(
                r#"1:68: /p.respond_async.poll: found {wrong}, expected a duration from 1s to 60s, such as "5s""#
            ),
        );
    }
    member_refused(
        r#""respond_async": {"poll": "1500ms"}"#,
        r#"1:68: /p.respond_async.poll: found "1500ms", expected whole seconds, as Retry-After has them"#,
    );
    member_refused(
        r#""respond_async": {"poll": 5}"#,
        r#"1:68: /p.respond_async.poll: found 5, expected a duration in a string with its unit, such as "5s""#,
    );
    for wrong in [0, 101] {
        member_refused(
            &format!(r#""respond_async": {{"running": {wrong}}}"#),
            &format!("1:71: /p.respond_async.running: found {wrong}, expected a whole number from 1 to 100"),
        );
    }
    for wrong in ["99ms", "61m"] {
        member_refused(
            &format!(r#""respond_async": true, "timeout": "{wrong}""#),
            &format!(
                r#"1:76: /p.timeout: found "{wrong}", expected a duration from 100ms to 1h, such as "10m""#
            ),
        );
    }
}

/// The control: without tickets the same methods and times are fine, or not.
#[test]
fn only_what_does_something_is_given_a_ticket() {
    for method in ["GET", "HEAD", "OPTIONS"] {
        member_refused(
            &format!(r#""respond_async": true, "methods": ["POST", "{method}"]"#),
            &format!(
                r#"1:85: /p.methods[1]: found "{method}", expected POST, PUT, DELETE or PATCH beside respond_async: polls are answered by the gateway"#
            ),
        );
    }
    member_refused(
        r#""respond_async": true, "key": "derive""#,
        r#"1:72: /p.key: found "derive" on a route that serves POST, expected methods to name only GET, HEAD, OPTIONS: of any other, two equal requests may both be meant"#,
    );
    member_refused(
        r#""respond_async": false, "timeout": "10m""#,
        r#"1:77: /p.timeout: found "10m", expected a duration from 100ms to 25s, or respond_async beside it, which allows 1h"#,
    );
}

#[test]
fn below_its_tickets_is_no_route() {
    for below in ["/llm/ticket", "/llm/ticket/x"] {
        refused(
            &format!(
                r#"{{"{below}": "https://b.example", "/llm": {{"upstream": "https://a.example", "respond_async": true}}}}"#
            ),
            &format!(
                r#"1:2: {below}: found this path, expected another: below "/llm/ticket" are the tickets of "/llm""#
            ),
        );
    }
    refused(
        r#"{"/": {"upstream": "https://a.example", "respond_async": true}, "/ticket": "https://b.example"}"#,
        r#"1:65: /ticket: found this path, expected another: below "/ticket" are the tickets of "/""#,
    );
    for fine in ["/llm/tickets", "/llm/v1/ticket", "/ticket"] {
        let text = format!(
            r#"{{"{fine}": "https://b.example", "/llm": {{"upstream": "https://a.example", "respond_async": true}}}}"#
        );
        assert!(super::parse(&text).is_ok(), "{fine}");
    }
}
