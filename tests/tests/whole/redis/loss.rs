//! A Redis that has lost records: what must not be repeated is not led until an operator has accepted that.

use outcall_gateway::ledger::{
    Ledger, Repeat, Unavailable,
    conformance::parts::{NONE, ask, lead, name, replay, settled, settlement, text, unknown},
};
use outcall_tests::redis::Redis;

use super::{
    bench::{accept, options, server, store},
    two::{claim, two},
};

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_server_that_nobody_has_accepted_leads_only_what_may_be_repeated() {
    let redis = Redis::start().await;
    let here = store(&redis, options()).await;
    assert!(!here.is_trusted());
    let pay = ask("pay", "request", Repeat::Never);
    assert_eq!(here.claim(&pay).await.err(), Some(Unavailable::Forgotten));
    let (mut leading, own) = lead(claim(&here, "get", Repeat::Always).await);
    leading.begin().await.unwrap();
    leading.settle(settlement("may be repeated"), NONE).await;
    assert_eq!(text(&settled(own).await), "may be repeated");
    // The running gateway takes the operator's word.
    accept(&redis).await;
    let _led = lead(here.claim(&pay).await.unwrap());
    assert!(here.is_trusted());
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_server_that_is_empty_again_leads_nothing_unsafe_in_any_gateway() {
    let (redis, here, there) = two().await;
    let (mut leading, own) = lead(claim(&here, "in flight", Repeat::Never).await);
    leading.begin().await.unwrap();
    let () = redis.ask(&["FLUSHALL"]);
    let late = store(&redis, options()).await;
    for store in [&here, &there, &late] {
        for key in ["in flight elsewhere", "new"] {
            let refused = store.claim(&ask(key, "request", Repeat::Never)).await.err();
            assert_eq!(refused, Some(Unavailable::Forgotten));
        }
    }
    assert_eq!(
        there.claim(&ask("in flight", "request", Repeat::Never)).await.err(),
        Some(Unavailable::Forgotten),
        "sent, and led again"
    );
    // Its claim is gone: nothing says any more that this answer is the only one.
    leading.settle(settlement("over nothing"), NONE).await;
    assert_eq!(settled(own).await.settlement.answer, unknown());
    accept(&redis).await;
    for (store, key) in [(&here, "one"), (&there, "two"), (&late, "three")] {
        assert_eq!(name(&claim(store, key, Repeat::Never).await), "lead");
    }
}

/// As a replica that took over without the latest changes, or a restored copy.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_server_that_has_counted_less_than_a_gateway_has_seen_is_no_more_trusted_by_any() {
    let (redis, here, there) = two().await;
    let (mut leading, own) = lead(claim(&here, "key", Repeat::Never).await);
    leading.begin().await.unwrap();
    leading.settle(settlement("counted"), NONE).await;
    let record = settled(own).await;
    let () = redis.ask(&["HINCRBY", "{outcall}:epoch", "serial", "-1"]);
    for store in [&here, &there] {
        let refused = store.claim(&ask("new", "request", Repeat::Never)).await.err();
        assert_eq!(refused, Some(Unavailable::Forgotten));
    }
    assert_eq!(replay(claim(&there, "key", Repeat::Never).await), record, "what is known is served");
    accept(&redis).await;
    assert_eq!(name(&claim(&there, "new", Repeat::Never).await), "lead");
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn an_epoch_that_was_restored_is_not_taken_for_the_one_after_it() {
    let redis = server().await;
    let former: String = redis.ask(&["HGET", "{outcall}:epoch", "id"]);
    accept(&redis).await;
    let here = store(&redis, options()).await;
    let () = redis.ask(&["HSET", "{outcall}:epoch", "id", &former]);
    let refused = here.claim(&ask("key", "request", Repeat::Never)).await.err();
    assert_eq!(refused, Some(Unavailable::Forgotten));
    let late = store(&redis, options()).await;
    let refused = late.claim(&ask("key", "request", Repeat::Never)).await.err();
    assert_eq!(refused, Some(Unavailable::Forgotten), "the others know it too");
}
