//! The engine against hand-written canisters: a few lines of text format each, around one prelude.

mod calls;
mod cycles;
mod limits;
mod modules;
mod queries;
mod rules;
mod timers;
mod traps;
mod upgrades;
mod wide;

use super::{Canister, Module, Settings};
use crate::reject::Reject;

/// Imports, a memory, and `$answer`, which replies with eight bytes, little-endian.
const PRELUDE: &str = r#"
    (import "ic0" "msg_arg_data_size" (func $arg_size (result i32)))
    (import "ic0" "msg_arg_data_copy" (func $arg_copy (param i32 i32 i32)))
    (import "ic0" "msg_reject_code" (func $reject_code (result i32)))
    (import "ic0" "msg_reject_msg_size" (func $reject_size (result i32)))
    (import "ic0" "msg_reject_msg_copy" (func $reject_copy (param i32 i32 i32)))
    (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
    (import "ic0" "msg_reply" (func $reply))
    (import "ic0" "msg_reject" (func $reject (param i32 i32)))
    (import "ic0" "msg_cycles_accept128" (func $accept (param i64 i64 i32)))
    (import "ic0" "msg_cycles_refunded128" (func $refunded (param i32)))
    (import "ic0" "call_new" (func $call_new (param i32 i32 i32 i32 i32 i32 i32 i32)))
    (import "ic0" "call_on_cleanup" (func $on_cleanup (param i32 i32)))
    (import "ic0" "call_data_append" (func $data (param i32 i32)))
    (import "ic0" "call_cycles_add128" (func $attach (param i64 i64)))
    (import "ic0" "call_perform" (func $perform (result i32)))
    (import "ic0" "stable64_grow" (func $stable_grow (param i64) (result i64)))
    (import "ic0" "stable64_write" (func $stable_write (param i64 i64 i64)))
    (import "ic0" "stable64_read" (func $stable_read (param i64 i64 i64)))
    (import "ic0" "certified_data_set" (func $certify (param i32 i32)))
    (import "ic0" "global_timer_set" (func $timer (param i64) (result i64)))
    (import "ic0" "performance_counter" (func $counter (param i32) (result i64)))
    (import "ic0" "debug_print" (func $print (param i32 i32)))
    (import "ic0" "trap" (func $trap (param i32 i32)))
    (memory 1)
    (data (i32.const 100) "method")
    (func $answer (param i64)
        (i64.store (i32.const 0) (local.get 0))
        (call $append (i32.const 0) (i32.const 8))
        (call $reply))
"#;

fn wasm(body: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {PRELUDE} {body})")).unwrap()
}

fn module(body: &str) -> Module {
    Module::new(&wasm(body)).unwrap()
}

fn install(body: &str) -> Canister {
    install_with(body, Settings::default())
}

fn install_with(body: &str, settings: Settings) -> Canister {
    Canister::install(&module(body), &[], settings).unwrap()
}

/// Sends an update that is answered at once.
fn update(canister: &mut Canister, method: &str) -> Result<u64, Reject> {
    let id = canister.update(method, &[], &[4]);
    canister.outcome(id).expect("an answer without waiting").map(number)
}

fn query(canister: &Canister, method: &str) -> Result<u64, Reject> {
    canister.query(method, &[], &[4]).map(number)
}

fn number(reply: Vec<u8>) -> u64 {
    u64::from_le_bytes(reply.try_into().unwrap())
}

/// The text of a rejection, without the canister's name.
fn text<T: std::fmt::Debug>(outcome: Result<T, Reject>) -> String {
    let message = outcome.unwrap_err().message;
    message.split_once("rrkah-fqaaa-aaaaa-aaaaq-cai: ").map_or(message.clone(), |(_, text)| text.to_owned())
}

#[test]
fn canisters_and_modules_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Canister>();
    shared::<Module>();
}
