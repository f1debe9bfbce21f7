//! A leader whose lease is over: it is given up for lost, and can change nothing any more.

use std::{sync::Arc, time::Duration};

use outcall_gateway::ledger::{
    Ending, Ledger, Record, Repeat,
    conformance::parts::{LIFE, NONE, ask, follow, lead, replay, settled, settlement, terms, text, unknown},
    redis::Options,
};

use super::{
    bench::{lapse, options, pass, server, store},
    two::{claim, two},
};

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn an_unsafe_claim_whose_lease_is_over_is_unknown_for_everybody_once_and_for_ever() {
    let (redis, here, there) = two().await;
    let (mut leading, own) = lead(claim(&here, "key", Repeat::Never).await);
    let follower = follow(claim(&there, "key", Repeat::Never).await);
    leading.begin().await.unwrap();
    lapse(&redis);
    // A third finds it out.
    let third = store(&redis, options()).await;
    let first: Arc<Record> = replay(claim(&third, "key", Repeat::Never).await);
    assert_eq!(first.settlement, terms(Repeat::Never, "").lost.settlement(), "by the claim's own terms");
    assert_eq!(settled(follower).await, first, "recorded once");
    // The answer comes too late: what is recorded stands, for those who waited here as well.
    leading.settle(settlement("too late"), NONE).await;
    assert_eq!(settled(own).await, first);
    for store in [&here, &there, &third] {
        assert_eq!(replay(claim(store, "key", Repeat::Never).await), first);
    }
    pass(&redis, LIFE);
    let (_again, _) = lead(claim(&there, "key", Repeat::Never).await);
}

/// The control: a lease that is over and that nobody has missed is as good as one that is not.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn an_answer_that_comes_before_anybody_has_missed_its_leader_is_recorded() {
    let redis = server().await;
    let here = store(&redis, options()).await;
    for repeat in [Repeat::Never, Repeat::Always] {
        let key = &format!("{repeat:?}");
        let (mut leading, own) = lead(claim(&here, key, repeat).await);
        leading.begin().await.unwrap();
        // Nothing sweeps while this thread is busy.
        lapse(&redis);
        leading.settle(settlement("in time"), NONE).await;
        assert_eq!(text(&settled(own).await), "in time");
    }
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_safe_claim_whose_lease_is_over_is_led_again_and_its_first_leader_gives_the_second_answer() {
    let (redis, here, there) = two().await;
    for repeat in [Repeat::Always, Repeat::SameConfiguration] {
        let key = &format!("{repeat:?}");
        let (mut first, own) = lead(claim(&here, key, repeat).await);
        first.begin().await.unwrap();
        lapse(&redis);
        let (mut second, other) = lead(claim(&there, key, repeat).await);
        assert!(second.is_again(), "the first may have sent it");
        second.begin().await.unwrap();
        // The fenced leader's own waiters wait for the second.
        first.settle(settlement("too late"), NONE).await;
        second.settle(settlement("the second answer"), NONE).await;
        for waiter in [own, other] {
            assert_eq!(text(&settled(waiter).await), "the second answer");
        }
        assert_eq!(text(&replay(claim(&here, key, repeat).await)), "the second answer");
    }
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_fenced_leader_of_a_safe_request_whose_successor_is_lost_too_leaves_its_waiters_to_claim_again() {
    let (redis, here, there) = two().await;
    let (mut first, own) = lead(claim(&here, "key", Repeat::Always).await);
    first.begin().await.unwrap();
    lapse(&redis);
    let (mut second, _) = lead(claim(&there, "key", Repeat::Always).await);
    second.begin().await.unwrap();
    drop(second);
    there.quiet().await;
    first.settle(settlement("too late"), NONE).await;
    assert!(matches!(own.ending().await, Ending::Lost));
    assert!(lead(claim(&here, "key", Repeat::Always).await).0.is_again());
}

#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn an_idempotent_claim_whose_lease_is_over_is_unknown_under_another_configuration() {
    let (redis, here, there) = two().await;
    let (mut leading, own) = lead(claim(&here, "key", Repeat::SameConfiguration).await);
    leading.begin().await.unwrap();
    lapse(&redis);
    let mut changed = ask("key", "request", Repeat::SameConfiguration);
    changed.terms = terms(Repeat::SameConfiguration, "changed");
    let record = replay(there.claim(&changed).await.unwrap());
    assert_eq!(record.settlement.answer, unknown());
    leading.settle(settlement("too late"), NONE).await;
    assert_eq!(settled(own).await, record);
}

/// Replicas that wait at a fenced leader are not left waiting for a call that counts no more.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_renewal_that_finds_its_claim_given_up_tells_those_who_wait_while_the_call_goes_on() {
    let redis = server().await;
    let brief = Options { lease: Duration::from_secs(2), ..options() };
    let (here, there) = (store(&redis, brief).await, store(&redis, options()).await);
    let (mut leading, own) = lead(claim(&here, "key", Repeat::Never).await);
    leading.begin().await.unwrap();
    lapse(&redis);
    let record = replay(claim(&there, "key", Repeat::Never).await);
    assert_eq!(settled(own).await, record);
    leading.settle(settlement("too late"), NONE).await;
    assert_eq!(replay(claim(&here, "key", Repeat::Never).await), record);
}

/// A gateway that dies while it leads: only its lease says so, and the sweep of another finds it out.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_gateway_that_dies_leaves_unknown_behind_when_its_lease_is_over() {
    let redis = server().await;
    let brief = Options { lease: Duration::from_millis(400), ..options() };
    let (dying, living) = (store(&redis, brief.clone()).await, store(&redis, options()).await);
    let (mut leading, _own) = lead(claim(&dying, "key", Repeat::Never).await);
    leading.begin().await.unwrap();
    let follower = follow(claim(&living, "key", Repeat::Never).await);
    // It renews no more, and never comes to say that it was lost.
    std::mem::forget(leading);
    drop(dying);
    assert_eq!(settled(follower).await.settlement, terms(Repeat::Never, "").lost.settlement());
}

/// The control: as long as it lives, its lease is renewed.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_gateway_that_lives_keeps_its_claim_beyond_many_leases() {
    let redis = server().await;
    let brief = Options { lease: Duration::from_millis(400), ..options() };
    let (here, there) = (store(&redis, brief).await, store(&redis, options()).await);
    let (mut leading, own) = lead(claim(&here, "key", Repeat::Never).await);
    leading.begin().await.unwrap();
    let due = || {
        redis.ask::<f64>(&["ZSCORE", "{outcall}:due", ask("key", "", Repeat::Never).id.to_string().as_str()])
    };
    let begun = due();
    while due() < begun + 1_200.0 {
        tokio::task::yield_now().await;
    }
    let follower = follow(claim(&there, "key", Repeat::Never).await);
    leading.settle(settlement("after three leases"), NONE).await;
    for waiter in [own, follower] {
        assert_eq!(text(&settled(waiter).await), "after three leases");
    }
}
