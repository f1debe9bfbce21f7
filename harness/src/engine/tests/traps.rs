//! What a trap says, and that it undoes everything.

use super::{install, query, text, update};
use crate::reject::RejectCode;

/// Changes all that lasts, and traps at the end if told so.
const CHANGES: &str = r#"
    (global $count (mut i64) (i64.const 0))
    (func $change
        (global.set $count (i64.add (global.get $count) (i64.const 1)))
        (i64.store (i32.const 50) (i64.add (i64.load (i32.const 50)) (i64.const 10)))
        (drop (call $stable_grow (i64.const 1)))
        (call $certify (i32.const 100) (i32.const 6))
        (drop (call $timer (i64.const 77)))
        (call $print (i32.const 100) (i32.const 6)))
    (func (export "canister_update works") (call $change) (call $answer (i64.const 0)))
    (func (export "canister_update traps")
        (call $change) (call $answer (i64.const 0)) (call $trap (i32.const 100) (i32.const 6)))
    (func (export "canister_query sum")
        (call $answer (i64.add (global.get $count) (i64.load (i32.const 50)))))
"#;

#[test]
fn a_trap_undoes_heap_globals_stable_memory_timer_and_certified_data() {
    let mut canister = install(CHANGES);
    assert_eq!(text(update(&mut canister, "traps")), "Canister called `ic0.trap` with message: 'method'");
    assert_eq!(query(&canister, "sum"), Ok(0));
    assert_eq!(canister.stable_bytes(), 0);
    assert_eq!(canister.certified_data(), b"");
    assert_eq!(canister.timer_nanos(), None);
    let log: Vec<_> = canister.log().collect();
    assert_eq!(log, ["method", "[TRAP]: Canister called `ic0.trap` with message: 'method'"]);
}

#[test]
fn without_the_trap_all_of_it_lasts() {
    let mut canister = install(CHANGES);
    for _ in 0..2 {
        assert_eq!(update(&mut canister, "works"), Ok(0));
    }
    assert_eq!(query(&canister, "sum"), Ok(22));
    assert_eq!(canister.stable_bytes(), 131_072);
    assert_eq!(canister.certified_data(), b"method");
    assert_eq!(canister.timer_nanos(), Some(77));
}

#[test]
fn every_kind_of_trap_has_the_text_of_the_replica() {
    let mut canister = install(
        r#"
        (table funcref (elem $wrong))
        (type $none (func))
        (func $wrong (param i64))
        (func $deeper (param i64) (call $deeper (local.get 0)) (call $deeper (local.get 0)))
        (func (export "canister_update unreachable") (unreachable))
        (func (export "canister_update bounds") (drop (i64.load (i32.const -8))))
        (func (export "canister_update divide") (drop (i32.div_u (i32.const 1) (i32.const 0))))
        (func (export "canister_update table") (call_indirect (type $none) (i32.const 9)))
        (func (export "canister_update kind") (call_indirect (type $none) (i32.const 0)))
        (func (export "canister_update deep") (call $deeper (i64.const 0)))
        (func (export "canister_update heap") (call $append (i32.const 65535) (i32.const 2)))
        (func (export "canister_update payload") (call $arg_copy (i32.const 0) (i32.const 0) (i32.const 1)))
        (func (export "canister_update stable")
            (call $stable_write (i64.const 0) (i64.const 0) (i64.const 1)))
        "#,
    );
    let texts = [
        ("unreachable", "Canister trapped: unreachable"),
        ("bounds", "Canister trapped: heap out of bounds"),
        ("divide", "Canister trapped: integer division by 0"),
        ("table", "Canister trapped: table out of bounds"),
        ("kind", "Canister trapped: wasm trap: indirect call type mismatch"),
        ("deep", "Canister trapped: stack overflow"),
        (
            "heap",
            "Canister violated contract: ic0.msg_reply_data_append heap: src=65535 + length=2 exceeds the slice \
             size=65536",
        ),
        (
            "payload",
            "Canister violated contract: ic0.msg_arg_data_copy payload: src=0 + length=1 exceeds the slice size=0",
        ),
        ("stable", "Canister trapped: stable memory out of bounds"),
        ("absent", "Canister has no update method 'absent'."),
    ];
    for (method, expected) in texts {
        let outcome = update(&mut canister, method);
        assert_eq!(outcome.as_ref().unwrap_err().code, RejectCode::CanisterError, "{method}");
        assert_eq!(text(outcome), expected, "{method}");
    }
}

#[test]
fn a_trap_in_init_is_an_error_of_the_installation() {
    let module = super::module(r#"(func (export "canister_init") (unreachable))"#);
    let trap = crate::engine::Canister::install(&module, &[], Default::default()).unwrap_err();
    assert_eq!(trap.to_string(), "Canister trapped: unreachable");
}
