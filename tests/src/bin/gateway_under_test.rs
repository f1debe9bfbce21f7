//! The gateway's own `main`, so that tests can start, signal and kill the real thing.

fn main() -> std::process::ExitCode {
    outcall_gateway::main()
}
