//! The gateway's own `main`: the process that is measured.

fn main() -> std::process::ExitCode {
    outcall_gateway::main()
}
