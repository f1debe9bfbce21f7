//! Canisters that never stop calling, and updates that nobody waits for.

use std::{future, time::Duration};

use super::{Server, ask, get, rejection, subnet};
use crate::{adapter::Network, engine::Trap, subnet::Subnet};

/// Calls itself or the management canister, without an end and with an argument that is none.
async fn caller() -> Subnet {
    let text = r#"(module
      (import "ic0" "msg_reply" (func $reply))
      (import "ic0" "canister_self_copy" (func $self (param i32 i32 i32)))
      (import "ic0" "global_timer_set" (func $timer (param i64) (result i64)))
      (import "ic0" "call_new" (func $call_new (param i32 i32 i32 i32 i32 i32 i32 i32)))
      (import "ic0" "call_perform" (func $perform (result i32)))
      (memory 1)
      (data (i32.const 0) "http_request")
      (data (i32.const 16) "itself")
      (table funcref (elem $itself $outcall))
      (func $itself (param i32)
        (call $self (i32.const 32) (i32.const 0) (i32.const 10))
        (call $call_new (i32.const 32) (i32.const 10) (i32.const 16) (i32.const 6)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
        (drop (call $perform)))
      (func $outcall (param i32)
        (call $call_new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 12)
          (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0))
        (drop (call $perform)))
      (func (export "canister_update itself") (call $itself (i32.const 0)))
      (func (export "canister_update outcall") (call $outcall (i32.const 0)))
      (func (export "canister_update reply") (call $outcall (i32.const 0)) (call $reply))
      (func (export "canister_update timer") (drop (call $timer (i64.const 1))) (call $reply))
      (func (export "canister_global_timer") (call $outcall (i32.const 0)))
      (func (export "canister_update fine") (call $reply)))"#;
    let wasm = wat::parse_str(text).unwrap();
    let subnet = Subnet::embedded(1).network(Network::trusting_nobody().unwrap());
    subnet.install(&wasm, []).await.unwrap()
}

#[tokio::test]
async fn a_canister_that_never_stops_calling_is_stopped_and_goes_on_with_the_next_update() {
    for (method, what) in [("itself", "10000 calls"), ("outcall", "1000 outcalls")] {
        let mut subnet = caller().await;
        let update = subnet.update(method, []).await;
        let why = format!("the canister made more than {what} in one message");
        assert_eq!(rejection(&update), format!("The update has no answer: {why}"));
        let next = subnet.update("fine", []).await;
        assert!(next.reply.is_ok() && next.rounds.is_empty() && next.stopped.is_none(), "{next}");
    }
}

#[tokio::test]
async fn what_never_stops_after_its_reply_or_in_a_timer_is_told_too() {
    let mut subnet = caller().await;
    let update = subnet.update("reply", []).await;
    let why = "the canister made more than 1000 outcalls in one message".to_owned();
    assert_eq!((update.reply.as_deref(), update.stopped.as_ref()), (Ok([].as_slice()), Some(&why)));
    subnet.update("timer", []).await.reply.unwrap();
    assert_eq!(subnet.advance(Duration::from_secs(1)).await, Err(Trap::Endless(why)));
}

#[tokio::test]
async fn what_a_dropped_update_asked_for_is_not_carried_out_by_the_next_one() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let (mut subnet, args) = (subnet(13).await, get(server.url()));
    tokio::select! {
        biased;
        update = ask(&mut subnet, &args) => panic!("answered at once: {update}"),
        () = future::ready(()) => {}
    }
    while subnet.canister().calls_in_flight() == 0 {
        tokio::task::yield_now().await;
    }
    let update = ask(&mut subnet, &args).await;
    assert!(update.is_agreed() && update.rounds.len() == 1, "{update}");
    assert_eq!(server.hits(), 13);
}
