//! A Wasm module: hosted within its limits, or refused. The bytes are either the module itself or its text format.

use std::time::Duration;

use outcall_harness::engine::{Canister, Module, Settings};

const HEAP_BYTES_MAX: u64 = 4 << 20;
const STABLE_BYTES_MAX: u64 = 1 << 20;
const INSTRUCTIONS_MAX: u64 = 10_000_000;

/// See the [table](crate).
pub fn target(bytes: &[u8]) {
    let wasm = match std::str::from_utf8(bytes) {
        Ok(text) => wat::parse_str(text).unwrap_or_default(),
        Err(_) => bytes.to_vec(),
    };
    let Ok(module) = Module::new(&wasm) else { return };
    let settings = Settings {
        update_instructions_max: INSTRUCTIONS_MAX,
        query_instructions_max: INSTRUCTIONS_MAX,
        // An installation has more instructions than a try has time.
        patience: Duration::from_millis(500),
        heap_bytes_max: HEAP_BYTES_MAX,
        stable_bytes_max: STABLE_BYTES_MAX,
        ..Settings::default()
    };
    let cycles = settings.cycles;
    let Ok(mut canister) = Canister::install(&module, bytes, settings) else { return };
    let methods: Vec<String> = module.methods().map(str::to_owned).collect();
    for method in methods.iter().take(8) {
        match method.split_once(' ') {
            Some(("canister_query", name)) => {
                let queried = canister.queried(name, bytes, &[4]);
                assert!(queried.instructions <= INSTRUCTIONS_MAX, "{} instructions", queried.instructions);
            }
            Some((_, name)) => drop(canister.update(name, bytes, &[4])),
            None => {}
        }
    }
    let _ = canister.upgrade(&module, bytes);
    assert!(canister.heap_bytes() <= HEAP_BYTES_MAX, "a heap of {} bytes", canister.heap_bytes());
    assert!(
        canister.stable_bytes() <= STABLE_BYTES_MAX,
        "{} bytes of stable memory",
        canister.stable_bytes()
    );
    assert!(canister.cycles() <= cycles, "cycles out of nothing");
}
