//! Redis is away, or cannot write, or the wire to it is cut: nothing new is sent, and no answer is lost that can be kept.

use outcall_gateway::ledger::{
    Ledger, Repeat, Unavailable,
    conformance::parts::{
        NONE, PATIENT, ask, follow, lead, name, replay, settled, settlement, text, unknown,
    },
    redis::Options,
};
use outcall_tests::redis::Redis;

use super::{
    bench::{accept, options, server, store},
    two::{claim, two},
};

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_redis_that_is_away_takes_no_new_key_and_has_all_that_it_knew_when_it_is_back() {
    let mut redis = server().await;
    let here = store(&redis, options()).await;
    let (mut leading, own) = lead(claim(&here, "key", Repeat::Never).await);
    leading.begin().await.unwrap();
    leading.settle(settlement("kept"), NONE).await;
    let record = settled(own).await;
    let (mut in_flight, own) = lead(claim(&here, "in flight", Repeat::Never).await);
    in_flight.begin().await.unwrap();
    redis.kill().await;
    for repeat in [Repeat::Never, Repeat::Always, Repeat::SameConfiguration] {
        let new = ask(&format!("{repeat:?}"), "request", repeat);
        assert_eq!(here.claim(&new).await.err(), Some(Unavailable::Unreachable));
    }
    let follower = follow(claim(&here, "in flight", Repeat::Never).await);
    let comes_back = async {
        redis.revive().await;
        redis
    };
    let (redis, ()) = tokio::join!(comes_back, in_flight.settle(settlement("written at last"), PATIENT));
    for waiter in [own, follower] {
        assert_eq!(text(&settled(waiter).await), "written at last");
    }
    let there = store(&redis, options()).await;
    assert_eq!(replay(claim(&there, "key", Repeat::Never).await), record);
    assert_eq!(text(&replay(claim(&there, "in flight", Repeat::Never).await)), "written at last");
    // What was refused was never claimed.
    here.quiet().await;
    assert_eq!(name(&claim(&there, "Never", Repeat::Never).await), "lead");
}

/// Whoever has led, followed or replayed a key has its record at hand.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn what_is_at_hand_is_replayed_without_redis() {
    let redis = server().await;
    let hot = Options { hot_bytes: 1 << 20, ..options() };
    let stores =
        [store(&redis, hot.clone()).await, store(&redis, hot.clone()).await, store(&redis, hot).await];
    let (mut leading, _) = lead(claim(&stores[0], "key", Repeat::Never).await);
    let follower = follow(claim(&stores[1], "key", Repeat::Never).await);
    leading.begin().await.unwrap();
    leading.settle(settlement("at hand"), NONE).await;
    let record = settled(follower).await;
    assert_eq!(replay(claim(&stores[2], "key", Repeat::Never).await), record);
    let cold = store(&redis, options()).await;
    redis.wire().sever();
    for store in &stores {
        assert_eq!(replay(claim(store, "key", Repeat::Never).await), record);
        let other = store.claim(&ask("key", "other", Repeat::Never)).await.unwrap();
        assert_eq!(name(&other), "conflict");
    }
    let request = ask("key", "request", Repeat::Never);
    assert_eq!(cold.claim(&request).await.err(), Some(Unavailable::Unreachable), "the control");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn an_answer_that_outlasts_its_patience_is_unknown_everywhere() {
    let (redis, here, there) = two().await;
    let (mut leading, own) = lead(claim(&here, "key", Repeat::Never).await);
    leading.begin().await.unwrap();
    let follower = follow(claim(&there, "key", Repeat::Never).await);
    redis.wire().sever();
    leading.settle(settlement("never seen"), NONE).await;
    assert_eq!(settled(own).await.settlement.answer, unknown());
    redis.wire().mend();
    here.quiet().await;
    assert_eq!(settled(follower).await.settlement.answer, unknown(), "woken by what was owed");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_wire_that_is_cut_and_mended_costs_nobody_an_answer() {
    let (redis, here, there) = two().await;
    for (round, repeat) in [Repeat::Never, Repeat::Always, Repeat::SameConfiguration].into_iter().enumerate()
    {
        let key = &format!("{round}");
        redis.wire().cut();
        let (mut leading, own) = lead(claim(&here, key, repeat).await);
        let follower = follow(claim(&there, key, repeat).await);
        redis.wire().cut();
        leading.begin().await.unwrap();
        leading.settle(settlement(key), PATIENT).await;
        for waiter in [own, follower] {
            assert_eq!(text(&settled(waiter).await), key, "the word of it was lost, or came");
        }
    }
}

/// The server hears the claim and cannot say so: asked again under the same token, it is the same claim.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_claim_whose_acknowledgement_is_lost_is_not_led_twice() {
    let (redis, here, there) = two().await;
    redis.wire().swallow_replies();
    let request = ask("key", "request", Repeat::Never);
    assert_eq!(here.claim(&request).await.err(), Some(Unavailable::Unreachable));
    redis.wire().mend();
    here.quiet().await;
    let (leading, _) = lead(there.claim(&request).await.unwrap());
    assert!(!leading.is_again(), "the one that was refused has sent nothing");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_redis_without_memory_takes_no_new_key_and_serves_what_it_knows() {
    let redis = server().await;
    let here = store(&redis, options()).await;
    let (mut leading, own) = lead(claim(&here, "key", Repeat::Never).await);
    leading.begin().await.unwrap();
    leading.settle(settlement("known"), NONE).await;
    settled(own).await;
    let (mut in_flight, own) = lead(claim(&here, "in flight", Repeat::Never).await);
    in_flight.begin().await.unwrap();
    let () = redis.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    let new = ask("new", "request", Repeat::Never);
    assert_eq!(here.claim(&new).await.err(), Some(Unavailable::Unreachable));
    assert_eq!(text(&replay(claim(&here, "key", Repeat::Never).await)), "known");
    let follower = follow(claim(&here, "in flight", Repeat::Never).await);
    let memory_returns = async {
        let () = redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    };
    tokio::join!(in_flight.settle(settlement("kept"), PATIENT), memory_returns);
    for waiter in [own, follower] {
        assert_eq!(text(&settled(waiter).await), "kept");
    }
    assert_eq!(name(&claim(&here, "new", Repeat::Never).await), "lead");
}

/// Where a server acknowledges before it has synced, a claim begins when it has. Needs a server that knows WAITAOF.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_server_that_syncs_now_and_then_is_waited_for_or_refused() {
    let redis = Redis::start_with(&["--appendonly", "yes", "--appendfsync", "everysec"]).await;
    let waits = redis.ask::<Vec<redis::Value>>(&["COMMAND", "INFO", "WAITAOF"]) != [redis::Value::Nil];
    let address = redis.url().parse().unwrap();
    let opened = outcall_gateway::ledger::redis::Redis::open(&address, options()).await;
    assert_eq!(opened.is_ok(), waits);
    let Ok(here) = opened else { return };
    accept(&redis).await;
    let (mut leading, own) = lead(claim(&here, "key", Repeat::Never).await);
    leading.begin().await.unwrap();
    leading.settle(settlement("synced"), NONE).await;
    assert_eq!(text(&settled(own).await), "synced");
    let calls: String = redis.ask(&["INFO", "commandstats"]);
    assert!(calls.contains("cmdstat_waitaof:calls=2,"), "for the claim, and for its answer: {calls}");
    let (mut safe, _) = lead(claim(&here, "safe", Repeat::Always).await);
    safe.begin().await.unwrap();
    safe.settle(settlement("not waited for"), NONE).await;
    let calls: String = redis.ask(&["INFO", "commandstats"]);
    assert!(calls.contains("cmdstat_waitaof:calls=2,"), "{calls}");
}
