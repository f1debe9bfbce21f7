//! `outcall-gateway`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    outcall_gateway::main()
}
