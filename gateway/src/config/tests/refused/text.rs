//! Text that is not the JSON we read, and members that do not exist or have another shape.

use super::{member_refused, refused};

#[test]
fn text_that_is_not_json_is_refused_with_its_place() {
    refused("", "1:1: found no value, expected an object of routes and settings");
    refused("  // nothing", "1:1: found no value, expected an object of routes and settings");
    refused("[]", "1:1: found an array, expected an object of routes and settings");
    refused(r#""x""#, r#"1:1: found "x", expected an object of routes and settings"#);
    refused(
        r#"{"/p": "https://a.example""#,
        "1:1: found the end of the file inside an object that starts here, expected a closing }",
    );
    refused("{'/p': 'https://a.example'}", "1:2: found a single quote, expected double quotes");
    refused("{p: 1}", "1:2: found a name without quotes, expected a name in double quotes");
    refused(r#"{"/p" "https://a.example"}"#, "1:7: found no colon after a name, expected name, colon, value");
    refused(
        r#"{"/p": "https://a.example" "/q": "https://a.example"}"#,
        "1:27: found no comma, expected a comma before the next member",
    );
    refused(
        r#"{"/p": "https://a.example",,}"#,
        "1:28: found a mistake in the JSON (unexpected token in object), expected JSON with comments and trailing commas",
    );
    refused(
        r#"{"/p": "https://a.example"} x"#,
        "1:29: found text after the end of the object, expected the end of the file",
    );
    refused(
        r#"{"/p": }"#,
        "1:8: found a mistake in the JSON (unexpected close brace), expected JSON with comments and trailing commas",
    );
    refused(r#"{"/p": {"concurrency": 0x10}}"#, "1:24: found a hexadecimal number, expected a decimal one");
    refused(
        r#"{"/p": {"concurrency": +1}}"#,
        "1:24: found a mistake in the JSON (unary plus on numbers is not allowed), expected JSON with comments and trailing commas",
    );
    refused(
        r#"{"/p": {"rate": {"per_second": .5}}}"#,
        "1:32: found a number without digits on both sides of its point, expected a number such as 0.5",
    );
    refused(
        r#"{"/p": {"rate": {"per_second": NaN}}}"#,
        "1:32: found a mistake in the JSON (unexpected token), expected JSON with comments and trailing commas",
    );
    refused(
        r#"{"/p": tru}"#,
        "1:8: found a mistake in the JSON (unexpected token), expected JSON with comments and trailing commas",
    );
    refused(
        r#"{"/p": "a\x41"}"#,
        "1:10: found a mistake in the JSON (invalid escape), expected JSON with comments and trailing commas",
    );
    refused(
        r#"{"/p": "a
b"}"#,
        r#"1:8: /p: found a raw control character, expected an escape such as \n or \u0000
1:8: /p: found "a\nb", expected a URL of visible ASCII characters, any other percent-encoded"#,
    );
    refused(
        r#"{/* "/p""#,
        "1:2: found the end of the file inside a comment that starts here, expected a closing */",
    );
    refused("\u{feff}{}", "1:1: found a byte order mark, expected plain UTF-8 without one");
    refused(r#"{"/p": ["a" "b"]}"#, "1:12: found no comma, expected a comma before the next member");
}

#[test]
fn a_name_that_is_written_twice_is_refused_at_any_depth() {
    refused(
        r#"{
  "/p": "https://a.example",
  "/p": "https://b.example"
}"#,
        r#"3:3: /p: found "/p" a second time, expected each name once"#,
    );
    refused(
        r#"{"/p": {"upstream": "https://a.example", "ttl": "1h", "ttl": "2h"}}"#,
        r#"1:55: /p.ttl: found "ttl" a second time, expected each name once"#,
    );
    refused(
        r#"{"/p": {"upstream": "https://a.example", "inject": {"a": "1", "a": "2"}}}"#,
        r#"1:63: /p.inject.a: found "a" a second time, expected each name once"#,
    );
}

#[test]
fn members_that_do_not_exist_are_refused_with_what_does() {
    refused(
        "{}",
        r#"1:1: found no route, expected at least one, such as "/price": "https://api.example.com/v1/price""#,
    );
    refused(
        r#"{"$schema": 1, "/p": "https://a.example"}"#,
        "1:13: $schema: found 1, expected the address of a JSON schema in double quotes",
    );
    refused(
        r#"{"price": "https://api.example.com/v1/price"}"#,
        r#"1:2: price: found an unknown member, expected routes to start with a slash; did you mean "/price"?"#,
    );
    refused(
        r#"{"price": {"hosts": ["a.example"]}}"#,
        r#"1:2: price: found an unknown member, expected routes to start with a slash; did you mean "/price"?"#,
    );
    refused(
        r#"{"/p": "https://a.example", "sever": {}}"#,
        r#"1:29: sever: found an unknown member, expected a route, whose name starts with /, or one of $schema, callers, receipts, server, store; did you mean "server"?"#,
    );
    refused(
        r#"{"/p": "https://a.example", "metrics": {}}"#,
        "1:29: metrics: found an unknown member, expected a route, whose name starts with /, or one of $schema, callers, receipts, server, store",
    );
    refused(
        r#"{"/p": "https://a.example", "line\nbreak": 1}"#,
        r#"1:29: line\nbreak: found an unknown member, expected a route, whose name starts with /, or one of $schema, callers, receipts, server, store"#,
    );
    refused(
        r#"{"/p": {"upstream": "https://a.example", "forwardHeaders": []}}"#,
        r#"1:42: /p.forwardHeaders: found an unknown member, expected one of upstream, hosts, methods, key, ttl, error_ttl, window, timeout, respond_async, forward_headers, inject, allow, upstream_idempotent, upstream_key, follow_redirects, response, rate, concurrency, breaker, cors; did you mean "forward_headers"?"#,
    );
    refused(
        r#"{"/p": {"upstream": "https://a.example", "respons": {}}}"#,
        r#"1:42: /p.respons: found an unknown member, expected one of upstream, hosts, methods, key, ttl, error_ttl, window, timeout, respond_async, forward_headers, inject, allow, upstream_idempotent, upstream_key, follow_redirects, response, rate, concurrency, breaker, cors; did you mean "response"?"#,
    );
    refused(
        r#"{"/p": {"upstream": "https://a.example", "response": {"keep-headers": []}}}"#,
        r#"1:55: /p.response.keep-headers: found an unknown member, expected one of keep_headers, jq, canonical_json, max_bytes, max_upstream_bytes; did you mean "keep_headers"?"#,
    );
    refused(
        r#"{"/p": "https://a.example", "server": {"port": 80}}"#,
        "1:40: server.port: found an unknown member, expected one of listen, drain, connections, connections_per_address, trusted_proxies, tls, upstream_ca, audience",
    );
    refused(
        r#"{"/p": "https://a.example", "store": {"room": "1GiB"}}"#,
        "1:39: store.room: found an unknown member, expected one of room_bytes",
    );
}

#[test]
fn values_of_another_shape_are_refused_with_the_shape() {
    member_refused(
        r#""ttl": 30"#,
        r#"1:49: /p.ttl: found 30, expected a duration in a string with its unit, such as "30s""#,
    );
    member_refused(
        r#""ttl": null"#,
        r#"1:49: /p.ttl: found null, expected a duration in a string, such as "2s" or "24h""#,
    );
    member_refused(
        r#""ttl": -1"#,
        r#"1:49: /p.ttl: found -1, expected a duration in a string, such as "2s" or "24h""#,
    );
    member_refused(
        r#""ttl": 1.5"#,
        r#"1:49: /p.ttl: found 1.5, expected a duration in a string, such as "2s" or "24h""#,
    );
    member_refused(
        r#""methods": "GET""#,
        r#"1:53: /p.methods: found "GET", expected an array of strings in double quotes"#,
    );
    member_refused(
        r#""methods": ["GET", 5]"#,
        "1:61: /p.methods[1]: found 5, expected a string in double quotes",
    );
    member_refused(r#""key": "never""#, r#"1:49: /p.key: found "never", expected "require" or "derive""#);
    member_refused(r#""key": true"#, r#"1:49: /p.key: found true, expected "require" or "derive""#);
    member_refused(
        r#""upstream_key": "RAW""#,
        r#"1:58: /p.upstream_key: found "RAW", expected "derived", "raw" or "none""#,
    );
    member_refused(
        r#""upstream_idempotent": "yes""#,
        r#"1:65: /p.upstream_idempotent: found "yes", expected true or false"#,
    );
    member_refused(r#""response": []"#, "1:54: /p.response: found an array, expected an object");
    member_refused(r#""rate": [1, 2]"#, "1:50: /p.rate: found an array, expected an object");
    member_refused(
        r#""response": {"canonical_json": 1}"#,
        "1:73: /p.response.canonical_json: found 1, expected true or false",
    );
    member_refused(r#""rate": 10"#, "1:50: /p.rate: found 10, expected an object");
    member_refused(r#""rate": {}"#, r#"1:50: /p.rate: found no member "per_second", expected one"#);
    member_refused(
        r#""rate": {"per_second": "10"}"#,
        r#"1:65: /p.rate.per_second: found "10", expected a number"#,
    );
    member_refused(r#""concurrency": 1.5"#, "1:57: /p.concurrency: found 1.5, expected a whole number");
    member_refused(r#""concurrency": -1"#, "1:57: /p.concurrency: found -1, expected a whole number");
    member_refused(
        r#""inject": "Bearer sesame""#,
        "1:52: /p.inject: found a value that is not shown, expected an object",
    );
    member_refused(
        r#""inject": {"authorization": 12345}"#,
        "1:70: /p.inject.authorization: found a value that is not shown, expected a string in double quotes",
    );
    member_refused(
        r#""breaker": {"failures": 5}"#,
        r#"1:53: /p.breaker: found no member "cooldown", expected one"#,
    );
}
