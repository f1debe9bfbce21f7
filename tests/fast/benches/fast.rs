//! How fast is the gateway? `docs/benchmarks.md` says what is measured, and how to read it.
//!
//! ```text
//! cargo bench -p outcall-fast
//! cargo bench -p outcall-fast -- replays bursts --quick
//! ```

fn main() -> std::process::ExitCode {
    outcall_fast::suite::main(env!("CARGO_BIN_EXE_gateway-measured"))
}
