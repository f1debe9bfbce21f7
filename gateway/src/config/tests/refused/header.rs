//! Headers: names that belong to others, and values that are never shown.

use super::{member_refused, refused};

#[test]
fn header_lists_leave_some_names_to_others() {
    member_refused(
        r#""forward_headers": ["host", "Content-Length", "idempotency-key", "expect", "te"]"#,
        "1:62: /p.forward_headers[0]: found the header host, expected any other: it follows from the upstream's URL\n1:70: /p.forward_headers[1]: found the header content-length, expected any other: it follows from the body\n1:88: /p.forward_headers[2]: found the header idempotency-key, expected any other: upstream_key says which one goes upstream\n1:107: /p.forward_headers[3]: found the header expect, expected any other: the gateway has the whole body before it calls\n1:117: /p.forward_headers[4]: found the header te, expected any other: it belongs to a single connection",
    );
    member_refused(
        r#""forward_headers": ["a b", ""]"#,
        r#"1:62: /p.forward_headers[0]: found no header name, expected a header name, such as "content-type"
1:69: /p.forward_headers[1]: found no header name, expected a header name, such as "content-type""#,
    );
    member_refused(
        r#""forward_headers": ["accept", "Accept"]"#,
        "1:72: /p.forward_headers[1]: found accept a second time, expected each header once",
    );
    member_refused(
        r#""response": {"keep_headers": ["connection", "content-length", "Content-Encoding", "transfer-encoding"]}"#,
        "1:72: /p.response.keep_headers[0]: found the header connection, expected any other: it belongs to a single connection\n1:86: /p.response.keep_headers[1]: found the header content-length, expected any other: it follows from the body\n1:104: /p.response.keep_headers[2]: found the header content-encoding, expected any other: answers are decompressed\n1:124: /p.response.keep_headers[3]: found the header transfer-encoding, expected any other: it belongs to a single connection",
    );
    member_refused(
        r#""response": {"keep_headers": ["Signature", "content-digest"]}"#,
        "1:72: /p.response.keep_headers[0]: found the header signature, expected any other: it is the gateway's, in a receipt\n1:85: /p.response.keep_headers[1]: found the header content-digest, expected any other: it is the gateway's, in a receipt",
    );
    member_refused(
        r#""response": {"keep_headers": ["etag", "ETag"]}"#,
        "1:80: /p.response.keep_headers[1]: found etag a second time, expected each header once",
    );
    member_refused(
        r#""inject": {"Host": "x", "upgrade": "x", "x y": "x"}"#,
        r#"1:53: /p.inject.Host: found the header host, expected any other: it follows from the upstream's URL
1:66: /p.inject.upgrade: found the header upgrade, expected any other: it belongs to a single connection
1:82: /p.inject.x y: found no header name, expected a header name, such as "content-type""#,
    );
    member_refused(
        r#""inject": {"X-A": "1", "x-a": "2"}"#,
        "1:65: /p.inject.x-a: found x-a a second time, expected each header once, in whatever case",
    );
}

#[test]
fn injected_values_come_from_the_environment_and_are_never_shown() {
    member_refused(
        r#""inject": {"authorization": "Bearer ${MISSING}"}"#,
        "1:70: /p.inject.authorization: found no environment variable MISSING, expected it to be set",
    );
    member_refused(
        r#""inject": {"authorization": "Bearer ${EMPTY}"}"#,
        "1:70: /p.inject.authorization: found the environment variable EMPTY empty, expected a value in it",
    );
    member_refused(
        r#""inject": {"authorization": "Bearer ${TOKEN"}"#,
        "1:70: /p.inject.authorization: found a ${ without the name of a variable and a } behind it, expected ${NAME} for a variable, or $${ for the characters ${",
    );
    member_refused(
        r#""inject": {"authorization": "Bearer ${}"}"#,
        "1:70: /p.inject.authorization: found a ${ without the name of a variable and a } behind it, expected ${NAME} for a variable, or $${ for the characters ${",
    );
    member_refused(
        r#""inject": {"authorization": "Bearer ${1X}"}"#,
        "1:70: /p.inject.authorization: found a ${ without the name of a variable and a } behind it, expected ${NAME} for a variable, or $${ for the characters ${",
    );
    member_refused(
        r#""inject": {"authorization": "Bearer ${A-B}"}"#,
        "1:70: /p.inject.authorization: found a ${ without the name of a variable and a } behind it, expected ${NAME} for a variable, or $${ for the characters ${",
    );
    member_refused(
        r#""inject": {"authorization": "${BROKEN}"}"#,
        "1:70: /p.inject.authorization: found a value that is not shown, expected visible ASCII characters and spaces, once ${…} is replaced",
    );
    member_refused(
        r#""inject": {"authorization": "sesame\n"}"#,
        "1:70: /p.inject.authorization: found a value that is not shown, expected visible ASCII characters and spaces, once ${…} is replaced",
    );
}

#[test]
fn a_wildcard_is_never_handed_an_injected_header() {
    refused(
        r#"{"/p": {"hosts": ["a.example", "*.b.example"], "inject": {"authorization": "sesame"}}}"#,
        "1:48: /p.inject: found inject beside the wildcard *.b.example, expected hosts to name each host: a wildcard may hand what is injected to anybody below it",
    );
}
