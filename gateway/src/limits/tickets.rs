//! Routes that answer with a ticket, whose calls take minutes.

use std::time::Duration;

/// How long an upstream may take on a route with `respond_async`, unless `timeout` says otherwise.
pub const ASYNC_TIMEOUT_DEFAULT: Duration = Duration::from_secs(10 * 60);
/// Longest `timeout` of a route with `respond_async`.
pub const ASYNC_TIMEOUT_MAX: Duration = Duration::from_secs(60 * 60);
/// How long to wait between two polls, unless `respond_async.poll` says otherwise.
pub const POLL_DEFAULT: Duration = Duration::from_secs(5);
/// Shortest `respond_async.poll`.
pub const POLL_MIN: Duration = Duration::from_secs(1);
/// Longest `respond_async.poll`.
pub const POLL_MAX: Duration = Duration::from_secs(60);
/// Calls of a route that may run at once, unless `respond_async.running` says otherwise.
pub const RUNNING_DEFAULT: usize = 50;
/// Calls that may run at once, of all routes with `respond_async`; also the largest `respond_async.running`. Each holds the
/// body of its request and room for its answer while it runs.
pub const RUNNING_MAX: usize = 100;
/// Bytes of answers that the calls behind tickets may read at once: half of all the room, since they hold theirs for as long
/// as they run.
pub const RUNNING_ANSWERS_BYTES_MAX: usize = super::ANSWERS_BYTES_MAX / 2;
/// How long it takes at most to give out a ticket: claims, durable beginnings, and the write of the 202. With the way of
/// the request it is less than the 30 s after which the replicas give up.
pub const TICKET_TIMEOUT: Duration = Duration::from_secs(15);
/// By how much a ticket outlives the latest end of its result: making an answer canonical, and a store that is slow.
pub const TICKET_SLACK: Duration = Duration::from_secs(60);
/// How long what a poll, or the wish to cancel, has seen is recorded for its own key: a subnet's replicas ask within a
/// minute, and may ask again.
pub const POLL_TTL: Duration = Duration::from_secs(120);
/// How long a poll may take: it looks into the ledger, and calls nobody. A ledger may have to wait for a sync before it shows an
/// end that was just recorded.
pub const POLL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long whoever cancels a call waits for its end.
pub const CANCEL_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a call that may be cancelled looks whether another gateway was asked to, and how often that one looks
/// whether it has ended.
pub const CANCEL_LOOK: Duration = Duration::from_secs(1);
/// How long it is known to all gateways that a call is to be cancelled. Less than the shortest life of a result, so that
/// it never meets another call under the same key.
pub const CANCEL_MARK_TTL: Duration = Duration::from_secs(100);
