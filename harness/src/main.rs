//! `outcall-harness`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    outcall_harness::main()
}
