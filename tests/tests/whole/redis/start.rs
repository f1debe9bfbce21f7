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

/// A server that spares the disk while it rewrites its log does not sync every write, whatever `appendfsync` says.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_server_that_does_not_sync_while_it_rewrites_its_log_is_waited_for_or_refused() {
    let redis = Redis::start().await;
    let waits = redis.ask::<Vec<redis::Value>>(&["COMMAND", "INFO", "WAITAOF"]) != [redis::Value::Nil];
    let () = redis.ask(&["CONFIG", "SET", "no-appendfsync-on-rewrite", "yes"]);
    if waits {
        assert_eq!(store(&redis, options()).await.durability(), Durability::Waited);
    } else {
        let refusal = refusal(&redis, options()).await;
        assert!(refusal.contains("no-appendfsync-on-rewrite no"), "{refusal}");
    }
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_replica_is_refused() {
    let redis = Redis::start().await;
    let () = redis.ask(&["REPLICAOF", "127.0.0.1", "1"]);
    let refusal = refusal(&redis, Options { may_forget: true, ..options() }).await;
    assert!(refusal.contains("found a replica, expected the primary"), "{refusal}");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_cluster_is_refused() {
    // Valkey calls its mode by another name than Redis; both say whether they are a cluster.
    let redis = Redis::start_with(&["--appendonly", "yes", "--cluster-enabled", "yes"]).await;
    let refusal = refusal(&redis, Options { may_forget: true, ..options() }).await;
    assert!(refusal.contains("found a cluster, expected one primary"), "{refusal}");
}

/// A user that may run scripts and touch keys, but not tell the others what has ended, or not listen to it.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_user_that_may_not_use_the_channel_is_refused() {
    let redis = Redis::start().await;
    let () = redis.ask(&["ACL", "SETUSER", "all", "on", ">pw", "~*", "&*", "+@all"]);
    let () = redis.ask(&["ACL", "SETUSER", "mute", "on", ">pw", "~*", "resetchannels", "+@all"]);
    let () = redis.ask(&["ACL", "SETUSER", "deaf", "on", ">pw", "~*", "&*", "+@all", "-subscribe"]);
    let at = |user: &str| redis.url().replace("redis://", &format!("redis://{user}:pw@")).parse().unwrap();
    for user in ["mute", "deaf"] {
        let refusal = Store::open(&at(user), options()).await.err().map(|error| error.to_string());
        assert!(refusal.as_ref().is_some_and(|said| said.contains("NoPerm")), "{user}: {refusal:?}");
    }
    assert!(Store::open(&at("all"), options()).await.is_ok());
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
