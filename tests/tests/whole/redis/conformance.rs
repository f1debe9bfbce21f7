//! The suite that every store passes.

use outcall_gateway::ledger::conformance::model;

use super::bench::{Afresh, RedisBench};

outcall_gateway::conformance! { #[cfg_attr(not(redis), ignore = "there is no redis-server")] RedisBench }

outcall_gateway::durable_conformance! { #[cfg_attr(not(redis), ignore = "there is no redis-server")] RedisBench }

#[test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
fn no_history_tells_the_store_from_the_model() {
    model::histories::<Afresh>(40);
}
