//! Every number that bounds the gateway, by name, with the reason where it is not obvious.
//!
//! Inside the code a bare number carries its unit in its name, and a time is a [`Duration`].

use std::time::Duration;

use outcall_protocol::limits;

// The configuration file.

/// Largest `proxy_conf.json` that is read, in bytes.
pub const CONFIG_BYTES_MAX: usize = 1024 * 1024;
/// Most routes of one configuration.
pub const ROUTES_MAX: usize = 1_000;
/// Longest path of a route, in bytes.
pub const ROUTE_PATH_BYTES_MAX: usize = 1_024;
/// Longest `upstream` of a route, in bytes: what a canister may call ([`URL_BYTES_MAX`]) at most.
pub const UPSTREAM_BYTES_MAX: usize = URL_BYTES_MAX;
/// Most patterns in a route's `hosts`.
pub const HOSTS_MAX: usize = 1_000;
/// Most problems of a configuration that are reported one by one; the rest is counted.
pub const CONFIG_PROBLEMS_MAX: usize = 100;

// Times of a route.

/// How long an answer is kept, unless `ttl` says otherwise.
pub const TTL_DEFAULT: Duration = Duration::from_secs(24 * 60 * 60);
/// Shortest `ttl`: the last replica asks up to a minute after the first, and may do so again.
pub const TTL_MIN: Duration = Duration::from_secs(120);
/// Longest `ttl`.
pub const TTL_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long a failure is kept when the request is safe to repeat, unless `error_ttl` says otherwise.
pub const ERROR_TTL_SAFE_DEFAULT: Duration = Duration::from_secs(120);
/// How long a failure is kept when the request is not safe to repeat, unless `error_ttl` says otherwise. Were the key
/// freed early, a lagging replica could lead it after the canister has already tried again under a new one.
pub const ERROR_TTL_UNSAFE_DEFAULT: Duration = Duration::from_secs(15 * 60);
/// Shortest `error_ttl`.
pub const ERROR_TTL_MIN: Duration = Duration::from_secs(120);
/// Longest `error_ttl`.
pub const ERROR_TTL_MAX: Duration = TTL_MAX;
/// How long a request without a key shares its answer, unless `window` says otherwise.
pub const WINDOW_DEFAULT: Duration = Duration::from_secs(60);
/// Shortest `window`.
pub const WINDOW_MIN: Duration = Duration::from_secs(5);
/// Longest `window`.
pub const WINDOW_MAX: Duration = Duration::from_secs(60 * 60);
/// How long an upstream may take, unless `timeout` says otherwise.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(20);
/// Shortest `timeout`.
pub const TIMEOUT_MIN: Duration = Duration::from_millis(100);
/// Longest `timeout`: the replicas give up after 30 s, and an answer has to travel.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(25);

// Headers and bytes of a route.

/// Longest URL that is accepted, in bytes; the Internet Computer's own limit.
pub const URL_BYTES_MAX: usize = limits::URL_BYTES_MAX;
/// Most names in `forward_headers` and in `inject`, each; as many as a request may have.
pub const REQUEST_HEADERS_MAX: usize = 128;
/// Most names in `response.keep_headers`: replicas accept 64 headers, and `content-length` and one of ours are added.
pub const KEEP_HEADERS_MAX: usize = limits::HEADERS_MAX - 2;
/// Largest finished answer, headers and body, in bytes, and the default of `response.max_bytes`; the Internet
/// Computer's own limit.
pub const ANSWER_BYTES_MAX: usize = limits::MESSAGE_BYTES_MAX;
/// Largest decoded body of an upstream before jq and canonical JSON, in bytes, unless `response.max_upstream_bytes`
/// says otherwise.
pub const UPSTREAM_BODY_BYTES_DEFAULT: usize = 2_000_000;
/// Largest `response.max_upstream_bytes`.
pub const UPSTREAM_BODY_BYTES_MAX: usize = 16_000_000;

// Pressure on an upstream.

/// Largest `rate.per_second`, in keys led per second.
pub const RATE_PER_SECOND_MAX: f64 = 1_000_000.0;
/// Largest `rate.burst`, in keys.
pub const RATE_BURST_MAX: u32 = 1_000_000;
/// Largest `concurrency`, in upstream calls in flight.
pub const CONCURRENCY_MAX: usize = 1_000_000;
/// Largest `breaker.failures`, in consecutive failed upstream calls.
pub const BREAKER_FAILURES_MAX: u32 = 1_000;
/// Shortest `breaker.cooldown`.
pub const BREAKER_COOLDOWN_MIN: Duration = Duration::from_secs(1);
/// Longest `breaker.cooldown`.
pub const BREAKER_COOLDOWN_MAX: Duration = Duration::from_secs(60 * 60);

// The server and its store.

/// How long a stopping gateway lets calls in flight finish, unless `server.drain` says otherwise.
pub const DRAIN_DEFAULT: Duration = Duration::from_secs(30);
/// Shortest `server.drain`.
pub const DRAIN_MIN: Duration = Duration::from_secs(1);
/// Longest `server.drain`.
pub const DRAIN_MAX: Duration = Duration::from_secs(60 * 60);
/// Connections in all, unless `server.connections` says otherwise.
pub const CONNECTIONS_DEFAULT: usize = 16_384;
/// Largest `server.connections` and `server.connections_per_address`.
pub const CONNECTIONS_MAX: usize = 1_000_000;
/// Room of the ledger in bytes, unless `store.room_bytes` says otherwise.
pub const ROOM_BYTES_DEFAULT: u64 = 1024 * 1024 * 1024;
/// Largest `store.room_bytes`: 1 PiB, so that sums of rooms never overflow.
pub const ROOM_BYTES_MAX: u64 = 1 << 50;
/// Claims in flight that the ledger's room must hold at the largest `response.max_bytes` of all routes.
pub const CLAIMS_IN_ROOM_MIN: u64 = 200;
