//! What an upgrade leaves of orders and keys: everything, and what was under way is perhaps executed.

use candid::{encode_args, encode_one};
use outcall_canister::{
    config::{Config, Settings},
    state::State,
};
use outcall_harness::{adapter::Network, subnet::Subnet};
use outcall_tests::{
    gate::Gate,
    upstream::{Act, Script},
};

use super::{SIZES, Stage, call, order, told, wasm};

async fn upgrade(stage: &mut Stage) {
    stage.subnet.upgrade(&wasm(), encode_one(None::<Settings>).unwrap()).await.unwrap();
}

#[tokio::test]
async fn an_order_is_known_after_an_upgrade_and_the_next_one_has_its_own_answer() {
    for nodes in SIZES {
        let mut stage = Stage::of(nodes, Script::steps([Act::Varying, Act::Varying]), "").await;
        let before = stage.order("a").await.0.unwrap();
        upgrade(&mut stage).await;
        let (after, update) = stage.order("a").await;
        assert_eq!((after.unwrap(), update.rounds.len()), (before.clone(), 0));
        assert_ne!(stage.order("b").await.0.unwrap(), before);
        stage.upstream.finish().await;
    }
}

#[tokio::test]
async fn a_price_after_an_upgrade_is_asked_for_anew_and_under_a_key_of_its_own() {
    let mut stage = Stage::of(13, Script::steps([Act::Varying, Act::Varying]), "").await;
    stage.price().await.0.unwrap();
    upgrade(&mut stage).await;
    stage.price().await.0.unwrap();
    stage.upstream.finish().await;
}

#[tokio::test]
async fn an_unknown_order_is_asked_for_under_the_same_key_after_an_upgrade() {
    for nodes in SIZES {
        let mut stage = Stage::of(nodes, Script::steps([Act::CloseAfterReading]), "").await;
        assert_eq!(told::order(&stage.order("a").await.0), "unknown, 4 left: outcome-unknown");
        upgrade(&mut stage).await;
        assert_eq!(told::order(&stage.order("a").await.0), "unknown, 2 left: outcome-unknown");
        stage.upstream.finish().await;
    }
}

/// The canister is upgraded while the upstream holds its answer: nobody is left to hear it, but the gateway has it.
#[tokio::test]
async fn an_order_that_an_upgrade_interrupted_is_executed_once_and_found() {
    for nodes in SIZES {
        let gate = Gate::new();
        let mut stage = Stage::of(nodes, Script::steps([Act::Varying.held_at(&gate)]), "").await;
        {
            let unheard = call::<Result<outcall_canister::order::Placed, outcall_canister::error::OrderError>>(
                &mut stage.subnet,
                "place_order",
                order("a"),
            );
            tokio::select! {
                (told, _) = unheard => panic!("answered while the upstream holds its answer: {told:?}"),
                () = gate.reached() => {}
            }
        }
        upgrade(&mut stage).await;
        gate.release();
        assert_eq!(told::order(&stage.order("a").await.0), "placed: 200");
        stage.upstream.finish().await;
    }
}

/// The control: without the upgrade the canister still waits for its outcall, and sends nothing more.
#[tokio::test]
async fn an_order_that_is_under_way_is_not_sent_a_second_time() {
    let gate = Gate::new();
    let mut stage = Stage::of(13, Script::steps([Act::Varying.held_at(&gate)]), "").await;
    tokio::select! {
        _ = stage.order("a") => panic!("answered while the upstream holds its answer"),
        () = gate.reached() => {}
    }
    let (told, update) = stage.order("a").await;
    assert_eq!((&*told::order(&told), update.rounds.len()), ("InProgress", 0));
    gate.release();
    stage.upstream.finish().await;
}

#[tokio::test]
async fn an_upgrade_changes_the_settings_that_it_names_and_no_other() {
    let mut stage = Stage::of(13, Script::steps([]), "").await;
    let before: Config =
        candid::decode_one(&stage.subnet.query("configuration", encode_none()).await.unwrap()).unwrap();
    let named = Settings { price_path: Some("/other".to_owned()), ..Settings::default() };
    stage.subnet.upgrade(&wasm(), encode_one(Some(named)).unwrap()).await.unwrap();
    let after: Config =
        candid::decode_one(&stage.subnet.query("configuration", encode_none()).await.unwrap()).unwrap();
    assert_eq!(after, Config { price_path: "/other".to_owned(), ..before.clone() });
    let refused = Settings { price_path: Some("other".to_owned()), ..Settings::default() };
    let error =
        stage.subnet.upgrade(&wasm(), encode_one(Some(refused)).unwrap()).await.unwrap_err().to_string();
    assert!(
        error.contains("outcall-canister cannot be upgraded: price_path must start with a slash"),
        "{error}"
    );
    let kept: Config =
        candid::decode_one(&stage.subnet.query("configuration", encode_none()).await.unwrap()).unwrap();
    assert_eq!(kept, after);
}

/// Somebody else's stable memory, a torn one, a layout of the future: the upgrade is refused, and the old code stays.
#[tokio::test]
async fn a_state_that_cannot_be_read_is_refused_and_nothing_is_lost() {
    // It puts its argument into stable memory, and can still be asked.
    let other = r#"(module
      (import "ic0" "msg_arg_data_size" (func $size (result i32)))
      (import "ic0" "msg_arg_data_copy" (func $copy (param i32 i32 i32)))
      (import "ic0" "stable64_grow" (func $grow (param i64) (result i64)))
      (import "ic0" "stable64_write" (func $write (param i64 i64 i64)))
      (import "ic0" "msg_reply" (func $reply))
      (memory 1)
      (func (export "canister_init")
        (drop (call $grow (i64.const 1)))
        (call $copy (i32.const 0) (i32.const 0) (call $size))
        (call $write (i64.const 0) (i64.const 0) (i64.extend_i32_u (call $size))))
      (func (export "canister_query old") (call $reply)))"#;
    let other = wat::parse_str(other).unwrap();
    let saved = |layout: u32| encode_args((layout, State::default())).unwrap();
    let torn = saved(1)[..100].to_vec();
    for (stable, text) in [
        (Vec::new(), Some("cannot read its saved state")),
        (b"no state".to_vec(), Some("cannot read its saved state")),
        (torn, Some("cannot read its saved state")),
        (saved(2), Some("reads layout 1 of its state, and found layout 2")),
        (saved(1), None),
    ] {
        let subnet = Subnet::embedded(4).network(Network::trusting_nobody().unwrap());
        let mut subnet = subnet.install(&other, stable).await.unwrap();
        let upgraded = subnet.upgrade(&wasm(), encode_one(None::<Settings>).unwrap()).await;
        let refused = upgraded.map_err(|error| error.to_string()).err();
        assert_eq!(refused.is_some(), text.is_some(), "{refused:?}");
        assert!(text.is_none_or(|text| refused.as_ref().unwrap().contains(text)), "{refused:?}");
        assert_eq!(subnet.query("old", []).await.is_ok(), text.is_some());
    }
}

fn encode_none() -> Vec<u8> {
    candid::encode_args(()).unwrap()
}
