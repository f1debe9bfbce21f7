//! What an upgrade keeps, and that one that fails has not happened.

use super::{install, module, query, update};

/// Keeps a number in stable memory over its upgrades.
const FIRST: &str = r#"
    (func (export "canister_init") (drop (call $stable_grow (i64.const 1))))
    (func (export "canister_update add")
        (i64.store (i32.const 50) (i64.add (i64.load (i32.const 50)) (i64.const 1)))
        (call $certify (i32.const 100) (i32.const 6))
        (drop (call $timer (i64.const 5)))
        (call $answer (i64.load (i32.const 50))))
    (func (export "canister_query count") (call $answer (i64.load (i32.const 50))))
    (func (export "canister_pre_upgrade")
        (call $stable_write (i64.const 0) (i64.const 50) (i64.const 8)))
    (func (export "canister_post_upgrade")
        (call $stable_read (i64.const 50) (i64.const 0) (i64.const 8)))
"#;

const SECOND: &str = r#"
    (func (export "canister_query count") (call $answer (i64.load (i32.const 50))))
    (func (export "canister_query kept")
        (call $stable_read (i64.const 0) (i64.const 0) (i64.const 8))
        (call $answer (i64.load (i32.const 0))))
"#;

const BROKEN: &str = r#"(func (export "canister_post_upgrade") (unreachable))"#;

#[test]
fn stable_memory_and_certified_data_survive_and_the_heap_does_not() {
    let mut canister = install(FIRST);
    assert_eq!(update(&mut canister, "add"), Ok(1));
    canister.upgrade(&module(SECOND), &[]).unwrap();
    assert_eq!(query(&canister, "count"), Ok(0));
    assert_eq!(query(&canister, "kept"), Ok(1));
    assert_eq!(canister.certified_data(), b"method");
    assert_eq!(canister.timer_nanos(), None);
}

#[test]
fn a_canister_that_saves_and_loads_goes_on_counting() {
    let mut canister = install(FIRST);
    for expected in 1..=3 {
        assert_eq!(update(&mut canister, "add"), Ok(expected));
        canister.upgrade(&module(FIRST), &[]).unwrap();
    }
    assert_eq!(query(&canister, "count"), Ok(3));
}

#[test]
fn an_upgrade_that_traps_has_not_happened() {
    let mut canister = install(FIRST);
    assert_eq!(update(&mut canister, "add"), Ok(1));
    let trap = canister.upgrade(&module(BROKEN), &[]).unwrap_err();
    assert_eq!(trap.to_string(), "Canister trapped: unreachable");
    assert_eq!(query(&canister, "count"), Ok(1));
    assert_eq!(canister.timer_nanos(), Some(5));
    assert_eq!(update(&mut canister, "add"), Ok(2));
}
