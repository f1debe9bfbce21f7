//! The regression guard by instruction counts, run by `.ci/run` under callgrind.

fn main() -> std::process::ExitCode {
    outcall_fast::instructions::main()
}
