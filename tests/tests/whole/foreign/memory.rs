//! What outlives a message and an upgrade: stable structures, certified data; and what does not.

use candid::{Principal, encode_args};
use outcall_harness::engine::Settings;
use sha2::{Digest, Sha256};

use super::{Status, installed, readings, seen, status, tidied, update, wasm, weather};

#[tokio::test]
async fn readings_in_stable_structures_survive_an_upgrade_and_counters_on_the_heap_do_not() {
    let upstream = weather().await;
    let mut subnet = installed(&[upstream.url("/harbour"), upstream.url("/summit")]).await;
    update(&mut subnet, "observe", ()).await;
    update(&mut subnet, "fall_over", (upstream.url("/harbour"),)).await;
    let before = readings(&subnet).await;
    assert_eq!((before.len(), status(&subnet).await.counted), (2, 1));

    subnet.upgrade(&wasm(), encode_args(()).unwrap()).await.unwrap();

    assert_eq!((readings(&subnet).await, status(&subnet).await.counted), (before, 0));
    // The setup is in stable memory, too, and outcalls go on.
    let observed = update(&mut subnet, "observe", ()).await;
    assert_eq!(seen(&observed).len(), 2);
    assert_eq!(readings(&subnet).await.len(), 4);
    assert!(subnet.canister().stable_bytes() > 0);
}

#[tokio::test]
async fn readings_bear_the_subnets_time_and_their_number() {
    let upstream = weather().await;
    let mut subnet = installed(&[upstream.url("/harbour"), upstream.url("/summit")]).await;
    let start = Settings::default().time_nanos;
    assert_eq!(subnet.canister().time_nanos(), start);
    update(&mut subnet, "observe_in_turn", ()).await;
    let [harbour, summit] = readings(&subnet).await.try_into().unwrap();
    assert_eq!((harbour.text, summit.text), (tidied("harbour"), tidied("summit")));
    assert!(start < harbour.at_nanos && harbour.at_nanos < summit.at_nanos);
    assert_eq!(summit.at_nanos, subnet.canister().time_nanos());
}

#[tokio::test]
async fn the_last_reading_is_certified() {
    let upstream = weather().await;
    let mut subnet = installed(&[upstream.url("/harbour")]).await;
    assert!(subnet.canister().certified_data().is_empty());
    update(&mut subnet, "observe", ()).await;
    assert_eq!(subnet.canister().certified_data(), Sha256::digest(tidied("harbour")).as_slice());
}

#[tokio::test]
async fn it_knows_its_name_its_time_and_whether_all_replicas_run() {
    let mut subnet = installed(&[]).await;
    let Settings { canister, time_nanos, .. } = Settings::default();
    let known = Status {
        me: Principal::from_slice(&canister),
        now_nanos: time_nanos,
        replicated: false,
        busy: false,
        counted: 0,
        rescued: 0,
    };
    assert_eq!(status(&subnet).await, known);
    let asked = update(&mut subnet, "status", ()).await;
    assert_eq!(asked.value::<Status>().unwrap(), Status { replicated: true, ..known });
}
