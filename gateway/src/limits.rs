//! Every number that bounds the gateway, by name, with the reason where it is not obvious.
//!
//! Inside the code a bare number carries its unit in its name, and a time is a [`Duration`].

use std::time::Duration;

use outcall_protocol::limits;

mod tickets;

pub use tickets::*;

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

/// How often the file is looked at for a change.
pub const CONFIG_LOOK: Duration = Duration::from_secs(1);
/// Most callers of one configuration.
pub const CALLERS_MAX: usize = 256;
/// Most bearer tokens of one caller: the one in use, and those before and after it.
pub const TOKENS_PER_CALLER_MAX: usize = 4;

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

// Web pages that call a route.

/// Most origins of a route's `cors`.
pub const CORS_ORIGINS_MAX: usize = 256;
/// How long a browser need not ask again, unless `cors.max_age` says otherwise.
pub const CORS_AGE_DEFAULT: Duration = Duration::from_secs(10 * 60);
/// Shortest `cors.max_age`.
pub const CORS_AGE_MIN: Duration = Duration::from_secs(1);
/// Longest `cors.max_age`: no browser believes more.
pub const CORS_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

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
/// Most networks in `server.trusted_proxies`.
pub const TRUSTED_PROXIES_MAX: usize = 256;
/// Room of the ledger in bytes, unless `store.room_bytes` says otherwise.
pub const ROOM_BYTES_DEFAULT: u64 = 1024 * 1024 * 1024;
/// Largest `store.room_bytes`: 1 PiB, so that sums of rooms never overflow.
pub const ROOM_BYTES_MAX: u64 = 1 << 50;
/// Claims in flight that the ledger's room must hold at the largest `response.max_bytes` of all routes.
pub const CLAIMS_IN_ROOM_MIN: u64 = 200;

// Requests.

/// Most headers of a request.
pub const REQUEST_HEADER_LINES_MAX: usize = 128;
/// Largest header block of a request: names and values, in bytes.
pub const REQUEST_HEADER_BYTES_MAX: usize = 64 * 1024;
/// Largest body of a request, in bytes; the Internet Computer's own limit.
pub const REQUEST_BODY_BYTES_MAX: usize = 2_000_000;
/// How long a request's body may take to arrive. A replica gives up after 30 s in all.
pub const REQUEST_BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of a refused request's body that are read and thrown away, so that its client can read the refusal: a whole
/// body and the rest of one that is too large.
pub const DISCARDED_BODY_BYTES_MAX: usize = 2 * REQUEST_BODY_BYTES_MAX;
/// Bytes of request bodies that are held at once; further bodies wait for room.
pub const BODIES_BYTES_MAX: usize = 512 * 1024 * 1024;

// The ledger.

/// Followers of one key; more than any subnet's nodes with their resends.
pub const WAITERS_PER_KEY: usize = 256;
/// Public keys of other signers that are served.
pub const PUBLIC_KEYS_MAX: usize = 16;
/// What a record takes beside its answer: identity, fingerprint, times, places in maps.
pub const RECORD_OVERHEAD_BYTES: u64 = 1_024;
/// Expired records that a claim removes on its way, so that none has to remove them all.
pub const SWEEP_PER_CLAIM: usize = 4;
/// How long a lost claim that may be led again under any configuration is remembered; one whose upstream honours the
/// key itself as long as its answer would have been.
pub const LOST_CLAIM_LIFE: Duration = Duration::from_secs(120);
/// How often one request claims anew because leaders were lost.
pub const CLAIMS_PER_REQUEST: usize = 3;
/// How long a claim may take to become durable; with the longest call and [`SETTLE_PATIENCE_MIN`] it is less than the 30 s
/// after which the replicas give up.
pub const BEGIN_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the write of an answer is tried at least, when the call has used up its own time.
pub const SETTLE_PATIENCE_MIN: Duration = Duration::from_secs(2);
/// Refusals remembered while the ledger cannot remember them.
pub const REFUSALS: usize = 65_536;

// The ledger in Redis.

/// How long a claim outlives the last sign of its gateway: a gateway that died is found out by then, and one that Redis
/// has not heard for so long has lost its claims.
pub const REDIS_LEASE: Duration = Duration::from_secs(10);
/// How often a lease is renewed within its time.
pub const REDIS_RENEWALS_PER_LEASE: u32 = 4;
/// Leases renewed in one step, so that no step holds Redis up.
pub const REDIS_RENEWED_AT_ONCE: usize = 256;
/// How long connecting to Redis may take, with all that is asked of it then.
pub const REDIS_CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long Redis may take over a command; a connection on which it takes longer is given up.
pub const REDIS_RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long Redis may take to sync what it has acknowledged.
pub const REDIS_DURABLE_TIMEOUT: Duration = Duration::from_secs(3);
/// Calls that wait for one sync together.
pub const REDIS_DURABLE_AT_ONCE: usize = 512;
/// Pause after a failed attempt, and the shortest time between two attempts to connect.
pub const REDIS_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause between two attempts to write the same answer.
pub const REDIS_PAUSE_MAX: Duration = Duration::from_secs(2);
/// Scripts that one claim may take: for names that differ, for an epoch that has just begun.
pub const REDIS_CLAIM_ROUNDS: usize = 5;
/// How long a claim is tried again while Redis restarts or a connection is renewed; with the longest call, the claim's
/// beginning and its end it is less than the 30 s after which the replicas give up.
pub const REDIS_CLAIM_PATIENCE: Duration = Duration::from_millis(750);
/// How long a claim elsewhere is waited for without a look, should the word of its end be lost.
pub const REDIS_RECHECK: Duration = Duration::from_secs(2);
/// How long those who wait for a claim elsewhere do so while Redis cannot be asked.
pub const REDIS_FOLLOW_PATIENCE: Duration = Duration::from_secs(5);
/// How long the connection that listens may be silent before it is asked whether it still lives. With the time to connect
/// twice it is less than 10 s: so long a key may be replayed that was forgotten elsewhere.
pub const REDIS_PING: Duration = Duration::from_secs(5);
/// How much later a key that was forgotten elsewhere is thrown away once more: a reply that was on its way when the word came
/// has arrived by then.
pub const REDIS_FORGET_AGAIN: Duration = Duration::from_secs(6);
/// How often a connection that nobody uses is tried.
pub const REDIS_KEEP: Duration = Duration::from_secs(1);
/// Pause between two sweeps that found little to do.
pub const REDIS_SWEEP_PAUSE: Duration = Duration::from_secs(1);
/// Keys that one sweep looks at.
pub const SWEEP_AT_ONCE: usize = 256;

// The disk store.

/// Free space on the disk below which nothing is written any more, in bytes: enough for what the engine does by itself.
pub const DISK_RESERVE_BYTES: u64 = 64 * 1024 * 1024;
/// Things to write that may wait for the writer; a claim beyond them is refused.
pub const QUEUED_WRITES_MAX: usize = 65_536;
/// Things that are written together, in number.
pub const BATCH_OPS: usize = 1_024;
/// Things that are written together, in bytes of answers; the last one may go beyond it.
pub const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// How much longer than its patience an answer is waited for, in case the writer is held up by a disk that neither writes
/// nor fails.
pub const WRITER_GRACE: Duration = Duration::from_millis(500);
/// Pause before a store that cannot be written is tried again; it doubles from there.
pub const RETRY_PAUSE_MIN: Duration = Duration::from_millis(10);
/// Longest pause before a store that cannot be written is tried again.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_secs(1);
/// How often expired records are looked for, and the time is noted when nothing else is written.
pub const UPKEEP_EVERY: Duration = Duration::from_secs(1);
/// Expired records that are forgotten at once.
pub const SWEEP_PER_ROUND: usize = 1_024;
/// Unfinished claims that are read at once when a store is opened.
pub const CLAIMS_PER_ROUND: usize = 1_024;
/// Records that are kept in memory, in bytes, so that replays need no disk.
pub const HOT_BYTES: u64 = 16 * 1024 * 1024;
/// The engine's cache of blocks, in bytes.
pub const ENGINE_CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// The engine's log, in bytes, which is read again at the start.
pub const ENGINE_JOURNAL_BYTES: u64 = 128 * 1024 * 1024;
/// What the engine holds in memory of each of its four maps before it becomes a file, in bytes.
pub const ENGINE_MEMTABLE_BYTES: u64 = 8 * 1024 * 1024;
/// Records above this size lie apart from their keys, so that they are not copied when files are merged.
pub const ENGINE_APART_BYTES: u32 = 4 * 1024;
/// The engine's own threads.
pub const ENGINE_THREADS: usize = 2;

// Upstream calls.

/// Attempts of one call, where repeating it is safe or nothing was sent.
pub const ATTEMPTS_MAX: u32 = 4;
/// Redirects that one call follows; the answer after the last is what it is.
pub const REDIRECTS_MAX: u32 = 5;
/// Pause before the second attempt; it doubles from there, and half of it is random.
pub const BACKOFF: Duration = Duration::from_millis(50);
/// How long connecting to the addresses of an upstream may take; the look-up and TLS before and after it are bounded
/// by the call's own deadline.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle upstream connection is kept for requests that are safe to repeat.
pub const POOL_IDLE_SAFE: Duration = Duration::from_secs(60);
/// How long an idle upstream connection may serve a request that is not safe to repeat: one that has been idle for
/// longer may just be closing.
pub const POOL_IDLE_UNSAFE: Duration = Duration::from_millis(900);
/// Idle connections kept for each upstream host.
pub const POOL_IDLE_PER_HOST: usize = 64;
/// Headers of an upstream's answer that are read; most are dropped.
pub const UPSTREAM_HEADER_LINES_MAX: usize = 512;
/// The same over HTTP/2, in its count of bytes (RFC 9113, section 6.5.2).
pub const UPSTREAM_HEADER_LIST_BYTES_MAX: u32 = 256 * 1024;
/// How often a silent upstream connection is pinged, and how long it may take to answer: one that a middlebox has
/// forgotten must not swallow call after call.
pub const UPSTREAM_PING: Duration = Duration::from_secs(5);
/// Characters of a failure's cause in the log.
pub const CAUSE_CHARS_MAX: usize = 300;
/// Content codings of one answer that are undone.
pub const CODINGS_MAX: usize = 3;
/// Answers above this size are decoded and projected off the runtime's own threads.
pub const INLINE_BYTES_MAX: usize = 16 * 1024;
/// Answers that are decoded and projected at once, off the runtime's own threads.
pub const FINISHING_MAX: usize = 4;
/// How long decoding and projecting an answer may take, the wait for a place included.
pub const FINISHING_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of answers that all calls in flight may read at once: more than 500 of the largest answers that replicas
/// accept. A call that finds none is refused before it is made.
pub const ANSWERS_BYTES_MAX: usize = 1024 * 1024 * 1024;

// A look at the upstreams, by `check --online`.

/// How long a connection to an upstream is waited for.
pub const KNOCK_TIMEOUT: Duration = Duration::from_secs(10);
/// Upstreams that are tried at once.
pub const KNOCKS_AT_ONCE: usize = 16;

// Connections.

/// How long a connection may be without a request: before the first one, between two, or in the middle of a head.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a client may take no byte of an answer.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Header lines up to which our own 431 answers; beyond them the HTTP library's does.
pub const HEADER_LINES_READ: usize = 256;
/// Concurrent streams of one HTTP/2 connection.
pub const H2_STREAMS_MAX: u32 = 256;
/// Largest header list of an HTTP/2 request that is read: larger than what we refuse ourselves, in HTTP/2's count
/// (RFC 9113, section 6.5.2).
pub const H2_HEADER_LIST_BYTES_MAX: u32 = 128 * 1024;
/// What an HTTP/2 connection may send ahead of what is read of it, all its streams together: what every connection starts
/// with (RFC 9113, section 6.9.2), so that all connections together can fill 1 GiB and no more.
pub const H2_AHEAD_BYTES_MAX: u32 = 65_535;
/// How often a silent HTTP/2 connection is pinged, and how long it may take to answer.
pub const H2_PING: Duration = Duration::from_secs(20);
/// How long a TLS handshake may take.
pub const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the files of the door's certificate are looked at.
pub const TLS_LOOK: Duration = Duration::from_secs(2);
/// Connections that wait to be accepted.
pub const BACKLOG: i32 = 4_096;
/// How long accepting pauses when the system has no more file descriptors.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

// Starting.

/// How long the other machines of an app on fly.io are looked up.
pub const MACHINES_TIMEOUT: Duration = Duration::from_secs(5);

// The admin port.

/// Connections to the admin port at once; further ones wait.
pub const ADMIN_CONNECTIONS: usize = 64;
/// How long a connection to the admin port may take to send the head of a request.
pub const ADMIN_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request to the admin port may take.
pub const ADMIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest body of a request to the admin port, in bytes.
pub const ADMIN_BODY_BYTES_MAX: usize = 4 * 1024;
/// Shortest token of the admin port, in characters: nobody keeps count of those who guess.
pub const ADMIN_TOKEN_CHARS_MIN: usize = 16;
/// Most names under which the admin port may be called.
pub const ADMIN_HOSTS_MAX: usize = 16;
/// Keys of late of which it is counted to how many replicas they were served.
pub const RECENT_KEYS: usize = 10_240;
/// A replay is late when its answer was recorded longer ago than a subnet waits for its replicas.
pub const LATE_AFTER: Duration = Duration::from_secs(60);
/// How much of the past the charts show.
pub const CHARTED: Duration = Duration::from_secs(15 * 60);
/// How often what is charted is read.
pub const CHART_TICK: Duration = Duration::from_secs(1);
/// Different complaints of the log that are kept.
pub const COMPLAINTS: usize = 50;
/// Characters of one complaint.
pub const COMPLAINT_CHARS_MAX: usize = 400;
/// Keys on the page.
pub const PAGE_KEYS: usize = 25;
/// Largest answer of the admin port that `keys` reads, in bytes.
pub const ADMIN_ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Digits of a key's digest that an operator has to give at least.
pub const KEY_DIGITS_MIN: usize = 8;
/// Keys of one answer of the keys API.
pub const API_KEYS_MAX: usize = 500;

// Traces.

/// Spans that wait for the collector; further ones are left out.
pub const SPANS_QUEUED_MAX: usize = 8_192;
/// Spans of one request to the collector.
pub const SPANS_AT_ONCE: usize = 512;
/// How long spans wait for others to go with them, and how long a collector that takes none is left alone.
pub const SPANS_PAUSE: Duration = Duration::from_secs(1);
/// How long a collector may take over one request.
pub const COLLECTOR_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a collector's answer that are read.
pub const COLLECTOR_ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How long a gateway that stops waits for its collector to take the last spans.
pub const SPANS_FLUSH: Duration = Duration::from_secs(2);

// Asking whether it runs.

/// How long `outcall-gateway health` waits for a connection. The checks of Dockerfile and fly.toml wait no shorter.
pub const HEALTH_TIMEOUT: Duration = Duration::from_secs(1);

// Stopping.

/// A stopping gateway stays until no key has been settled for this long, so that the last replicas of a burst still
/// find their answer. Nobody knows how many they are, so that nothing but time can say that all have come.
pub const DRAIN_QUIET: Duration = Duration::from_secs(5);
/// How long connections may take to flush what they have when the drain is over.
pub const CLOSE_GRACE: Duration = Duration::from_secs(1);
