//! What a configuration shows of itself: its digests, its summary, and never a secret.

use super::{EVERYTHING, SEED, accepted, only, with};

#[test]
fn no_print_of_a_configuration_holds_a_secret() {
    let config = accepted(EVERYTHING);
    for print in [format!("{config:?}"), format!("{config:#?}"), config.summary().to_string()] {
        assert!(!print.contains("sesame"), "{print}");
    }
}

#[test]
fn a_digest_covers_the_call_and_the_answer_and_not_how_long_it_is_kept() {
    let digest = |members: &str| with(members).digest;
    let plain = digest(r#""ttl": "24h""#);
    for members in [
        r#""ttl": "1h""#,
        r#""error_ttl": "1h""#,
        r#""methods": ["GET"]"#,
        r#""rate": {"per_second": 1}"#,
        r#""key": "require""#,
        r#""cors": "*""#,
        r#""respond_async": false"#,
    ] {
        assert_eq!(digest(members), plain, "{members}");
    }
    let mut digests = vec![
        plain,
        only(r#"{"/q": "https://a.example"}"#).digest,
        only(r#"{"/p": {"hosts": ["a.example"]}}"#).digest,
    ];
    for members in [
        r#""timeout": "1s""#,
        r#""forward_headers": []"#,
        r#""inject": {"a": "b"}"#,
        r#""inject": {"a": "c"}"#,
        r#""upstream_idempotent": true"#,
        r#""upstream_key": "raw""#,
        r#""follow_redirects": true"#,
        r#""respond_async": true"#,
        r#""respond_async": {"poll": "6s"}"#,
        r#""response": {"keep_headers": []}"#,
        r#""response": {"jq": "."}"#,
        r#""response": {"canonical_json": true}"#,
        r#""response": {"max_bytes": 9}"#,
        r#""response": {"max_upstream_bytes": 9}"#,
    ] {
        let another = digest(members);
        assert!(!digests.contains(&another), "{members}");
        digests.push(another);
    }
}

#[test]
fn a_digest_is_the_same_in_every_version() {
    assert_eq!(
        only(SEED).digest.to_string(),
        "f250b7af988a076e49a9c60231c6f3ab775ffba29eb235bf9c0ace9ad8b1dc3a"
    );
}

#[test]
fn the_summary_shows_every_route_and_limit() {
    let expected = r#"/pay
  upstream       https://[2001:db8::1]:8443/v1/pay?…
  methods        GET, POST
  callers        shop, teller
  key            required
  ttl            2d
  error_ttl      5m
  window         90s
  timeout        2s 500ms
  forwards       accept, x-trace
  injects        authorization, x-plain
  upstream_key   as received; the backend honours it
  redirects      followed within the upstream's origin, where repeating is safe
  answer         body of at most 16000000 bytes, then jq .price, then canonical JSON, then at most 1000 bytes with content-type, etag
  limits         rate 2.5 per second, burst 3; concurrency 8; breaker after 5 failures for 30s
  pages          of https://app.example, http://localhost:3000, who need not ask again for 1h
/fetch
  hosts          *.example.com, api.example.org
  methods        GET
  callers        everybody
  key            derived if missing
  ttl            24h
  error_ttl      120s
  window         60s
  timeout        20s
  forwards       accept, accept-language, authorization, content-type, x-api-key
  upstream_key   derived from route, caller and key
  answer         at most 2000000 bytes with content-type
  limits         rate off; concurrency off; breaker off
/llm
  upstream       https://llm.example/
  methods        POST
  callers        everybody
  key            required
  ttl            24h
  error_ttl      120s; 15m where a request is not safe to repeat
  window         60s
  timeout        1h
  respond_async  a ticket at once; poll every 10s; 20 running at once, may be cancelled
  forwards       accept, accept-language, authorization, content-type, x-api-key
  upstream_key   derived from route, caller and key
  answer         at most 2000000 bytes with content-type
  limits         rate off; concurrency off; breaker off
callers
  shop           signs with Ed25519, signs with secp256k1; rate 1 per second, burst 1
  teller         a token; rate off
server
  drain          10s
  connections    100 in all, 10 from one address but 10.0.0.0/8, fd00::1/128
  tls            cert.pem
  audience       https://gateway.example
  upstream_ca    roots.pem
requests
  body           2000000 bytes, within 15s
  url            8192 bytes
  headers        128 headers of 65536 bytes together
  waiters        256 for each key, beside its leader
store
  room           400204800 bytes
"#;
    assert_eq!(accepted(EVERYTHING).summary().to_string(), expected);
}

#[test]
fn the_summary_says_which_methods_need_a_key_and_how_long_failures_last() {
    let summary = accepted(SEED).summary().to_string();
    for line in [
        "  key            required for POST, PUT, DELETE, PATCH; derived if missing for GET, HEAD, OPTIONS\n",
        "  error_ttl      120s; 15m where a request is not safe to repeat\n",
    ] {
        assert!(summary.contains(line), "{summary}");
    }
}
