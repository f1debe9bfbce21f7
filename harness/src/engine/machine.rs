//! Wasmtime, set up once for the process.
//!
//! Every instruction costs fuel, so that a loop ends after the same number of instructions on every machine. What fuel
//! does not see (filling a gigabyte is one instruction) is caught by the clock: a thread counts ten epochs a second,
//! and an execution that has used up the settings' patience is stopped.

use std::{sync::OnceLock, thread, time::Duration};

use wasmtime::{Config, Engine, OptLevel};

use super::{EngineError, limits};

/// How often the clock ticks.
const TICK: Duration = Duration::from_millis(100);

/// The process's engine.
pub(super) fn machine() -> Result<&'static Engine, EngineError> {
    static MACHINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    MACHINE.get_or_init(start).as_ref().map_err(|why| EngineError::Machine(why.clone()))
}

fn start() -> Result<Engine, String> {
    let mut config = Config::new();
    config.consume_fuel(true);
    config.epoch_interruption(true);
    config.max_wasm_stack(limits::STACK_BYTES_MAX);
    config.cranelift_opt_level(OptLevel::Speed);
    config.cranelift_nan_canonicalization(true);
    config.wasm_relaxed_simd(false);
    config.wasm_multi_memory(false);
    config.wasm_memory64(true);
    config.wasm_backtrace_max_frames(None);
    let engine = Engine::new(&config).map_err(|error| format!("{error:#}"))?;
    let clock = engine.clone();
    let ticking = move || {
        loop {
            thread::sleep(TICK);
            clock.increment_epoch();
        }
    };
    let thread = thread::Builder::new().name("outcall-engine-clock".to_owned());
    thread.spawn(ticking).map_err(|error| format!("no thread for its clock: {error}"))?;
    Ok(engine)
}

/// How many ticks a time takes, at least one whole one.
pub(super) fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_millis() / TICK.as_millis()).unwrap_or(u64::MAX / 2).min(u64::MAX / 2) + 2
}
