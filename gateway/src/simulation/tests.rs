//! What seeds have found, told plainly: two stores on one played Redis that syncs now and then.

use std::time::Duration;

use futures_util::poll;
use tokio::time::sleep;

use super::{
    history::History,
    redis::{Net, Server, Sync, Way, dial},
};
use crate::ledger::{
    Ask, Claim, Lead, Ledger, Repeat, Standing, Unavailable, Waiter,
    conformance::parts::{NONE, PATIENT, ask, follow, lead as lead_of, settled, settlement, text, unknown},
    redis::{Options, Redis, accept_loss_over},
};

/// One gateway's store, and its network.
struct End {
    redis: Redis,
    net: Net,
}

async fn server() -> Server {
    fastrand::seed(0);
    let server = Server::start(History::begin(), Sync::NowAndThen);
    accept_loss_over(dial(&server, &net()), &options().name).await.expect("a server");
    while server.unsynced() > 0 {
        sleep(Duration::from_secs(1)).await;
    }
    server
}

async fn end(server: &Server) -> End {
    let net = net();
    End { redis: Redis::open_over(dial(server, &net), options()).await.expect("a store"), net }
}

/// Crashes, with all that it has not synced, and has read its log again when this returns.
async fn crash(server: &Server) {
    server.lose(server.unsynced());
    server.stick_disk(false);
    server.restart();
    sleep(Duration::from_secs(1)).await;
}

fn net() -> Net {
    Net::new(Way { latency: 0, lossy: false })
}

fn options() -> Options {
    Options::with_room(1 << 20)
}

fn payment() -> Ask {
    ask("key", "5 ICP", Repeat::Never)
}

impl End {
    async fn claim(&self) -> Claim {
        self.redis.claim(&payment()).await.expect("a claim")
    }

    async fn led(&self) -> (Lead, Waiter) {
        let (mut lead, waiter) = lead_of(self.claim().await);
        lead.begin().await.expect("a durable claim");
        (lead, waiter)
    }
}

/// Seed 2230: the leader records its answer and dies; before that is synced, Redis crashes.
#[tokio::test(start_paused = true)]
async fn nobody_elsewhere_has_an_answer_that_redis_may_still_lose() {
    let server = server().await;
    let (here, there) = (end(&server).await, end(&server).await);
    let (lead, _) = here.led().await;
    let mut waiter = Box::pin(settled(follow(there.claim().await)));
    server.stick_disk(true);
    let mut settling = Box::pin(lead.settle(settlement("paid"), PATIENT));
    assert!(poll!(&mut settling).is_pending());
    // Woken by Redis, and by its own clock.
    sleep(Duration::from_secs(4)).await;
    assert!(server.unsynced() > 0, "the answer is not in Redis");
    assert!(poll!(&mut waiter).is_pending(), "told what may be lost");

    here.net.kill();
    crash(&server).await;
    assert_eq!(waiter.await.settlement.answer, unknown());
    let late = end(&server).await;
    assert!(matches!(late.claim().await, Claim::Replay(record) if record.settlement.answer == unknown()));
}

/// The control: when it is synced, everybody has it.
#[tokio::test(start_paused = true)]
async fn everybody_elsewhere_has_an_answer_that_redis_has_synced() {
    let server = server().await;
    let (here, there) = (end(&server).await, end(&server).await);
    let (lead, _) = here.led().await;
    let waiter = follow(there.claim().await);
    lead.settle(settlement("paid"), NONE).await;
    assert_eq!(text(&settled(waiter).await), "paid");
    here.net.kill();
    crash(&server).await;
    let late = end(&server).await;
    assert!(matches!(late.claim().await, Claim::Replay(record) if text(&record) == "paid"));
}

/// What Redis loses, and nobody had relied on, is no loss: no operator has to accept anything.
#[tokio::test(start_paused = true)]
async fn a_crash_of_redis_before_a_claim_is_durable_stops_nobody() {
    let server = server().await;
    let here = end(&server).await;
    server.stick_disk(true);
    let (abandoned, _) = lead_of(here.claim().await);
    crash(&server).await;
    drop(abandoned);
    sleep(Duration::from_secs(1)).await;
    here.led().await;
}

/// Seed 5067: the connection for what must be durable broke while nobody used it.
#[tokio::test(start_paused = true)]
async fn a_connection_that_broke_long_ago_refuses_nobody() {
    let server = server().await;
    let here = end(&server).await;
    let (lead, _) = here.led().await;
    lead.settle(settlement("paid"), NONE).await;
    here.net.cut();
    sleep(Duration::from_secs(60)).await;
    let other = ask("other", "5 ICP", Repeat::Never);
    let (mut lead, _) = lead_of(here.redis.claim(&other).await.expect("a claim"));
    assert_eq!(lead.begin().await, Ok(()));
}

/// Seed 45350: making it anew took the time that the claim had.
#[tokio::test(start_paused = true)]
async fn a_connection_that_broke_unseen_is_made_anew_before_anybody_needs_it() {
    let server = server().await;
    let here = end(&server).await;
    let (lead, _) = here.led().await;
    lead.settle(settlement("paid"), NONE).await;
    let before = server.connections();
    here.net.cut();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(server.connections(), before + 3, "for commands, for what must be durable, and to listen");
}

/// Whoever polls looks, and takes what he sees for the end.
#[tokio::test(start_paused = true)]
async fn nobody_who_looks_is_shown_an_answer_that_redis_may_still_lose() {
    let server = server().await;
    let (here, there) = (end(&server).await, end(&server).await);
    let (lead, _) = here.led().await;
    server.stick_disk(true);
    let mut settling = Box::pin(lead.settle(settlement("paid"), PATIENT));
    assert!(poll!(&mut settling).is_pending());
    sleep(Duration::from_millis(100)).await;
    assert!(server.unsynced() > 0, "the answer is not in Redis");
    let looked = there.redis.look(&payment().id).await;
    assert_eq!(looked, Err(Unavailable::Unreachable), "told what may be lost");

    here.net.kill();
    crash(&server).await;
    sleep(Duration::from_secs(30)).await;
    let Ok(Standing::Settled(record)) = there.redis.look(&payment().id).await else {
        panic!("it has no end")
    };
    assert_eq!(record.settlement.answer, unknown());
}

/// The control.
#[tokio::test(start_paused = true)]
async fn whoever_looks_is_shown_an_answer_that_redis_has_synced() {
    let server = server().await;
    let (here, there) = (end(&server).await, end(&server).await);
    let (lead, _) = here.led().await;
    lead.settle(settlement("paid"), NONE).await;
    let Ok(Standing::Settled(record)) = there.redis.look(&payment().id).await else {
        panic!("it has no end")
    };
    assert_eq!(text(&record), "paid");
}
