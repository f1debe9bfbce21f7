//! Values out of bounds, and members that contradict each other.

use outcall_protocol::jq::Projection;

use super::{member_refused, setting_refused};

/// Asserts the error for each of some durations of one member.
#[track_caller]
fn each_duration_refused(member: &str, texts: &[&str], expectation: &str) {
    // The members of a route start in column 42; name, quotes, colon and space follow.
    let column = 42 + member.len() + 4;
    for text in texts {
        let expected = format!("1:{column}: /p.{member}: found \"{text}\", expected {expectation}");
        member_refused(&format!("\"{member}\": \"{text}\""), &expected);
    }
}

#[test]
fn methods_are_those_that_are_served() {
    member_refused(
        r#""methods": []"#,
        r#"1:53: /p.methods: found no method, expected at least one, such as "GET""#,
    );
    member_refused(
        r#""methods": ["get"]"#,
        r#"1:54: /p.methods[0]: found "get", expected one of GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS; did you mean "GET"?"#,
    );
    member_refused(
        r#""methods": ["TRACE", "CONNECT"]"#,
        r#"1:54: /p.methods[0]: found "TRACE", expected another method, since TRACE and CONNECT are never served
1:63: /p.methods[1]: found "CONNECT", expected another method, since TRACE and CONNECT are never served"#,
    );
    member_refused(
        r#""methods": ["BREW"]"#,
        r#"1:54: /p.methods[0]: found "BREW", expected one of GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS"#,
    );
    member_refused(
        r#""methods": ["A", "A", "A", "A", "A", "A", "A", "A"]"#,
        "1:53: /p.methods: found 8 methods, expected at most 7",
    );
    member_refused(
        r#""methods": ["GET", "POST", "GET"]"#,
        "1:69: /p.methods[2]: found GET a second time, expected each method once",
    );
}

#[test]
fn a_key_is_derived_only_where_equal_requests_mean_the_same() {
    member_refused(
        r#""key": "derive""#,
        r#"1:49: /p.key: found "derive" on a route that serves POST, PUT, DELETE, PATCH, expected methods to name only GET, HEAD, OPTIONS: of any other, two equal requests may both be meant"#,
    );
    member_refused(
        r#""key": "derive", "methods": ["GET", "POST", "DELETE"]"#,
        r#"1:49: /p.key: found "derive" on a route that serves POST, DELETE, expected methods to name only GET, HEAD, OPTIONS: of any other, two equal requests may both be meant"#,
    );
    member_refused(
        r#""upstream_idempotent": true, "upstream_key": "none""#,
        r#"1:87: /p.upstream_key: found "none" beside upstream_idempotent, expected "derived" or "raw": a backend honours only a key that it sees"#,
    );
}

#[test]
fn durations_have_units_and_bounds() {
    member_refused(
        r#""breaker": {"failures": 5, "cooldown": "999ms"}"#,
        r#"1:81: /p.breaker.cooldown: found "999ms", expected a duration from 1s to 1h, such as "30s""#,
    );
    member_refused(
        r#""breaker": {"failures": 5, "cooldown": "2h"}"#,
        r#"1:81: /p.breaker.cooldown: found "2h", expected a duration from 1s to 1h, such as "30s""#,
    );
    each_duration_refused(
        "ttl",
        &[
            "2 fortnights",
            "0",
            "30",
            "",
            "119s",
            "31d",
            "1 2h",
            "-5m",
            "1h 30",
            "18446744073709551615s 1000ms",
        ],
        r#"a duration from 120s to 30d, such as "24h""#,
    );
    each_duration_refused("error_ttl", &["1m", "31d"], r#"a duration from 120s to 30d, such as "5m""#);
    each_duration_refused("window", &["4s", "61m"], r#"a duration from 5s to 1h, such as "60s""#);
    each_duration_refused("timeout", &["99ms", "61m"], r#"a duration from 100ms to 25s, such as "20s""#);
    let longer = "a duration from 100ms to 25s, or respond_async beside it, which allows 1h";
    each_duration_refused("timeout", &["26s", "1h"], longer);
}

#[test]
fn answers_and_pressure_have_bounds() {
    member_refused(
        r#""response": {"max_bytes": 0}"#,
        "1:68: /p.response.max_bytes: found 0, expected a whole number from 1 to 2000000",
    );
    member_refused(
        r#""response": {"max_bytes": 2000001}"#,
        "1:68: /p.response.max_bytes: found 2000001, expected a whole number from 1 to 2000000",
    );
    member_refused(
        r#""response": {"max_upstream_bytes": 16000001}"#,
        "1:77: /p.response.max_upstream_bytes: found 16000001, expected a whole number from 1 to 16000000",
    );
    member_refused(
        r#""rate": {"per_second": 0}"#,
        "1:65: /p.rate.per_second: found 0, expected a number above 0, up to 1000000",
    );
    member_refused(
        r#""rate": {"per_second": -1}"#,
        "1:65: /p.rate.per_second: found -1, expected a number above 0, up to 1000000",
    );
    member_refused(
        r#""rate": {"per_second": 1e7}"#,
        "1:65: /p.rate.per_second: found 1e7, expected a number above 0, up to 1000000",
    );
    member_refused(
        r#""rate": {"per_second": 1e999}"#,
        "1:65: /p.rate.per_second: found 1e999, expected a number above 0, up to 1000000",
    );
    member_refused(
        r#""rate": {"per_second": 1, "burst": 0}"#,
        "1:77: /p.rate.burst: found 0, expected a whole number from 1 to 1000000",
    );
    member_refused(
        r#""rate": {"per_second": 1, "burst": 1000001}"#,
        "1:77: /p.rate.burst: found 1000001, expected a whole number from 1 to 1000000",
    );
    member_refused(
        r#""concurrency": 0"#,
        "1:57: /p.concurrency: found 0, expected a whole number from 1 to 1000000",
    );
    member_refused(
        r#""concurrency": 1000001"#,
        "1:57: /p.concurrency: found 1000001, expected a whole number from 1 to 1000000",
    );
    member_refused(
        r#""breaker": {"failures": 0, "cooldown": "30s"}"#,
        "1:66: /p.breaker.failures: found 0, expected a whole number from 1 to 1000",
    );
    member_refused(
        r#""breaker": {"failures": 1001, "cooldown": "30s"}"#,
        "1:66: /p.breaker.failures: found 1001, expected a whole number from 1 to 1000",
    );
}

#[test]
fn settings_have_bounds() {
    setting_refused(r#""server": 5"#, "1:39: server: found 5, expected an object");
    setting_refused(
        r#""server": {"listen": "8080"}"#,
        r#"1:50: server.listen: found "8080", expected an address with its port, such as "127.0.0.1:8080" or "[::]:8080""#,
    );
    setting_refused(
        r#""server": {"listen": "localhost:8080"}"#,
        r#"1:50: server.listen: found "localhost:8080", expected an address with its port, such as "127.0.0.1:8080" or "[::]:8080""#,
    );
    setting_refused(
        r#""server": {"drain": "0s"}"#,
        r#"1:49: server.drain: found "0s", expected a duration from 1s to 1h, such as "30s""#,
    );
    setting_refused(
        r#""server": {"connections": 0}"#,
        "1:55: server.connections: found 0, expected a whole number from 1 to 1000000",
    );
    setting_refused(
        r#""server": {"connections_per_address": 0}"#,
        "1:67: server.connections_per_address: found 0, expected a whole number from 1 to 1000000",
    );
    setting_refused(
        r#""server": {"trusted_proxies": ["10.0.0.0/8", "10.0.0.0/33", "g"]}"#,
        "1:74: server.trusted_proxies[1]: found \"10.0.0.0/33\", expected an address or a network, such as \"10.0.0.0/8\" or \"fd00::/8\"\n1:89: server.trusted_proxies[2]: found \"g\", expected an address or a network, such as \"10.0.0.0/8\" or \"fd00::/8\"",
    );
    setting_refused(
        r#""server": {"tls": {"certificate": "cert.pem"}}"#,
        r#"1:47: server.tls: found no member "key", expected one"#,
    );
    setting_refused(
        r#""server": {"tls": {"certificate": "", "key": "key.pem"}}"#,
        r#"1:63: server.tls.certificate: found "", expected the path of a PEM file"#,
    );
    setting_refused(
        r#""server": {"upstream_ca": ""}"#,
        r#"1:55: server.upstream_ca: found "", expected the path of a PEM file"#,
    );
    setting_refused(
        r#""store": {"room_bytes": 400204799}"#,
        "1:53: store.room_bytes: found 400204799, expected a whole number of bytes from 400204800 (room for 200 claims at the largest max_bytes of all routes, 2000000, and 1024 each around it) to 1125899906842624",
    );
    setting_refused(
        r#""store": {"room_bytes": "1GiB"}"#,
        r#"1:53: store.room_bytes: found "1GiB", expected a whole number"#,
    );
}

#[test]
fn a_filter_that_cannot_be_run_is_refused_with_the_reason() {
    let reason = Projection::compile("env.HOME").unwrap_err();
    let expected =
        format!("1:61: /p.response.jq: found \"env.HOME\", expected a jq filter that can be run: {reason}");
    member_refused(r#""response": {"jq": "env.HOME"}"#, &expected);
}
