//! Time stands still until it is moved, and timers fire when they are told that it has.

use std::time::Duration;

use super::{install, query, update};

const CLOCK: &str = r#"
    (table funcref (elem $callback))
    (func $callback (param i32) (call $count (i64.const 100)))
    (func $count (param i64)
        (i64.store (i32.const 50) (i64.add (i64.load (i32.const 50)) (local.get 0))))
    (func (export "canister_global_timer")
        (call $count (i64.const 1))
        (call $call_new (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 6)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
        (drop (call $perform)))
    (func (export "canister_update set") (call $answer (call $timer (i64.const 1767225605000000000))))
    (func (export "canister_update never") (call $answer (call $timer (i64.const 0))))
    (func (export "canister_query count") (call $answer (i64.load (i32.const 50))))
"#;

#[test]
fn a_timer_fires_once_when_it_is_due_and_may_make_calls() {
    let mut canister = install(CLOCK);
    assert_eq!(update(&mut canister, "set"), Ok(0));
    canister.advance(Duration::from_millis(4_999));
    assert_eq!(canister.fire_timer(), None);
    canister.advance(Duration::from_millis(1));
    assert_eq!(canister.fire_timer(), Some(Ok(())));
    assert_eq!(canister.fire_timer(), None);
    let call = canister.take_calls().remove(0);
    canister.respond(call.id, Ok(Vec::new()), 0);
    assert_eq!(query(&canister, "count"), Ok(101));
    assert_eq!(canister.calls_in_flight(), 0);
}

#[test]
fn a_timer_can_be_called_off() {
    let mut canister = install(CLOCK);
    assert_eq!(update(&mut canister, "set"), Ok(0));
    assert_eq!(update(&mut canister, "never"), Ok(1_767_225_605_000_000_000));
    canister.advance(Duration::from_secs(60));
    assert_eq!(canister.fire_timer(), None);
}

#[test]
fn a_timer_that_traps_is_off_and_says_why() {
    let mut canister = install(
        r#"
        (func (export "canister_update set") (call $answer (call $timer (i64.const 1))))
        (func (export "canister_global_timer") (drop (call $timer (i64.const 9))) (unreachable))
        "#,
    );
    assert_eq!(update(&mut canister, "set"), Ok(0));
    let fired = canister.fire_timer().unwrap();
    assert_eq!(fired.unwrap_err().to_string(), "Canister trapped: unreachable");
    assert_eq!(canister.timer_nanos(), None);
}
