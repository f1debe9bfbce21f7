//! The ledger in Redis: what it promises to several gateways, and what becomes of that when Redis, a gateway or the wire
//! between them fails.
//!
//! Without a `redis-server` on this machine these tests are ignored; with `REQUIRE_REDIS=1` they run then too, and fail.

pub(crate) mod bench;
mod conformance;
mod fencing;
mod gateways;
mod loss;
mod outage;
mod secure;
mod start;
mod two;
