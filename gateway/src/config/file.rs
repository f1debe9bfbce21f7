//! What the user wrote: the shape of the file, before anything is judged. `None` means: not written.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Unexpected, Visitor, value::MapAccessDeserializer},
};

use super::duration::DurationText;

/// A route in its long form.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Route {
    pub(super) upstream: Option<String>,
    pub(super) hosts: Option<Vec<String>>,
    pub(super) methods: Option<Vec<String>>,
    pub(super) key: Option<KeyRule>,
    pub(super) ttl: Option<DurationText>,
    pub(super) error_ttl: Option<DurationText>,
    pub(super) window: Option<DurationText>,
    pub(super) timeout: Option<DurationText>,
    pub(super) forward_headers: Option<Vec<String>>,
    #[serde(default)]
    pub(super) inject: BTreeMap<String, String>,
    pub(super) allow: Option<Vec<String>>,
    #[serde(default)]
    pub(super) upstream_idempotent: bool,
    pub(super) upstream_key: Option<UpstreamKey>,
    #[serde(default)]
    pub(super) follow_redirects: bool,
    #[serde(default)]
    pub(super) response: Response,
    pub(super) rate: Option<Rate>,
    pub(super) concurrency: Option<u64>,
    pub(super) breaker: Option<Breaker>,
    pub(super) cors: Option<Cors>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeyRule {
    Require,
    Derive,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum UpstreamKey {
    Derived,
    Raw,
    None,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Response {
    pub(super) keep_headers: Option<Vec<String>>,
    pub(super) jq: Option<String>,
    #[serde(default)]
    pub(super) canonical_json: bool,
    pub(super) max_bytes: Option<u64>,
    pub(super) max_upstream_bytes: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rate {
    pub(super) per_second: f64,
    pub(super) burst: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Breaker {
    pub(super) failures: u64,
    pub(super) cooldown: DurationText,
}

/// Everybody, or those of some origins.
pub(super) enum Cors {
    Anybody,
    Rules(CorsRules),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CorsRules {
    pub(super) origins: Vec<String>,
    #[serde(default)]
    pub(super) headers: Vec<String>,
    pub(super) max_age: Option<DurationText>,
}

impl<'de> Deserialize<'de> for Cors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CorsVisitor)
    }
}

struct CorsVisitor;

impl<'de> Visitor<'de> for CorsVisitor {
    type Value = Cors;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#""*" or an object with origins"#)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cors, E> {
        if text == "*" { Ok(Cors::Anybody) } else { Err(E::invalid_value(Unexpected::Str(text), &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Cors, A::Error> {
        CorsRules::deserialize(MapAccessDeserializer::new(members)).map(Cors::Rules)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    pub(super) listen: Option<String>,
    pub(super) drain: Option<DurationText>,
    pub(super) connections: Option<u64>,
    pub(super) connections_per_address: Option<u64>,
    #[serde(default)]
    pub(super) trusted_proxies: Vec<String>,
    pub(super) tls: Option<Tls>,
    pub(super) upstream_ca: Option<String>,
    pub(super) audience: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) certificate: String,
    pub(super) key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receipts {
    pub(super) keyid: String,
    pub(super) key: Option<String>,
    pub(super) key_file: Option<String>,
    #[serde(default)]
    pub(super) public_keys: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Caller {
    #[serde(default)]
    pub(super) tokens_sha256: Vec<String>,
    pub(super) ed25519: Option<String>,
    pub(super) secp256k1: Option<String>,
    pub(super) rate: Option<Rate>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    pub(super) room_bytes: Option<u64>,
}
