//! Routes and targets: paths, upstreams, hosts.

use super::{hosts_refused, refused};

/// Asserts the error for each of some hosts, which is shown as it was written.
#[track_caller]
fn each_host_refused(hosts: &[&str], expectation: &str) {
    for host in hosts {
        let expected = format!("1:19: /p.hosts[0]: found \"{host}\", expected {expectation}");
        hosts_refused(&format!("\"{host}\""), &expected);
    }
}

/// Asserts the error for each of some upstreams, which is shown as it was written.
#[track_caller]
fn each_upstream_refused(upstreams: &[&str], expectation: &str) {
    for upstream in upstreams {
        let expected = format!("1:8: /p: found \"{upstream}\", expected {expectation}");
        refused(&format!(r#"{{"/p": "{}"}}"#, upstream.replace('\\', r"\\")), &expected);
    }
}

#[test]
fn routes_have_paths_that_a_request_can_have() {
    refused(
        r#"{"/p": 5}"#,
        "1:8: /p: found 5, expected the URL of an upstream in double quotes, or an object",
    );
    refused(
        r#"{"/p": null}"#,
        "1:8: /p: found null, expected the URL of an upstream in double quotes, or an object",
    );
    refused(
        r#"{"/p": ["https://a.example"]}"#,
        "1:8: /p: found an array, expected the URL of an upstream in double quotes, or an object",
    );
    refused(
        r#"{"/p/": "https://a.example"}"#,
        r#"1:2: /p/: found this path, expected a path without a slash at its end: "/p" matches everything below it"#,
    );
    refused(
        r#"{"//p": "https://a.example"}"#,
        "1:2: //p: found this path, expected a path without an empty segment (//)",
    );
    refused(
        r#"{"/p/../q": "https://a.example"}"#,
        "1:2: /p/../q: found this path, expected a path without a dot segment (. or ..)",
    );
    refused(
        r#"{"/p/%2e%2e": "https://a.example"}"#,
        "1:2: /p/%2e%2e: found this path, expected a path without a dot segment (. or ..)",
    );
    refused(
        r#"{"/p?x": "https://a.example"}"#,
        "1:2: /p?x: found this path, expected a path without query (?) and fragment (#)",
    );
    refused(
        r#"{"/p#x": "https://a.example"}"#,
        "1:2: /p#x: found this path, expected a path without query (?) and fragment (#)",
    );
    refused(
        r#"{"/p q": "https://a.example"}"#,
        "1:2: /p q: found this path, expected a path of visible ASCII characters, any other percent-encoded",
    );
    refused(
        r#"{"/pä": "https://a.example"}"#,
        "1:2: /pä: found this path, expected a path of visible ASCII characters, any other percent-encoded",
    );
    refused(
        r#"{"/%": "https://a.example"}"#,
        "1:2: /%: found this path, expected a path with two hex digits behind every %",
    );
    refused(
        r#"{"/p%0a": "https://a.example"}"#,
        "1:2: /p%0a: found this path, expected a path without a control character",
    );
    refused(
        r#"{"/p\\q": "https://a.example"}"#,
        r#"1:2: /p\q: found this path, expected a path without a backslash"#,
    );
}

#[test]
fn upstreams_are_absolute_urls_without_traps() {
    refused(
        r#"{"/p": "https://user:sesame@a.example/v1"}"#,
        r#"1:8: /p: found "https://…@a.example/v1", expected a URL without user or password; send credentials with inject"#,
    );
    refused(
        r#"{"/p": "user:sesame@a.example?key=sesame"}"#,
        r#"1:8: /p: found "…@a.example?…", expected an absolute URL, such as "https://api.example.com/v1/price""#,
    );
    refused(
        r#"{"/p": "https://user:open/sesame@a.example/"}"#,
        r#"1:8: /p: found "https://…@a.example/", expected a URL whose port is from 1 to 65535"#,
    );
    refused(
        r#"{"/p": "https://a.example/v1#top"}"#,
        r#"1:8: /p: found "https://a.example/v1#…", expected a URL without a fragment (#)"#,
    );
    refused(
        r#"{"/p": "https://a.example/v1?key=sesame#top"}"#,
        r#"1:8: /p: found "https://a.example/v1?…", expected a URL without a fragment (#)"#,
    );
    each_upstream_refused(
        &["", "api.example.com", "/v1"],
        r#"an absolute URL, such as "https://api.example.com/v1/price""#,
    );
    each_upstream_refused(&["ftp://a.example"], "a URL that starts with http:// or https://");
    each_upstream_refused(&["https://", "https:///v1", "https://:443/"], "a URL with a host");
    each_upstream_refused(&["https://a.example//v1"], "a URL whose path is without an empty segment (//)");
    each_upstream_refused(
        &["https://a.example/v1/../v2", "https://a.example/%2e%2e%2fv2", "https://a.example/a%5c..%5cb"],
        "a URL whose path is without a dot segment (. or ..)",
    );
    each_upstream_refused(&["https://a.example/a%00"], "a URL whose path is without a control character");
    each_upstream_refused(&[r#"https://a.example/\v1"#], "a URL whose path is without a backslash");
    each_upstream_refused(&["https://a.example/%zz"], "a URL whose path has two hex digits behind every %");
    each_upstream_refused(
        &["https://a.example/ü", "https://a.example/a b"],
        "a URL of visible ASCII characters, any other percent-encoded",
    );
    each_upstream_refused(
        &[
            "https://a.example:0/",
            "https://a.example:65536/",
            "https://a.example:/",
            "https://a.example:+80/",
        ],
        "a URL whose port is from 1 to 65535",
    );
    each_upstream_refused(
        &[
            "https://a.example:80:80/",
            "https://a_b.ex!ample/",
            "https://[::1/",
            "https://[::g]/",
            "https://[fe80::1%25eth0]/",
        ],
        "a URL whose host is a DNS name, an IPv4 address, or an IPv6 address in brackets",
    );
    each_upstream_refused(
        &["https://a.example/<x>"],
        r#"an absolute URL, such as "https://api.example.com/v1/price" (invalid uri character)"#,
    );
}

#[test]
fn a_route_names_exactly_one_of_upstream_and_hosts() {
    refused(
        r#"{"/p": {}}"#,
        "1:8: /p: found neither upstream nor hosts, expected exactly one of upstream and hosts",
    );
    refused(
        r#"{"/p": {"upstream": "https://a.example", "hosts": ["a.example"]}}"#,
        "1:42: /p.hosts: found hosts beside upstream, expected exactly one of upstream and hosts",
    );
    refused(r#"{"/p": {"upstream": 5}}"#, "1:21: /p.upstream: found 5, expected a string in double quotes");
    refused(
        r#"{"/p": {"hosts": []}}"#,
        r#"1:18: /p.hosts: found no host, expected at least one, such as "api.example.com" or "*.example.com""#,
    );
}

#[test]
fn hosts_are_names_never_addresses() {
    hosts_refused(
        r#""a.example", "a.example""#,
        "1:32: /p.hosts[1]: found a.example a second time, expected each host once",
    );
    each_host_refused(
        &["https://a.example", "a.example/v1"],
        r#"a host alone, without scheme and path, such as "api.example.com""#,
    );
    each_host_refused(&["a.example:443"], "a host without a port: these calls go to port 443");
    each_host_refused(&["A.example"], "lower case");
    each_host_refused(
        &["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "a.0x", "[::1]", "::1", "*.1.2"],
        "a DNS name, never an IP address",
    );
    each_host_refused(
        &["*", "a.*.example", "*a.example.com"],
        r#"a wildcard as the whole first label only, such as "*.example.com""#,
    );
    each_host_refused(&["*.example"], r#"a suffix of at least two labels, such as "*.example.com""#);
    each_host_refused(
        &["a..example", "a.example.", "-a.example", "a_b.example", "", "bücher.example"],
        r#"a DNS name, such as "api.example.com" or "*.example.com""#,
    );
}
