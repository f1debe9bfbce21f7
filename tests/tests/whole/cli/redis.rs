//! `--store redis://…` and `accept-loss`: what is said of a ledger in Redis, and what never is.

use outcall_tests::{
    gateway::Process,
    redis::Redis,
    replica::{Outcall, Replica},
    upstream::{Act, Script, Upstream},
};

use super::{BINARY, Folder};
use crate::{config::route, stage::refused};

const PASSWORD: &str = "hunter2";

/// A server that wants a password, and its address with it.
async fn secured() -> (Redis, String) {
    let redis = Redis::start().await;
    let () = redis.ask(&["ACL", "SETUSER", "outcall", "on", &format!(">{PASSWORD}"), "~*", "&*", "+@all"]);
    let url = redis.url().replace("redis://", &format!("redis://outcall:{PASSWORD}@"));
    (redis, url)
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_new_redis_pays_for_nobody_until_an_operator_has_said_so() {
    let (redis, url) = secured().await;
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let config = route("/r", &upstream.url("/u"));
    let mut gateway = Process::start(BINARY, &config, &["--store", &url]).await;
    gateway.said("outcall-gateway accept-loss").await;
    let replica = Replica::new(gateway.addr());
    let answer = replica.send(&Outcall::post("/r").key("early").body("{}")).await.unwrap();
    refused(&answer, 503, "ledger-forgotten", "unknown");
    assert_eq!(
        replica.send(&Outcall::get("/r")).await.unwrap().status,
        200,
        "what may be repeated is served"
    );

    let folder = Folder::new();
    let accepted = folder.run(&["accept-loss"], &[("OUTCALL_STORE", &url)]).await;
    assert_eq!((accepted.code, &*accepted.stderr), (Some(0), ""), "{accepted:?}");
    assert!(accepted.stdout.contains("led from now on"), "{accepted:?}");
    let answer = replica.send(&Outcall::post("/r").key("later").body("{}")).await.unwrap();
    assert_eq!(answer.status, 200);
    let answer = replica.send(&Outcall::post("/r").key("early").body("{}")).await.unwrap();
    refused(&answer, 503, "ledger-forgotten", "unknown");

    gateway.signal("TERM").await;
    let (status, said) = gateway.last_words().await;
    assert!(status.success(), "{said}");
    let address = redis.url();
    for named in [&*format!("store     {address}: shared by all gateways on it"), "appendfsync always"] {
        assert!(said.contains(named), "{named:?} is missing in\n{said}");
    }
    for text in [&said, &accepted.stdout] {
        assert!(!text.contains(PASSWORD), "{text}");
    }
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_redis_that_cannot_hold_a_ledger_is_a_failure_that_says_why() {
    let redis = Redis::start().await;
    let () = redis.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    let folder = Folder::with("proxy_conf.json", r#"{"/r": "http://127.0.0.1:1"}"#);
    let ran = folder.run(&["--listen", "127.0.0.1:0", "--store", &redis.url()], &[]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("found maxmemory-policy allkeys-lru, expected noeviction"), "{ran:?}");
    assert!(!ran.stderr.contains("listening"), "{ran:?}");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_redis_that_forgets_serves_only_who_has_asked_for_it() {
    let redis = Redis::start_with(&["--appendonly", "no"]).await;
    let config = r#"{"/r": "http://127.0.0.1:1"}"#;
    let folder = Folder::with("proxy_conf.json", config);
    let ran = folder.run(&["--listen", "127.0.0.1:0", "--store", &redis.url()], &[]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("--redis-may-forget"), "{ran:?}");
    let mut gateway = Process::start(BINARY, config, &["--store", &redis.url(), "--redis-may-forget"]).await;
    gateway.said("WARN").await;
    gateway.signal("TERM").await;
    let (_, said) = gateway.last_words().await;
    assert!(said.contains("it may forget claims when it crashes"), "{said}");
}

#[tokio::test]
async fn no_error_and_no_help_shows_what_stands_in_an_address() {
    let folder = Folder::with("proxy_conf.json", r#"{"/r": "http://127.0.0.1:1"}"#);
    let misuse = Some(2);
    let failure = Some(1);
    for (store, code) in [
        ("redis://user:hunter2@127.0.0.1:1", failure),
        ("redis://user:hunter2@", misuse),
        ("rediss://user:hunter2@redis.example/#insecure", misuse),
        ("http://user:hunter2@127.0.0.1:1", misuse),
    ] {
        for command in ["serve", "accept-loss"] {
            for (arguments, env) in
                [(&[command, "--store", store][..], &[][..]), (&[command], &[("OUTCALL_STORE", store)])]
            {
                let ran = folder.run(arguments, env).await;
                assert_eq!(ran.code, code, "{command} {store}: {ran:?}");
                assert!(!ran.stderr.contains(PASSWORD) && !ran.stdout.contains(PASSWORD), "{ran:?}");
            }
        }
        let help = folder.run(&["serve", "--help"], &[("OUTCALL_STORE", store)]).await;
        assert!(!help.stdout.contains(PASSWORD), "{help:?}");
    }
    let memory = folder.run(&["accept-loss", "--store", "memory"], &[]).await;
    assert_eq!(memory.code, misuse, "{memory:?}");
}
