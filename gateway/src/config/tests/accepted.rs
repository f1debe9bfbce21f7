//! Good configurations and what they become.

use std::time::Duration;

use http::{Method, header};

use super::{EVERYTHING, SEED, accepted, env, only, parse, with};
use crate::config::{Base, Config, HostPattern, KeyRule, RespondAsync, Route, Target, UpstreamKey};

fn base(route: &Route) -> &Base {
    match &route.target {
        Target::Fixed(base) => base,
        Target::Hosts(_) => panic!("{} has hosts", route.path),
    }
}

fn names<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

#[test]
fn the_short_form_works_as_written_with_a_comment_and_a_trailing_comma() {
    let route = only(SEED);
    assert_eq!(&*route.path, "/price");
    assert_eq!(base(&route).to_string(), "https://api.example.com/v1/price");
    assert_eq!(names(&route.methods), ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);
    assert_eq!(route.key, KeyRule::ByMethod);
    assert_eq!(route.ttl, Duration::from_secs(86_400));
    assert_eq!(route.error_ttl, None);
    assert_eq!(route.window, Duration::from_secs(60));
    assert_eq!(route.timeout, Duration::from_secs(20));
    assert_eq!(
        names(&route.forward_headers),
        ["accept", "accept-language", "authorization", "content-type", "x-api-key"],
    );
    assert!(route.inject.is_empty());
    assert!(!route.upstream_idempotent);
    assert_eq!(route.upstream_key, UpstreamKey::Derived);
    assert_eq!(names(&route.response.keep_headers), ["content-type"]);
    assert!(route.response.jq.is_none() && !route.response.canonical_json);
    assert_eq!((route.response.max_bytes, route.response.max_upstream_bytes), (2_000_000, 2_000_000));
    assert!(route.rate.is_none() && route.concurrency.is_none() && route.breaker.is_none());
}

#[test]
fn the_settings_have_defaults() {
    let config = accepted(SEED);
    assert_eq!(config.store.room_bytes, 1 << 30);
    assert_eq!(config.server.drain, Duration::from_secs(30));
    assert_eq!(config.server.connections, 16_384);
    assert_eq!(config.server.connections_per_address, None);
    assert!(
        config.server.listen.is_none() && config.server.tls.is_none() && config.server.upstream_ca.is_none()
    );
}

#[test]
fn a_route_with_tickets_has_defaults_of_its_own() {
    let route = with(r#""respond_async": true"#);
    let rules = RespondAsync { poll: Duration::from_secs(5), running: 50, cancel: false };
    assert_eq!(route.respond_async, Some(rules));
    assert_eq!((names(&route.methods), route.timeout), (vec!["POST".to_owned()], Duration::from_secs(600)));
    assert_eq!(with(r#""respond_async": {}"#).respond_async, Some(rules));
    assert_eq!(with(r#""respond_async": false"#).respond_async, None);
    let said = with(
        r#""respond_async": {"poll": "1m", "running": 100, "cancel": true}, "timeout": "1h", "methods": ["PUT", "POST"]"#,
    );
    let rules = RespondAsync { poll: Duration::from_secs(60), running: 100, cancel: true };
    assert_eq!((said.respond_async, said.timeout), (Some(rules), Duration::from_secs(3600)));
    assert_eq!(names(&said.methods), ["POST", "PUT"]);
}

#[test]
fn the_shipped_file_parses() {
    let config = accepted(include_str!("../../../../proxy_conf.json"));
    assert_eq!(config.routes.len(), 1);
}

#[test]
fn the_short_form_and_its_long_form_are_the_same_route() {
    let long = only(r#"{"/price": {"upstream": "https://api.example.com/v1/price"}}"#);
    assert_eq!(format!("{long:?}"), format!("{:?}", only(SEED)));
}

#[test]
fn the_long_form_says_everything() {
    let config = accepted(EVERYTHING);
    let pay = &config.routes[0];
    assert_eq!(base(pay).authority.as_str(), "[2001:db8::1]:8443");
    assert_eq!(base(pay).query.as_deref(), Some("account=open-sesame"));
    assert_eq!(names(&pay.methods), ["GET", "POST"]);
    assert_eq!(pay.key, KeyRule::Require);
    assert_eq!(pay.window, Duration::from_secs(90));
    assert_eq!(pay.timeout, Duration::from_millis(2_500));
    assert_eq!(names(&pay.forward_headers), ["accept", "x-trace"]);
    assert_eq!(pay.upstream_key, UpstreamKey::Raw);
    assert_eq!(names(&pay.response.keep_headers), ["content-type", "etag"]);
    assert_eq!(pay.rate.map(|rate| (rate.per_second, rate.burst.get())), Some((2.5, 3)));
    assert_eq!(pay.concurrency.map(|calls| calls.get()), Some(8));
    assert_eq!(pay.breaker.map(|breaker| breaker.cooldown), Some(Duration::from_secs(30)));
    let fetch = &config.routes[1];
    assert!(
        matches!(&fetch.target, Target::Hosts(hosts) if names(hosts) == ["*.example.com", "api.example.org"])
    );
    assert_eq!(config.server.listen.map(|address| address.port()), Some(8080));
    assert_eq!(config.server.tls.map(|tls| tls.key), Some("key.pem".into()));
    assert_eq!(config.store.room_bytes, 400_204_800);
}

#[test]
fn injected_values_are_resolved_once_and_only_where_a_variable_is_named() {
    let config = accepted(EVERYTHING);
    let [(authorization, token), (plain, literal)] = &config.routes[0].inject[..] else {
        panic!("two headers")
    };
    assert_eq!((authorization, token.as_bytes()), (&header::AUTHORIZATION, &b"Bearer open-sesame"[..]));
    assert_eq!((plain.as_str(), literal.as_bytes()), ("x-plain", &b"$5 ${TOKEN} $"[..]));
    let nested =
        Config::parse(r#"{"/p": {"upstream": "https://a.example", "inject": {"a": "${A}"}}}"#, &|name| {
            (name == "A").then(|| "${B}".to_owned())
        });
    assert_eq!(nested.unwrap().routes[0].inject[0].1.as_bytes(), b"${B}");
}

#[test]
fn upstreams_keep_their_bytes() {
    for (written, path, query) in [
        ("https://a.example", "/", None),
        ("https://a.example?x=%2e%2e//&y", "/", Some("x=%2e%2e//&y")),
        ("http://A.example:8080/V1/a%2Fb/", "/V1/a%2Fb/", None),
        ("http://127.0.0.1:65535/%252e%252e?", "/%252e%252e", Some("")),
        ("https://a.example/:@!$&'()*+,;=~", "/:@!$&'()*+,;=~", None),
    ] {
        let route = only(&format!(r#"{{"/p": "{written}"}}"#));
        assert_eq!((&*base(&route).path, base(&route).query.as_deref()), (path, query), "{written}");
    }
}

#[test]
fn routes_may_be_the_root_or_hold_escapes() {
    for path in ["/", "/a/b.c/~d", "/a%20b", "/%252e%252e", "/a%2Fb"] {
        assert_eq!(&*only(&format!(r#"{{"{path}": "https://a.example"}}"#)).path, path);
    }
}

#[test]
fn a_wildcard_matches_one_label_or_more_and_nothing_but_names() {
    let Target::Hosts(hosts) = only(r#"{"/p": {"hosts": ["*.example.com"]}}"#).target else {
        panic!("hosts")
    };
    let wildcard: &HostPattern = &hosts[0];
    for host in ["a.example.com", "a.b.example.com", "xn--bcher-kva.example.com"] {
        assert!(wildcard.matches(host), "{host}");
    }
    for host in [
        "example.com",
        ".example.com",
        "..example.com",
        "a..example.com",
        "evil-example.com",
        "A.example.com",
        "a.example.com.",
        "a.example.com:443",
        "a/b.example.com",
        "-a.example.com",
        "u@a.example.com",
        "a.example.com.evil.net",
        "",
    ] {
        assert!(!wildcard.matches(host), "{host}");
    }
    let exact = HostPattern::Exact("api.example.com".into());
    assert!(exact.matches("api.example.com") && !exact.matches("a.api.example.com"));
}

#[test]
fn what_is_safe_to_repeat_decides_how_long_a_failure_is_kept() {
    let route = with(r#""ttl": "1h""#);
    assert!(route.safe_to_repeat(&Method::GET) && !route.safe_to_repeat(&Method::POST));
    assert_eq!(route.error_ttl(true), Duration::from_secs(120));
    assert_eq!(route.error_ttl(false), Duration::from_secs(900));
    assert!(with(r#""upstream_idempotent": true"#).safe_to_repeat(&Method::POST));
    assert_eq!(with(r#""error_ttl": "3m""#).error_ttl(false), Duration::from_secs(180));
}

#[test]
fn keys_are_required_where_the_rule_says() {
    let required = |rule: &str, method| with(rule).key_required(&method);
    assert!(required(r#""ttl": "1h""#, Method::POST) && !required(r#""ttl": "1h""#, Method::GET));
    assert!(required(r#""key": "require""#, Method::GET));
    assert!(!required(r#""key": "derive", "methods": ["OPTIONS"]"#, Method::OPTIONS));
}

#[test]
fn durations_may_stand_at_their_bounds() {
    for members in [
        r#""ttl": "120s""#,
        r#""ttl": "30d""#,
        r#""error_ttl": "2m""#,
        r#""window": "5s""#,
        r#""window": "1h""#,
        r#""timeout": "100ms""#,
        r#""timeout": "25s""#,
        r#""ttl": "1h 30m""#,
        r#""ttl": "1h30m""#,
        r#""ttl": "2 hours""#,
    ] {
        with(members);
    }
}

#[test]
fn the_room_must_hold_two_hundred_claims_of_the_largest_route() {
    let config = r#"{"/p": {"upstream": "https://a.example", "response": {"max_bytes": 1000}}, "store": {"room_bytes": 404800}}"#;
    assert_eq!(accepted(config).store.room_bytes, 404_800);
    assert!(parse(&config.replace("1000", "1001")).is_err());
}

#[test]
fn routes_are_optional_only_for_a_caller_that_brings_its_own() {
    assert!(parse("{}").is_err());
    assert!(Config::parse_with_routes_optional("{}", &env).unwrap().routes.is_empty());
}
