//! What the user wrote: the shape of the file, before anything is judged. `None` means: not written.
//!
//! The schema is made of these types (`schema`): their comments are what an editor shows, so they speak to whoever writes
//! the file. Defaults and bounds come from `limits`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    cors,
    duration::DurationText,
    judge, pressure, respond_async,
    schema::{default, lasts, up_to, words},
    server,
};
use crate::limits;

mod short;

pub(super) use short::{Cors, RespondAsync, RouteForm};

/// A route serves its path and everything below it: which upstream is called, what goes there, what comes back, and how
/// long the answer is kept. A URL alone is the short form.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["upstream"]}, {"required": ["hosts"]}]))]
pub(super) struct Route {
    /// The URL to call. What the request's path has beyond the route is added to it; its own query comes first.
    #[schemars(extend("pattern" = "^https?://", "examples" = ["https://api.example.com/v1/price"]))]
    pub(super) upstream: Option<String>,
    /// Instead of `upstream`: the hosts that a request may name, as in `/fetch/api.example.com/v1/x`. `*.example.com` is
    /// one label or more. Always https, port 443, public addresses.
    #[schemars(extend("maxItems" = limits::HOSTS_MAX, "examples" = [["api.example.com", "*.example.org"]]))]
    pub(super) hosts: Option<Vec<String>>,
    /// The methods that are served; any other is answered 405. All seven, unless named.
    #[schemars(with = "Option<Vec<Method>>", extend("minItems" = 1, "uniqueItems" = true), transform = words("all seven"))]
    pub(super) methods: Option<Vec<String>>,
    /// Whether a request needs an `Idempotency-Key`. Unless said, POST, PUT, PATCH and DELETE need one, and for GET, HEAD
    /// and OPTIONS one is derived.
    #[schemars(transform = words("by method"))]
    pub(super) key: Option<KeyRule>,
    /// How long an answer is kept, from its settlement: so long the same key gets the same bytes, and is not sent again.
    #[schemars(transform = lasts(judge::TTL, Some(limits::TTL_DEFAULT)))]
    pub(super) ttl: Option<DurationText>,
    /// How long a failure is kept that need not last: a refusal, an upstream that was not reached, and, where repeating is
    /// safe, one that broke off or answered 429 or 503. Unless said: 120s where repeating is safe, 15m where it is not.
    #[schemars(transform = lasts(judge::ERROR_TTL, None), transform = words("2m, 15m"))]
    pub(super) error_ttl: Option<DurationText>,
    /// How long equal requests without a key share one answer, from its settlement. Whoever asks later asks anew.
    #[schemars(transform = lasts(judge::WINDOW, Some(limits::WINDOW_DEFAULT)))]
    pub(super) window: Option<DurationText>,
    /// How long the upstream call may take, retries included. Replicas give up after 30 s; with `respond_async` they do not
    /// wait, and it is 10m unless said, at most 1h.
    #[schemars(transform = lasts(judge::TIMEOUT, Some(limits::TIMEOUT_DEFAULT)))]
    pub(super) timeout: Option<DurationText>,
    /// Answer a POST at once with a ticket, and call the upstream for as long as `timeout` says: `true`, or an object. What
    /// became of it is asked for at the ticket's location.
    #[schemars(transform = default(false))]
    pub(super) respond_async: Option<RespondAsync>,
    /// The request headers that go upstream, and into what tells one request from another. Everything else is dropped. Name
    /// none that differs from replica to replica.
    #[schemars(
        extend("maxItems" = limits::REQUEST_HEADERS_MAX),
        transform = default(["accept", "accept-language", "authorization", "content-type", "x-api-key"])
    )]
    pub(super) forward_headers: Option<Vec<String>>,
    /// Headers that are added upstream, in place of forwarded ones of the same name. `${NAME}` is a variable of the gateway's
    /// environment, read at the start; `$${` is a plain `${`. Values are shown nowhere.
    #[serde(default)]
    #[schemars(extend("maxProperties" = limits::REQUEST_HEADERS_MAX, "examples" = [{"authorization": "Bearer ${API_TOKEN}"}]), transform = words("none"))]
    pub(super) inject: BTreeMap<String, String>,
    /// Who may use the route, by their names among `callers`. Everybody who reaches it, unless named. The header
    /// `authorization` is then for the gateway and goes no further.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true), transform = words("everybody"))]
    pub(super) allow: Option<Vec<String>>,
    /// The upstream honours the idempotency key itself, as Stripe does: then a POST may be repeated safely, and is, should a
    /// call be lost.
    #[serde(default)]
    #[schemars(transform = default(false))]
    pub(super) upstream_idempotent: bool,
    /// Which `Idempotency-Key` goes upstream.
    #[schemars(transform = default("derived"))]
    pub(super) upstream_key: Option<UpstreamKey>,
    /// Go where the upstream sends a call on to, within its origin and where repeating is safe. Otherwise its 3xx is the
    /// answer.
    #[serde(default)]
    #[schemars(transform = default(false))]
    pub(super) follow_redirects: bool,
    /// What is made of the upstream's response.
    #[serde(default)]
    #[schemars(transform = words("as it came, without its headers"))]
    pub(super) response: Response,
    /// How many new keys may be led; one more is answered 429. A replica that follows or asks again is never counted.
    #[schemars(transform = words("off"))]
    pub(super) rate: Option<Rate>,
    /// How many upstream calls of the route may be in flight; a new key beyond them is answered 503.
    #[schemars(transform = up_to(1, limits::CONCURRENCY_MAX), transform = words("off"))]
    pub(super) concurrency: Option<u64>,
    /// Leave an upstream alone that keeps failing: new keys are answered 503 meanwhile.
    #[schemars(transform = words("off"))]
    pub(super) breaker: Option<Breaker>,
    /// Which web pages may call the route: `"*"`, or an object. Preflights are answered by the gateway.
    #[schemars(transform = words("off"))]
    pub(super) cors: Option<Cors>,
}

/// A method that is served.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "for the schema alone: the names are judged where they can be told apart")]
#[expect(clippy::upper_case_acronyms, reason = "they are names of HTTP")]
enum Method {
    GET,
    HEAD,
    POST,
    PUT,
    DELETE,
    PATCH,
    OPTIONS,
}

/// Whether a request needs an `Idempotency-Key`.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum KeyRule {
    /// Every request needs one.
    Require,
    /// Without one, equal requests within `window` are one. For GET, HEAD and OPTIONS only.
    Derive,
}

/// Which `Idempotency-Key` goes upstream.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum UpstreamKey {
    /// One derived from route, caller and key: two callers behind one account cannot collide.
    Derived,
    /// The one that was received.
    Raw,
    /// None goes; not where the upstream is to honour it.
    None,
}

/// What is made of the upstream's response.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Response {
    /// The headers of the answer that the replicas see.
    #[schemars(extend("maxItems" = limits::KEEP_HEADERS_MAX), transform = default(["content-type"]))]
    pub(super) keep_headers: Option<Vec<String>>,
    /// A jq filter that a 2xx answer with a body goes through. It must yield one value; an answer that is no JSON is a 502.
    #[schemars(extend("examples" = ["{id, status}"]), transform = words("none"))]
    pub(super) jq: Option<String>,
    /// Write a 2xx answer's JSON in one order and one spelling. Numbers keep their digits.
    #[serde(default)]
    #[schemars(transform = default(false))]
    pub(super) canonical_json: bool,
    /// What the finished answer may measure, headers and body, in bytes. Each claim reserves that much of the ledger's room.
    #[schemars(transform = up_to(1, limits::ANSWER_BYTES_MAX), transform = default(limits::ANSWER_BYTES_MAX))]
    pub(super) max_bytes: Option<u64>,
    /// What the upstream's decoded body may measure before `jq` and `canonical_json`, in bytes.
    #[schemars(
        transform = up_to(1, limits::UPSTREAM_BODY_BYTES_MAX),
        transform = default(limits::UPSTREAM_BODY_BYTES_DEFAULT)
    )]
    pub(super) max_upstream_bytes: Option<u64>,
}

/// A bucket of keys that may be led, which fills evenly.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rate {
    /// Keys per second, in the long run. May be a fraction.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = limits::RATE_PER_SECOND_MAX))]
    pub(super) per_second: f64,
    /// Keys at once, after a quiet time. `per_second`, rounded up, unless said.
    #[schemars(transform = up_to(1, limits::RATE_BURST_MAX), transform = words("per_second, rounded up"))]
    pub(super) burst: Option<u64>,
}

/// When to leave an upstream alone, and for how long.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Breaker {
    /// So many calls in a row without a complete answer open it.
    #[schemars(transform = up_to(1, limits::BREAKER_FAILURES_MAX))]
    pub(super) failures: u64,
    /// So long it stays open before one call is tried again, which decides; while that lasts, one in each cooldown.
    #[schemars(transform = lasts(pressure::COOLDOWN, None))]
    pub(super) cooldown: DurationText,
}

/// How a route answers whose upstream takes minutes.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RespondAsyncRules {
    /// How long to wait between two polls, as the answers suggest it, in whole seconds.
    #[schemars(transform = lasts(respond_async::POLL, Some(limits::POLL_DEFAULT)))]
    pub(super) poll: Option<DurationText>,
    /// How many calls of the route may run at once in one gateway.
    #[schemars(transform = up_to(1, limits::RUNNING_MAX), transform = default(limits::RUNNING_DEFAULT))]
    pub(super) running: Option<u64>,
    /// Closing the connection stops the upstream's work, so that a running call may be cancelled.
    #[serde(default)]
    #[schemars(transform = default(false))]
    pub(super) cancel: bool,
}

/// Which web pages may call, and how.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CorsRules {
    /// The origins of the pages, as a browser sends them, or `"*"` alone for all.
    #[schemars(extend("minItems" = 1, "maxItems" = limits::CORS_ORIGINS_MAX, "uniqueItems" = true, "examples" = [["https://app.example.com"]]))]
    pub(super) origins: Vec<String>,
    /// Request headers that pages may send beside `idempotency-key` and those of `forward_headers`.
    #[serde(default)]
    #[schemars(extend("maxItems" = limits::REQUEST_HEADERS_MAX), transform = words("none"))]
    pub(super) headers: Vec<String>,
    /// How long a browser need not ask again.
    #[schemars(transform = lasts(cors::MAX_AGE, Some(limits::CORS_AGE_DEFAULT)))]
    pub(super) max_age: Option<DurationText>,
}

/// The settings: everything but the routes. For the schema alone, since they are read one by one (`top`).
#[derive(JsonSchema)]
#[schemars(title = "Configuration of the Outcall Gateway")]
#[expect(dead_code, reason = "for the schema alone")]
pub(super) struct Settings {
    /// Where this schema is, for editors. The gateway does not look at it.
    #[schemars(rename = "$schema", transform = words("none"))]
    schema: Option<String>,
    /// Who is known by name: 1 to 64 letters, digits, dots, dashes or underscores. A route's `allow` names some of them.
    #[schemars(extend("maxProperties" = limits::CALLERS_MAX), transform = words("none"))]
    callers: Option<BTreeMap<String, Caller>>,
    /// With which key the recorded answers are signed, so that a single node cannot forge one.
    #[schemars(transform = words("off"))]
    receipts: Option<Receipts>,
    /// How connections come in, and whom the gateway trusts on the way out.
    #[schemars(transform = words("see below"))]
    server: Option<Server>,
    /// The ledger's room.
    #[schemars(transform = words("see below"))]
    store: Option<Store>,
}

/// How connections come in, and whom the gateway trusts on the way out.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    /// The address to listen on. Port 8080 of every address, IPv4 included, unless said. Takes a restart.
    #[schemars(extend("examples" = ["127.0.0.1:8080"]), transform = default("[::]:8080"))]
    pub(super) listen: Option<String>,
    /// How long a stopping gateway sees calls through. Whatever stops it has to wait longer.
    #[schemars(transform = lasts(server::DRAIN, Some(limits::DRAIN_DEFAULT)))]
    pub(super) drain: Option<DurationText>,
    /// Connections in all; further ones wait. Takes a restart.
    #[schemars(transform = up_to(1, limits::CONNECTIONS_MAX), transform = default(limits::CONNECTIONS_DEFAULT))]
    pub(super) connections: Option<u64>,
    /// Connections from one address; one more is closed. Takes a restart.
    #[schemars(transform = up_to(1, limits::CONNECTIONS_MAX), transform = words("off"))]
    pub(super) connections_per_address: Option<u64>,
    /// Networks whose connections that limit does not count: proxies that pass on those of many. Takes a restart.
    #[serde(default)]
    #[schemars(extend("maxItems" = limits::TRUSTED_PROXIES_MAX, "examples" = [["10.0.0.0/8"]]), transform = words("none"))]
    pub(super) trusted_proxies: Vec<String>,
    /// The certificate to serve TLS with. Renewed files are served within 2 s; other files take a restart.
    #[schemars(transform = words("off"))]
    pub(super) tls: Option<Tls>,
    /// A PEM file of further certificate authorities for upstreams. Takes a restart.
    #[schemars(transform = words("none"))]
    pub(super) upstream_ca: Option<String>,
    /// This gateway's name in tokens that canisters sign (their `aud`): 1 to 255 visible ASCII characters. Needed where a
    /// caller has a key.
    #[schemars(extend("examples" = ["https://gateway.example.com"]), transform = words("none"))]
    pub(super) audience: Option<String>,
}

/// A certificate and its key.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    /// A PEM file with the certificate chain, found from the working directory.
    pub(super) certificate: String,
    /// A PEM file with its private key.
    pub(super) key: String,
}

/// With which key the recorded answers are signed (`outcall-gateway keygen` makes one).
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["key"]}, {"required": ["key_file"]}]))]
pub(super) struct Receipts {
    /// The name of the key, by which canisters know it. Another key gets another name.
    #[schemars(extend("pattern" = "^[A-Za-z0-9._-]{1,64}$", "examples" = ["2026-11"]))]
    pub(super) keyid: String,
    /// The private key of Ed25519 in PKCS #8: PEM, or the line inside it. Best as `"${NAME}"`, from the environment.
    #[schemars(extend("examples" = ["${RECEIPT_KEY}"]), transform = words("none"))]
    pub(super) key: Option<String>,
    /// Instead of `key`: the PEM file that holds it, found from the working directory.
    #[schemars(transform = words("none"))]
    pub(super) key_file: Option<String>,
    /// Public keys of earlier and later signers, by name, which are served beside its own.
    #[serde(default)]
    #[schemars(extend("maxProperties" = limits::PUBLIC_KEYS_MAX), transform = words("none"))]
    pub(super) public_keys: BTreeMap<String, String>,
}

/// Somebody who is known by name: by bearer tokens, by tokens that its own key signs, or by both.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["tokens_sha256"]}, {"required": ["ed25519"]}, {"required": ["secp256k1"]}]))]
pub(super) struct Caller {
    /// The SHA-256 of each of its bearer tokens, as `outcall-gateway token` prints it: 64 hex digits.
    #[serde(default)]
    #[schemars(extend("maxItems" = limits::TOKENS_PER_CALLER_MAX), transform = words("none"))]
    pub(super) tokens_sha256: Vec<String>,
    /// Its public key of Ed25519: 64 hex digits, or 43 characters of base64url.
    #[schemars(transform = words("none"))]
    pub(super) ed25519: Option<String>,
    /// Its public key of secp256k1, compressed: 66 hex digits.
    #[schemars(transform = words("none"))]
    pub(super) secp256k1: Option<String>,
    /// How many new keys it may lead, on all routes together, beside what each route allows.
    #[schemars(transform = words("off"))]
    pub(super) rate: Option<Rate>,
}

/// The ledger's room.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    /// What records and claims may take, in bytes, in memory or on the disk. A full ledger refuses new keys and forgets no
    /// live one. At least room for 200 claims at the largest `response.max_bytes`. Takes a restart.
    #[schemars(transform = up_to(1, limits::ROOM_BYTES_MAX), transform = default(limits::ROOM_BYTES_DEFAULT))]
    pub(super) room_bytes: Option<u64>,
}
