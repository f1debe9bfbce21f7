//! Calls of ic0 as a hostile canister makes them: any function, any arguments, in any kind of message.
//!
//! Most of a try would go into compiling a module, if each had its own. So there is one canister, an interpreter: each of
//! its entry points reads a script from its argument, two bytes for each number, and calls what it says. What a canister
//! keeps (globals, memory, its place in the script) it keeps for its callbacks, which go on there.

mod interpreter;

use std::{sync::OnceLock, time::Duration};

use outcall_harness::{
    engine::{Canister, Module, Settings},
    reject::{Reject, RejectCode},
};

const HEAP_BYTES_MAX: u64 = 4 << 20;
const STABLE_BYTES_MAX: u64 = 1 << 20;
const CYCLES: u128 = 1_000_000_000_000;
const ATTACHED: u128 = 1_000;
const INSTRUCTIONS_MAX: u64 = 10_000_000;
/// Calls that are carried out after a message; a script may make each of its callbacks call again.
const CALLS_MAX: usize = 50;

/// Where another message begins: its kind, then its script. What is in front of the first is the script of the installation.
const NEXT: u8 = 0xfe;

/// See the [table](crate).
pub fn target(bytes: &[u8]) {
    static MODULE: OnceLock<Module> = OnceLock::new();
    let module =
        MODULE.get_or_init(|| Module::new(&interpreter::wasm()).unwrap_or_else(|error| panic!("{error}")));
    let mut messages = bytes.split(|byte| *byte == NEXT);
    let first = messages.next().unwrap_or_default();
    let settings = Settings {
        cycles: CYCLES,
        environment: vec![("name".to_owned(), "value".to_owned())],
        root_key: vec![1; 133],
        data_certificate: Some(vec![2; 64]),
        update_instructions_max: INSTRUCTIONS_MAX,
        query_instructions_max: INSTRUCTIONS_MAX,
        heap_bytes_max: HEAP_BYTES_MAX,
        stable_bytes_max: STABLE_BYTES_MAX,
        ..Settings::default()
    };
    let Ok(mut canister) = Canister::install(module, first, settings) else { return };
    let mut given = CYCLES;
    for message in messages {
        let Some((&kind, script)) = message.split_first() else { continue };
        match kind % 6 {
            0 => {
                let queried = canister.queried("ask", script, &[4]);
                assert!(queried.instructions <= INSTRUCTIONS_MAX, "{} instructions", queried.instructions);
            }
            1 => drop(canister.upgrade(module, script)),
            2 => {
                canister.advance(Duration::from_secs(60));
                drop(canister.fire_timer());
            }
            3 => {
                given += ATTACHED;
                canister.update_with_cycles("run", script, &[5], ATTACHED);
            }
            _ => drop(canister.update("run", script, &[4])),
        }
        carry_out(&mut canister, script);
        held(&canister, given);
    }
}

/// Answers calls, in one of three ways, until none is out.
fn carry_out(canister: &mut Canister, script: &[u8]) {
    let mut left = CALLS_MAX;
    while left > 0 {
        let calls = canister.take_calls();
        if calls.is_empty() {
            return;
        }
        for call in calls.into_iter().take(left) {
            left -= 1;
            if canister.is_own(&call) {
                canister.deliver(&call);
            } else if left.is_multiple_of(2) {
                canister.respond(call.id, Ok(script.to_vec()), call.cycles);
            } else {
                canister.respond(call.id, Err(Reject::new(RejectCode::CanisterError, "no")), u128::MAX);
            }
        }
    }
}

fn held(canister: &Canister, given: u128) {
    assert!(canister.heap_bytes() <= HEAP_BYTES_MAX, "a heap of {} bytes", canister.heap_bytes());
    assert!(
        canister.stable_bytes() <= STABLE_BYTES_MAX,
        "{} bytes of stable memory",
        canister.stable_bytes()
    );
    assert!(canister.certified_data().len() <= 32, "{:?}", canister.certified_data());
    assert!(canister.log().count() <= 1_000, "a log without an end");
    assert!(canister.cycles() <= given, "{} cycles of {given}", canister.cycles());
}
