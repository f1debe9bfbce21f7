//! Cycles: attached, refunded, accepted, and short.

use super::{install_with, number, text, update};
use crate::{
    engine::Settings,
    reject::{Reject, RejectCode},
};

const SPENDER: &str = r#"
    (table funcref (elem $callback))
    (func $callback (param i32)
        (call $refunded (i32.const 0))
        (call $answer (i64.load (i32.const 0))))
    (func $call (param i64)
        (call $call_new (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 6)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
        (call $attach (i64.const 0) (local.get 0)))
    (func (export "canister_update small")
        (call $call (i64.const 1000))
        (if (call $perform) (then (call $answer (i64.const 2)))))
    (func (export "canister_update huge") (call $call (i64.const -1)) (drop (call $perform)))
    (func (export "canister_update forgets") (call $call (i64.const 1000)) (call $answer (i64.const 0)))
    (func (export "canister_update accepts")
        (call $accept (i64.const 0) (i64.const 300) (i32.const 0))
        (call $answer (i64.load (i32.const 0))))
    (func (export "canister_update accepts and traps")
        (call $accept (i64.const 0) (i64.const 300) (i32.const 0)) (unreachable))
"#;

/// Enough for the response of one call.
const ENOUGH: u128 = 50_000_000_000;

fn spender(cycles: u128) -> crate::engine::Canister {
    install_with(SPENDER, Settings { cycles, ..Settings::default() })
}

#[test]
fn attached_cycles_leave_the_balance_and_what_is_refunded_comes_back() {
    let mut canister = spender(ENOUGH);
    let id = canister.update("small", b"", &[4]);
    let call = canister.take_calls().remove(0);
    assert_eq!((call.cycles, canister.cycles()), (1_000, ENOUGH - 1_000));
    canister.respond(call.id, Ok(Vec::new()), 400);
    assert_eq!(canister.outcome(id).unwrap().map(number), Ok(400));
    assert_eq!(canister.cycles(), ENOUGH - 600);
}

#[test]
fn no_more_is_refunded_than_was_attached() {
    let mut canister = spender(ENOUGH);
    canister.update("small", b"", &[4]);
    let call = canister.take_calls().remove(0);
    let rejected = Reject { code: RejectCode::SysFatal, message: String::new() };
    canister.respond(call.id, Err(rejected), u128::MAX);
    assert_eq!(canister.cycles(), ENOUGH);
}

#[test]
fn attaching_more_than_there_is_traps() {
    let mut canister = spender(ENOUGH);
    let expected = "Canister is out of cycles: 50000000000 are left, 18446744073709551615 were to be sent";
    assert_eq!(text(update(&mut canister, "huge")), expected);
    assert_eq!(canister.cycles(), ENOUGH);
}

#[test]
fn a_call_whose_response_could_not_be_paid_is_not_performed() {
    let mut canister = spender(1_000_000);
    assert_eq!(update(&mut canister, "small"), Ok(2));
    assert_eq!(canister.cycles(), 1_000_000);
    assert_eq!(canister.take_calls(), []);
}

#[test]
fn a_call_that_is_forgotten_gives_its_cycles_back() {
    let mut canister = spender(ENOUGH);
    assert_eq!(update(&mut canister, "forgets"), Ok(0));
    assert_eq!(canister.cycles(), ENOUGH);
}

#[test]
fn a_canister_accepts_what_it_wants_and_the_caller_gets_the_rest() {
    let mut canister = spender(0);
    let id = canister.update_with_cycles("accepts", b"", &[4], 1_000);
    assert_eq!(canister.outcome(id).unwrap().map(number), Ok(300));
    assert_eq!(canister.settled(id).unwrap().refunded, 700);
    assert_eq!(canister.cycles(), 300);
    let id = canister.update_with_cycles("accepts and traps", b"", &[4], 1_000);
    assert_eq!(canister.settled(id).unwrap().refunded, 1_000);
    assert_eq!(canister.cycles(), 300);
}
