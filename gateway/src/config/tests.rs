//! What is accepted and what it becomes; what is refused and in which words; and that no text makes it panic.

use super::{Config, ConfigError, Route};

mod accepted;
mod arbitrary;
mod prints;
mod readme;
mod refused;
mod schema;

/// An environment with one secret, an empty variable, and one that no header can carry.
fn env(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("open-sesame".to_owned()),
        "EMPTY" => Some(String::new()),
        "BROKEN" => Some("open\nsesame".to_owned()),
        _ => None,
    }
}

/// What the gateway says of a text; and that its schema says the same, as far as a schema can.
fn parse(text: &str) -> Result<Config, ConfigError> {
    let parsed = Config::parse(text, &env);
    schema::agrees(text, parsed.as_ref().err());
    parsed
}

#[track_caller]
fn accepted(text: &str) -> Config {
    parse(text).unwrap_or_else(|error| panic!("refused: {text}\n{error}"))
}

/// The only route of a configuration.
#[track_caller]
fn only(text: &str) -> Route {
    let config = accepted(text);
    assert_eq!(config.routes.len(), 1);
    Route::clone(&config.routes[0])
}

/// A route whose long form has these members beside its upstream.
#[track_caller]
fn with(members: &str) -> Route {
    only(&format!(r#"{{"/p": {{"upstream": "https://a.example", {members}}}}}"#))
}

/// The example that this project started from, as it was written.
const SEED: &str = r#"{
    "/price": "https://api.example.com/v1/price",
    // comments too
}"#;

/// A configuration that uses every member.
const EVERYTHING: &str = r#"{
    "$schema": "https://example.com/schema.json",
    "/pay": {
        "upstream": "https://[2001:db8::1]:8443/v1/pay?account=open-sesame",
        "methods": ["POST", "GET"],
        "allow": ["shop", "teller"],
        "key": "require",
        "ttl": "48h",
        "error_ttl": "5m",
        "window": "1m 30s",
        "timeout": "2.5s",
        "forward_headers": ["X-Trace", "accept"],
        "inject": {"X-Plain": "$5 $${TOKEN} $", "Authorization": "Bearer ${TOKEN}"},
        "upstream_idempotent": true,
        "upstream_key": "raw",
        "follow_redirects": true,
        "response": {
            "keep_headers": ["etag", "Content-Type"],
            "jq": ".price",
            "canonical_json": true,
            "max_bytes": 1000,
            "max_upstream_bytes": 16000000,
        },
        "rate": {"per_second": 2.5},
        "concurrency": 8,
        "breaker": {"failures": 5, "cooldown": "30s"},
        "cors": {"origins": ["https://app.example", "http://localhost:3000"], "headers": ["x-b"], "max_age": "1h"},
    },
    /* every host of one domain, and one more */
    "/fetch": {"hosts": ["*.example.com", "api.example.org"], "key": "derive", "methods": ["GET"]},
    "/llm": {"upstream": "https://llm.example", "respond_async": {"poll": "10s", "running": 20, "cancel": true}, "timeout": "1h"},
    "server": {
        "listen": "[::]:8080",
        "drain": "10s",
        "connections": 100,
        "connections_per_address": 10,
        "trusted_proxies": ["10.0.0.0/8", "fd00::1"],
        "tls": {"certificate": "cert.pem", "key": "key.pem"},
        "upstream_ca": "roots.pem",
        "audience": "https://gateway.example",
    },
    "callers": {
        "teller": {"tokens_sha256": ["2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"]},
        "shop": {
            "ed25519": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "secp256k1": "024d4b6cd1361032ca9bd2aeb9d900aa4d45d9ead80ac9423374c451a7254d0766",
            "rate": {"per_second": 1},
        },
    },
    "store": {"room_bytes": 400204800},
}"#;
