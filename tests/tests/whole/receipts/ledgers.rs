//! The same bytes after a restart, after the key was changed, and from another gateway on the ledger.

use std::path::PathBuf;

use outcall_tests::{
    gate::Gate,
    gateway::Process,
    replica::{Outcall, Replica, Subnet, agreed},
    upstream::{Act, Script, Upstream},
};

use super::*;
use crate::{redis::bench::server, stage::refused};

const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");

fn pay(key: &str) -> Outcall {
    Outcall::post("/r").key(key).json(r#"{"amount":5}"#)
}

/// A gateway on this ledger that signs with this key, or with none.
async fn start(store: &str, upstream: &Upstream, keyid: Option<&str>) -> Process {
    let signing = keyid.map_or(String::new(), |keyid| format!(", {}", signing(keyid)));
    let config = format!(r#"{{"/r": "{}"{signing}}}"#, upstream.url("/u"));
    Process::start(BINARY, &config, &["--store", store, "--log", "outcall_gateway::request=off,info"]).await
}

async fn asked(gateway: &Process, outcall: &Outcall) -> Answer {
    agreed(&Subnet::new(gateway.addr(), 13).burst(outcall).await).clone()
}

async fn kill(gateway: Process) {
    gateway.signal("KILL").await;
    gateway.ended().await;
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("outcall-receipts-{}-{:016x}", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name))
    }

    fn store(&self) -> String {
        format!("disk:{}", self.0.display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_record_keeps_its_receipt_over_a_kill_and_a_new_key() {
    let upstream = Upstream::start(Script::steps([Act::Varying, Act::Varying])).await;
    let folder = Folder::new();
    let first = start(&folder.store(), &upstream, Some("old")).await;
    let before = asked(&first, &pay("k-1")).await;
    kill(first).await;
    let second = start(&folder.store(), &upstream, Some("new")).await;
    let after = asked(&second, &pay("k-1")).await;
    assert_eq!(after, before, "its receipt is another one");
    assert_eq!(
        verified(&["new", "old"], &pay("k-1"), &after).map(|receipt| receipt.keyid.to_string()),
        Ok("old".into())
    );
    // The control: what is recorded now is signed with the new one.
    let fresh = asked(&second, &pay("k-2")).await;
    assert_eq!(
        verified(&["new", "old"], &pay("k-2"), &fresh).map(|receipt| receipt.keyid.to_string()),
        Ok("new".into())
    );
    upstream.finish().await;
}

#[tokio::test]
async fn records_from_before_there_were_receipts_are_served_as_they_are() {
    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let folder = Folder::new();
    let first = start(&folder.store(), &upstream, None).await;
    let before = asked(&first, &pay("k")).await;
    unsigned(&before);
    kill(first).await;
    let second = start(&folder.store(), &upstream, Some("new")).await;
    assert_eq!(asked(&second, &pay("k")).await, before);
    kill(second).await;
    // And signed ones, when there is no key any more.
    let third = start(&folder.store(), &upstream, None).await;
    assert_eq!(asked(&third, &pay("k")).await, before);
    upstream.finish().await;
}

/// The process that claimed it signed what its loss means: it is gone when that is recorded.
#[tokio::test]
async fn an_outcome_that_a_kill_made_unknown_is_signed_the_same_for_ever() {
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::Varying.held_at(&gate)])).await;
    let folder = Folder::new();
    let first = start(&folder.store(), &upstream, Some("old")).await;
    let (replica, outcall) = (Replica::new(first.addr()), pay("k"));
    let asking = tokio::spawn(async move { replica.send(&outcall).await });
    gate.reached().await;
    kill(first).await;
    let _ = asking.await;
    let second = start(&folder.store(), &upstream, Some("new")).await;
    let unknown = asked(&second, &pay("k")).await;
    refused(&unknown, 502, "outcome-unknown", "unknown");
    assert_eq!(
        verified(&["new", "old"], &pay("k"), &unknown).map(|receipt| receipt.keyid.to_string()),
        Ok("old".into())
    );
    kill(second).await;
    let third = start(&folder.store(), &upstream, Some("newer")).await;
    assert_eq!(asked(&third, &pay("k")).await, unknown);
    gate.release();
    upstream.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn gateways_with_different_keys_on_one_redis_give_the_same_receipt() {
    let redis = server().await;
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let gateways =
        [start(&redis.url(), &upstream, Some("a")).await, start(&redis.url(), &upstream, Some("b")).await];
    for round in 0..10 {
        let outcall = pay(&format!("k-{round}"));
        let [one, other] = [&gateways[0], &gateways[1]].map(|gateway| Subnet::new(gateway.addr(), 7));
        let (mut answers, others) = tokio::join!(one.burst(&outcall), other.burst(&outcall));
        answers.extend(others);
        let answer = agreed(&answers);
        assert!(verified(&["a", "b"], &outcall, answer).is_ok(), "{answer:?}");
    }
    assert_eq!(upstream.hits(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn what_a_killed_gateway_leaves_unknown_in_redis_is_signed_by_it() {
    let redis = server().await;
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::Varying.held_at(&gate)])).await;
    let [one, other] =
        [start(&redis.url(), &upstream, Some("a")).await, start(&redis.url(), &upstream, Some("b")).await];
    let (replica, outcall) = (Replica::new(one.addr()), pay("k"));
    let asking = tokio::spawn(async move { replica.send(&outcall).await });
    gate.reached().await;
    kill(one).await;
    let _ = asking.await;
    let unknown = asked(&other, &pay("k")).await;
    refused(&unknown, 502, "outcome-unknown", "unknown");
    assert_eq!(
        verified(&["a", "b"], &pay("k"), &unknown).map(|receipt| receipt.keyid.to_string()),
        Ok("a".into())
    );
    gate.release();
    upstream.finish().await;
}
