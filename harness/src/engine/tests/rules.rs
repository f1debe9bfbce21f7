//! Which function may be called from where, and how often.

use super::{install, query, text, update};
use crate::engine::{Canister, Module, Settings};

#[test]
fn queries_and_transforms_make_no_calls_and_set_no_certified_data() {
    let canister = install(
        r#"
        (func (export "canister_query calls") (drop (call $perform)))
        (func (export "canister_query certifies") (call $certify (i32.const 0) (i32.const 1)))
        (func (export "canister_query sets a timer") (drop (call $timer (i64.const 1))))
        "#,
    );
    let calls =
        "Canister violated contract: \"ic0_call_perform\" cannot be executed in non replicated query mode";
    assert_eq!(text(query(&canister, "calls")), calls);
    assert!(text(query(&canister, "certifies")).contains("\"ic0_certified_data_set\""));
    assert!(text(query(&canister, "sets a timer")).contains("\"ic0_global_timer_set\""));
}

#[test]
fn every_broken_rule_is_named() {
    let mut canister = install(
        r#"
        (func $new (call $call_new (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 6)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
        (func (export "canister_update replies twice") (call $reply) (call $reply))
        (func (export "canister_update rejects after") (call $reply) (call $reject (i32.const 0) (i32.const 0)))
        (func (export "canister_update performs nothing") (drop (call $perform)))
        (func (export "canister_update performs twice")
            (call $new) (drop (call $perform)) (drop (call $perform)))
        (func (export "canister_update cleans twice")
            (call $new) (call $on_cleanup (i32.const 0) (i32.const 0))
            (call $on_cleanup (i32.const 0) (i32.const 0)))
        (func (export "canister_update has no rejection") (drop (call $reject_code)))
        (func (export "canister_update certifies too much") (call $certify (i32.const 0) (i32.const 33)))
        (func (export "canister_update counts wrongly") (drop (call $counter (i32.const 7))))
        (func (export "canister_update calls nobody")
            (call $call_new (i32.const 0) (i32.const 30) (i32.const 100) (i32.const 6)
                (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
        "#,
    );
    let rules = [
        ("replies twice", "ic0.msg_reply: the call is already replied"),
        ("rejects after", "ic0.msg_reject: the call is already replied"),
        ("performs nothing", "ic0.call_perform called when no call is under construction."),
        ("performs twice", "ic0.call_perform called when no call is under construction."),
        (
            "cleans twice",
            "ic0.call_on_cleanup can be called at most once between `ic0.call_new` and `ic0.call_perform`",
        ),
        ("has no rejection", "\"ic0_msg_reject_code\" cannot be executed in update mode"),
        (
            "certifies too much",
            "ic0_certified_data_set failed because the passed data must be no larger than 32 bytes. Found 33 bytes",
        ),
        ("counts wrongly", "Error getting performance counter type 7"),
        ("calls nobody", "Canister provided invalid principal id"),
    ];
    for (method, rule) in rules {
        assert_eq!(
            text(update(&mut canister, method)),
            format!("Canister violated contract: {rule}"),
            "{method}"
        );
    }
}

#[test]
fn a_canister_learns_who_and_where_it_is() {
    let wasm = wat::parse_str(
        r#"(module
        (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
        (import "ic0" "msg_reply" (func $reply))
        (import "ic0" "canister_self_size" (func $self_size (result i32)))
        (import "ic0" "canister_self_copy" (func $self_copy (param i32 i32 i32)))
        (import "ic0" "msg_caller_size" (func $caller_size (result i32)))
        (import "ic0" "msg_caller_copy" (func $caller_copy (param i32 i32 i32)))
        (import "ic0" "is_controller" (func $is_controller (param i32 i32) (result i32)))
        (import "ic0" "time" (func $time (result i64)))
        (import "ic0" "subnet_self_node_count" (func $nodes (result i32)))
        (import "ic0" "in_replicated_execution" (func $replicated (result i32)))
        (import "ic0" "env_var_count" (func $variables (result i32)))
        (import "ic0" "env_var_value_copy" (func $value (param i32 i32 i32 i32 i32)))
        (import "ic0" "canister_cycle_balance128" (func $balance (param i32)))
        (memory 1)
        (data (i32.const 500) "GATEWAY")
        (func (export "canister_query about")
            (call $self_copy (i32.const 0) (i32.const 0) (call $self_size))
            (call $caller_copy (i32.const 10) (i32.const 0) (call $caller_size))
            (i32.store8 (i32.const 11) (call $is_controller (i32.const 10) (i32.const 1)))
            (i32.store8 (i32.const 12) (call $nodes))
            (i32.store8 (i32.const 13) (call $replicated))
            (i64.store (i32.const 14) (call $time))
            (i32.store8 (i32.const 22) (call $variables))
            (call $value (i32.const 500) (i32.const 7) (i32.const 23) (i32.const 0) (i32.const 3))
            (call $balance (i32.const 26))
            (call $append (i32.const 0) (i32.const 42))
            (call $reply)))"#,
    );
    let settings = Settings {
        canister: b"0123456789".to_vec(),
        controllers: vec![vec![9]],
        node_count: 34,
        time_nanos: 1_234,
        cycles: 1 << 70,
        environment: vec![("GATEWAY".to_owned(), "url".to_owned())],
        ..Settings::default()
    };
    let canister = Canister::install(&Module::new(&wasm.unwrap()).unwrap(), &[], settings).unwrap();
    let about = canister.query("about", &[], &[9]).unwrap();
    assert_eq!(about[..14], *b"0123456789\x09\x01\x22\x00");
    assert_eq!(about[14..22], 1_234u64.to_le_bytes());
    assert_eq!(about[22..26], *b"\x01url");
    assert_eq!(about[26..], (1u128 << 70).to_le_bytes());
    assert_eq!(canister.query("about", &[], &[4]).unwrap()[11], 0);
}

#[test]
fn a_message_is_inspected_before_it_runs() {
    let wasm = wat::parse_str(
        r#"(module
        (import "ic0" "msg_method_name_size" (func $name_size (result i32)))
        (import "ic0" "accept_message" (func $accept))
        (import "ic0" "msg_reply" (func $reply))
        (memory 1)
        (func (export "canister_inspect_message")
            (if (i32.eq (call $name_size) (i32.const 4)) (then (call $accept))))
        (func (export "canister_update good") (call $reply))
        (func (export "canister_update refused") (call $reply)))"#,
    );
    let module = Module::new(&wasm.unwrap()).unwrap();
    let mut canister = Canister::install(&module, &[], Settings::default()).unwrap();
    let good = canister.update("good", &[], &[4]);
    assert_eq!(canister.outcome(good), Some(Ok(Vec::new())));
    let refused = canister.update("refused", &[], &[4]);
    assert_eq!(canister.outcome(refused).unwrap().unwrap_err().message, "Canister rejected the message");
}
