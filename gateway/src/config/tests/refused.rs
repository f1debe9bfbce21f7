//! Bad configurations, each with the exact text that its author will read.

use super::parse;

mod callers;
mod cors;
mod header;
mod receipts;
mod respond_async;
mod target;
mod text;
mod value;

/// Asserts the whole text of the error; the name of the file is left out.
#[track_caller]
fn refused(text: &str, expected: &str) {
    let error = parse(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
    assert_eq!(
        error.with_file("").to_string().replace("\n:", "\n").trim_start_matches(':'),
        expected,
        "{text}"
    );
}

/// As [`refused`], for members of a route beside its upstream.
#[track_caller]
fn member_refused(members: &str, expected: &str) {
    refused(&format!(r#"{{"/p": {{"upstream": "https://a.example", {members}}}}}"#), expected);
}

#[track_caller]
fn hosts_refused(hosts: &str, expected: &str) {
    refused(&format!(r#"{{"/p": {{"hosts": [{hosts}]}}}}"#), expected);
}

#[track_caller]
fn setting_refused(setting: &str, expected: &str) {
    refused(&format!(r#"{{"/p": "https://a.example", {setting}}}"#), expected);
}

#[test]
fn all_problems_are_reported_together() {
    refused(
        r#"{
  "/a": {"upstream": "ftp://a.example", "ttl": 30, "tll": "2h", "methods": ["get", "GET"], "response": {"jq": 1}},
  "/b/": {"hosts": ["1.2.3.4"], "key": "derive"},
  "sever": {},
  "store": {"room_bytes": 1},
}"#,
        r#"2:22: /a.upstream: found "ftp://a.example", expected a URL that starts with http:// or https://
2:48: /a.ttl: found 30, expected a duration in a string with its unit, such as "30s"
2:52: /a.tll: found an unknown member, expected one of upstream, hosts, methods, key, ttl, error_ttl, window, timeout, respond_async, forward_headers, inject, allow, upstream_idempotent, upstream_key, follow_redirects, response, rate, concurrency, breaker, cors; did you mean "ttl"?
2:77: /a.methods[0]: found "get", expected one of GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS; did you mean "GET"?
2:111: /a.response.jq: found 1, expected a string in double quotes
3:3: /b/: found this path, expected a path without a slash at its end: "/b" matches everything below it
3:21: /b/.hosts[0]: found "1.2.3.4", expected a DNS name, never an IP address
3:40: /b/.key: found "derive" on a route that serves POST, PUT, DELETE, PATCH, expected methods to name only GET, HEAD, OPTIONS: of any other, two equal requests may both be meant
4:3: sever: found an unknown member, expected a route, whose name starts with /, or one of $schema, callers, receipts, server, store; did you mean "server"?
5:27: store.room_bytes: found 1, expected a whole number of bytes from 400204800 (room for 200 claims at the largest max_bytes of all routes, 2000000, and 1024 each around it) to 1125899906842624"#,
    );
}
