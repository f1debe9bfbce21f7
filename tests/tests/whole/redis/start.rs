//! What a gateway says of a Redis before it serves from it.

use outcall_gateway::ledger::redis::{Durability, Options, Redis as Store};
use outcall_tests::redis::Redis;

use super::bench::{options, store};

async fn refusal(redis: &Redis, options: Options) -> String {
    match Store::open(&redis.url().parse().unwrap(), options).await {
        Ok(_) => panic!("it was accepted"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_server_that_evicts_is_refused_under_every_policy() {
    let redis = Redis::start().await;
    for policy in ["allkeys-lru", "allkeys-random", "volatile-lru", "volatile-ttl"] {
        let () = redis.ask(&["CONFIG", "SET", "maxmemory-policy", policy]);
        let refusal = refusal(&redis, Options { may_forget: true, ..options() }).await;
        assert!(
            refusal.contains(&format!("found maxmemory-policy {policy}, expected noeviction")),
            "{refusal}"
        );
    }
    let () = redis.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    assert_eq!(store(&redis, options()).await.durability(), Durability::Always);
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_server_that_forgets_is_refused_unless_it_may() {
    let redis = Redis::start_with(&["--appendonly", "no"]).await;
    let refusal = refusal(&redis, options()).await;
    assert!(refusal.contains("appendonly yes"), "{refusal}");
    let store = store(&redis, Options { may_forget: true, ..options() }).await;
    assert_eq!(store.durability(), Durability::Volatile);
}

/// A server that comes back with another configuration is another server.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_server_that_begins_to_evict_is_not_used_any_more() {
    use outcall_gateway::ledger::{Ledger, Repeat, Unavailable, conformance::parts::ask};
    let redis = super::bench::server().await;
    let here = store(&redis, options()).await;
    let () = redis.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    redis.wire().cut();
    let refused = here.claim(&ask("key", "request", Repeat::Never)).await.err();
    assert_eq!(refused, Some(Unavailable::Unreachable));
}

#[tokio::test]
async fn an_error_shows_no_secret() {
    let nobody = "redis://user:hunter2@127.0.0.1:1";
    let error = match Store::open(&nobody.parse().unwrap(), options()).await {
        Ok(_) => panic!("somebody listens there"),
        Err(error) => format!("{error} {error:?}"),
    };
    assert!(!error.contains("hunter2"), "{error}");
}
