//! Two gateways on one Redis: one leads, and everybody gets its answer.

use std::time::Duration;

use outcall_gateway::ledger::{
    Claim, Ending, Ledger, Repeat, Standing, Waiter,
    conformance::parts::{NONE, ask, follow, lead, name, replay, settled, settlement, text},
    redis::{Options, Redis as Store},
};
use outcall_tests::redis::Redis;

use super::bench::{options, server, store};

/// Two stores that only hear of each other: a look for lack of news comes later than any test.
pub(super) async fn two() -> (Redis, Store, Store) {
    let redis = server().await;
    let (here, there) = (store(&redis, options()).await, store(&redis, options()).await);
    (redis, here, there)
}

pub(super) async fn claim(store: &Store, key: &str, repeat: Repeat) -> Claim {
    store.claim(&ask(key, "request", repeat)).await.unwrap_or_else(|why| panic!("cannot be claimed: {why}"))
}

const EVERY: [Repeat; 3] = [Repeat::Never, Repeat::Always, Repeat::SameConfiguration];

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn who_follows_elsewhere_has_the_record_by_the_word_of_its_end() {
    let (_redis, here, there) = two().await;
    for repeat in EVERY {
        let key = &format!("{repeat:?}");
        let (mut leading, own) = lead(claim(&here, key, repeat).await);
        let waiters: [Waiter; 3] =
            [follow(claim(&there, key, repeat).await), follow(claim(&there, key, repeat).await), own];
        leading.begin().await.unwrap();
        leading.settle(settlement("the answer"), NONE).await;
        let mut records = Vec::new();
        for waiter in waiters {
            records.push(settled(waiter).await);
        }
        records.push(replay(claim(&there, key, repeat).await));
        assert_eq!(text(&records[0]), "the answer");
        assert!(records.iter().all(|record| record == &records[0]), "{records:?}");
    }
}

/// The control of the one before: what is not heard is looked for.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn who_follows_elsewhere_and_hears_nothing_looks() {
    let redis = server().await;
    let () = redis.ask(&["ACL", "SETUSER", "deaf", "on", ">deaf", "~*", "+@all", "&*"]);
    let url = redis.url().replace("redis://", "redis://deaf:deaf@");
    let options = Options { recheck: Duration::from_millis(20), ..options() };
    let deaf = Store::open(&url.parse().unwrap(), options.clone()).await.unwrap();
    // Nobody who may not listen can start: it is taken away from one who could, with the connection that does.
    let () = redis.ask(&["ACL", "SETUSER", "deaf", "resetchannels"]);
    let here = store(&redis, options).await;
    let (mut leading, _) = lead(claim(&here, "key", Repeat::Never).await);
    let follower = follow(claim(&deaf, "key", Repeat::Never).await);
    leading.begin().await.unwrap();
    leading.settle(settlement("the answer"), NONE).await;
    assert_eq!(text(&settled(follower).await), "the answer");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn another_request_under_the_key_conflicts_elsewhere_in_every_state() {
    let (_redis, here, there) = two().await;
    let other = ask("key", "other", Repeat::Never);
    let (mut leading, _) = lead(claim(&here, "key", Repeat::Never).await);
    assert_eq!(name(&there.claim(&other).await.unwrap()), "conflict");
    let _follower = follow(claim(&there, "key", Repeat::Never).await);
    assert_eq!(name(&there.claim(&other).await.unwrap()), "conflict", "in flight here as well");
    leading.begin().await.unwrap();
    leading.settle(settlement("the answer"), NONE).await;
    assert_eq!(name(&there.claim(&other).await.unwrap()), "conflict", "settled");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_leader_that_withdraws_or_is_lost_leaves_its_followers_elsewhere_to_claim_again() {
    let (_redis, here, there) = two().await;
    for (repeat, begins) in [
        (Repeat::Never, false),
        (Repeat::Always, false),
        (Repeat::Always, true),
        (Repeat::SameConfiguration, true),
    ] {
        let key = &format!("{repeat:?} {begins}");
        let (mut leading, _) = lead(claim(&here, key, repeat).await);
        let follower = follow(claim(&there, key, repeat).await);
        if begins {
            leading.begin().await.unwrap();
        }
        drop(leading);
        assert!(matches!(follower.ending().await, Ending::Lost), "{key}");
        let (again, _) = lead(claim(&there, key, repeat).await);
        assert_eq!(again.is_again(), begins, "{key}: it may have been sent");
    }
}

/// However many ask at once, and wherever: one leads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn of_a_burst_over_two_gateways_one_leads() {
    let (_redis, here, there) = two().await;
    for round in 0..50 {
        let key = &format!("burst {round}");
        let claims = (0..13).map(|replica| {
            let store = if replica % 2 == 0 { &here } else { &there };
            claim(store, key, Repeat::Never)
        });
        let mut leads = Vec::new();
        let mut waiters = Vec::new();
        for claim in futures_util::future::join_all(claims).await {
            match claim {
                Claim::Lead(leading, waiter) => {
                    leads.push(leading);
                    waiters.push(waiter);
                }
                claim => waiters.push(follow(claim)),
            }
        }
        assert_eq!((leads.len(), waiters.len()), (1, 13));
        for mut leading in leads {
            leading.begin().await.unwrap();
            leading.settle(settlement(key), NONE).await;
        }
        for waiter in waiters {
            assert_eq!(text(&settled(waiter).await), key);
        }
    }
}

/// A claim whose client leaves before it knows of it: nothing was sent, so the key is as it was.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_claim_that_nobody_waits_for_any_more_is_no_claim() {
    let (redis, here, there) = two().await;
    let request = ask("key", "request", Repeat::Never);
    let mut leaving = here.claim(&request);
    assert!(futures_util::poll!(&mut leaving).is_pending());
    drop(leaving);
    // Its place is taken by those who came meanwhile, or by whoever comes.
    let (leading, _) = loop {
        match claim(&here, "key", Repeat::Never).await {
            Claim::Lead(leading, waiter) => break (leading, waiter),
            claim => assert!(matches!(follow(claim).ending().await, Ending::Lost), "nothing was sent"),
        }
    };
    assert!(!leading.is_again());
    drop(leading);
    here.quiet().await;
    assert_eq!(redis.ask::<u64>(&["ZCARD", "{outcall}:due"]), 0, "it was never claimed");
    assert_eq!(name(&claim(&there, "key", Repeat::Never).await), "lead");
}

/// What is forgotten here is at hand there no more, whether the word of it is heard or not.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn what_is_forgotten_here_is_not_replayed_there() {
    let redis = server().await;
    let ready = || async { store(&redis, Options { hot_bytes: 1 << 20, ..options() }).await };
    let (here, there) = (ready().await, ready().await);
    for deaf in [false, true] {
        let (mut leading, _) = lead(claim(&here, "key", Repeat::Never).await);
        leading.begin().await.unwrap();
        leading.settle(settlement("the answer"), NONE).await;
        let record = replay(claim(&there, "key", Repeat::Never).await);
        assert_eq!(text(&record), "the answer");
        if deaf {
            // Whoever listens is cut off, and the word comes to nobody.
            let () = redis.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        }
        let id = ask("key", "request", Repeat::Never).id;
        assert_eq!(here.forget(&id).await, Ok(Standing::Settled(record)));
        assert_eq!(here.look(&id).await, Ok(Standing::Absent));
        let (again, _) = loop {
            match claim(&there, "key", Repeat::Never).await {
                Claim::Replay(record) => assert_eq!(text(&record), "the answer"),
                led => break lead(led),
            }
            tokio::task::yield_now().await;
        };
        drop(again);
    }
}
