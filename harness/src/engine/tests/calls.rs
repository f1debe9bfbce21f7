//! Calls: what goes out, what comes back, and what happens when a callback traps.

use super::{install, module, number, query, text, update};
use crate::{
    engine::Canister,
    reject::{Reject, RejectCode},
};

/// Calls the management canister. The callbacks answer with their environment and the reply's length; environment 13
/// traps, and its cleanup adds 1000 to a number on the heap, unless that is told to trap, too.
const CALLER: &str = r#"
    (table funcref (elem $replied $rejected $cleanup $bad_cleanup))
    (func $count (param i64)
        (i64.store (i32.const 50) (i64.add (i64.load (i32.const 50)) (local.get 0))))
    (func $replied (param i32)
        (call $count (i64.const 1))
        (if (i32.eq (local.get 0) (i32.const 13)) (then (call $trap (i32.const 100) (i32.const 6))))
        (call $answer (i64.extend_i32_u (i32.add (local.get 0) (call $arg_size)))))
    (func $rejected (param i32)
        (call $reject_copy (i32.const 200) (i32.const 0) (call $reject_size))
        (call $print (i32.const 200) (call $reject_size))
        (call $answer (i64.extend_i32_u (call $reject_code))))
    (func $cleanup (param i32) (call $count (i64.const 1000)))
    (func $bad_cleanup (param i32) (call $count (i64.const 1000)) (unreachable))
    (func $call (param i32)
        (call $call_new (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 6)
            (i32.const 0) (local.get 0) (i32.const 1) (local.get 0))
        (call $data (i32.const 100) (i32.const 6)))
    (func (export "canister_update one")
        (call $call (i32.const 5)) (drop (call $perform)))
    (func (export "canister_update two")
        (call $call (i32.const 5)) (drop (call $perform))
        (call $call (i32.const 6)) (drop (call $perform)))
    (func (export "canister_update traps")
        (call $call (i32.const 13)) (call $on_cleanup (i32.const 2) (i32.const 0)) (drop (call $perform)))
    (func (export "canister_update traps twice")
        (call $call (i32.const 13)) (call $on_cleanup (i32.const 3) (i32.const 0)) (drop (call $perform)))
    (func (export "canister_update sends and traps")
        (call $call (i32.const 5)) (drop (call $perform)) (unreachable))
    (func (export "canister_update changes its mind") (call $call (i32.const 5)) (call $answer (i64.const 1)))
    (func (export "canister_update says nothing"))
    (func (export "canister_update no such function")
        (call $call_new (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 6)
            (i32.const 99) (i32.const 0) (i32.const 99) (i32.const 0))
        (drop (call $perform)))
    (func (export "canister_query count") (call $answer (i64.load (i32.const 50))))
"#;

fn refused() -> Reject {
    Reject { code: RejectCode::SysTransient, message: "no answer".to_owned() }
}

#[test]
fn a_call_goes_out_and_its_reply_runs_the_callback() {
    let mut canister = install(CALLER);
    let id = canister.update("one", b"", &[4]);
    assert_eq!(canister.outcome(id), None);
    let [call] = &canister.take_calls()[..] else { panic!("one call") };
    assert_eq!((&call.callee[..], &*call.method, &call.arg[..]), (&[][..], "method", &b"method"[..]));
    assert_eq!(canister.take_calls(), []);
    canister.respond(call.id, Ok(b"123".to_vec()), 0);
    assert_eq!(canister.outcome(id).unwrap().map(number), Ok(8));
    assert_eq!(query(&canister, "count"), Ok(1));
}

#[test]
fn a_rejection_brings_its_code_and_its_message() {
    let mut canister = install(CALLER);
    let id = canister.update("one", b"", &[4]);
    let call = canister.take_calls().remove(0);
    canister.respond(call.id, Err(refused()), 0);
    assert_eq!(canister.outcome(id).unwrap().map(number), Ok(2));
    assert_eq!(canister.log().collect::<Vec<_>>(), ["no answer"]);
}

#[test]
fn a_second_response_to_the_same_call_changes_nothing() {
    let mut canister = install(CALLER);
    canister.update("one", b"", &[4]);
    let call = canister.take_calls().remove(0);
    canister.respond(call.id, Ok(Vec::new()), 0);
    canister.respond(call.id, Ok(Vec::new()), 0);
    assert_eq!(query(&canister, "count"), Ok(1));
    assert_eq!(canister.calls_in_flight(), 0);
}

#[test]
fn a_trap_in_a_callback_is_undone_and_its_cleanup_runs() {
    let mut canister = install(CALLER);
    let id = canister.update("traps", b"", &[4]);
    let call = canister.take_calls().remove(0);
    canister.respond(call.id, Ok(Vec::new()), 0);
    let outcome = canister.outcome(id).unwrap();
    assert_eq!(text(outcome), "Canister called `ic0.trap` with message: 'method'");
    assert_eq!(query(&canister, "count"), Ok(1_000));
}

#[test]
fn a_cleanup_that_traps_is_undone_as_well_and_both_are_told() {
    let mut canister = install(CALLER);
    let id = canister.update("traps twice", b"", &[4]);
    let call = canister.take_calls().remove(0);
    canister.respond(call.id, Ok(Vec::new()), 0);
    let expected = "Canister called `ic0.trap` with message: 'method'\n\ncall_on_cleanup also failed:\n\nCanister \
                    trapped: unreachable";
    assert_eq!(text(canister.outcome(id).unwrap()), expected);
    assert_eq!(query(&canister, "count"), Ok(0));
}

#[test]
fn two_concurrent_calls_return_in_any_order_and_the_first_to_answer_wins() {
    let mut canister = install(CALLER);
    let id = canister.update("two", b"", &[4]);
    let calls = canister.take_calls();
    canister.respond(calls[1].id, Ok(Vec::new()), 0);
    assert_eq!(canister.outcome(id).unwrap().map(number), Ok(6));
    canister.respond(calls[0].id, Ok(Vec::new()), 0);
    let log: Vec<_> = canister.log().collect();
    let expected =
        "[TRAP]: Canister violated contract: ic0.msg_reply_data_append: the call is already replied";
    assert_eq!(log, [expected]);
    assert_eq!(canister.outcome(id).unwrap().map(number), Ok(6));
}

#[test]
fn many_updates_in_flight_are_answered_each_with_its_own() {
    let mut canister = install(CALLER);
    let ids: Vec<_> = (0..50).map(|_| canister.update("one", b"", &[4])).collect();
    let calls = canister.take_calls();
    for (size, call) in calls.iter().enumerate().rev() {
        canister.respond(call.id, Ok(vec![0; size]), 0);
    }
    for (size, id) in ids.into_iter().enumerate() {
        assert_eq!(canister.outcome(id).unwrap().map(number), Ok(5 + size as u64));
    }
}

#[test]
fn a_call_that_was_not_performed_or_whose_message_trapped_is_not_sent() {
    let mut canister = install(CALLER);
    assert_eq!(update(&mut canister, "changes its mind"), Ok(1));
    assert_eq!(text(update(&mut canister, "sends and traps")), "Canister trapped: unreachable");
    assert_eq!(canister.take_calls(), []);
}

#[test]
fn a_message_that_nobody_answers_says_so() {
    let mut canister = install(CALLER);
    let expected = "Canister rrkah-fqaaa-aaaaa-aaaaq-cai did not reply to the call";
    assert_eq!(update(&mut canister, "says nothing").unwrap_err().message, expected);
}

#[test]
fn a_callback_that_is_not_in_the_table_is_a_trap() {
    let mut canister = install(CALLER);
    let id = canister.update("no such function", b"", &[4]);
    let call = canister.take_calls().remove(0);
    canister.respond(call.id, Ok(Vec::new()), 0);
    let expected = "Canister requested to invoke a non-existent Wasm function 99 from table 0";
    assert_eq!(text(canister.outcome(id).unwrap()), expected);
}

#[test]
fn the_five_hundred_and_first_call_in_flight_is_not_performed() {
    let body = r#"
        (table funcref (elem $callback))
        (func $callback (param i32) (call $answer (i64.const 0)))
        (func (export "canister_update call")
            (call $call_new (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 6)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
            (if (call $perform) (then (call $answer (i64.const 2)))))
    "#;
    let mut canister = install(body);
    for _ in 0..500 {
        canister.update("call", b"", &[4]);
    }
    assert_eq!(update(&mut canister, "call"), Ok(2));
    let first = canister.take_calls().remove(0);
    canister.respond(first.id, Ok(Vec::new()), 0);
    canister.update("call", b"", &[4]);
    assert_eq!(canister.take_calls().len(), 1);
}

#[test]
fn a_call_to_itself_is_delivered_and_answered() {
    let body = r#"
        (import "ic0" "canister_self_copy" (func $self (param i32 i32 i32)))
        (import "ic0" "msg_caller_size" (func $caller_size (result i32)))
    "#;
    let rest = r#"
        (table funcref (elem $callback))
        (func $callback (param i32)
            (call $arg_copy (i32.const 0) (i32.const 0) (i32.const 8))
            (call $answer (i64.add (i64.const 1) (i64.load (i32.const 0)))))
        (func (export "canister_update outer")
            (call $self (i32.const 300) (i32.const 0) (i32.const 10))
            (call $call_new (i32.const 300) (i32.const 10) (i32.const 100) (i32.const 6)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
            (drop (call $perform)))
        (func (export "canister_update method") (call $answer (i64.extend_i32_u (call $caller_size))))
    "#;
    let wasm = wat::parse_str(format!("(module {body} {} {rest})", super::PRELUDE)).unwrap();
    let module = crate::engine::Module::new(&wasm).unwrap();
    let mut canister = Canister::install(&module, &[], Default::default()).unwrap();
    let id = canister.update("outer", b"", &[4]);
    let call = canister.take_calls().remove(0);
    assert!(canister.is_own(&call));
    canister.deliver(&call);
    assert_eq!(canister.outcome(id).unwrap().map(number), Ok(11));
}

#[test]
fn an_upgrade_between_call_and_response_runs_the_new_callback() {
    let mut canister = install(CALLER);
    let id = canister.update("one", b"", &[4]);
    let call = canister.take_calls().remove(0);
    canister.upgrade(&module(CALLER), b"").unwrap();
    canister.respond(call.id, Ok(Vec::new()), 0);
    assert_eq!(canister.outcome(id).unwrap().map(number), Ok(5));
}
