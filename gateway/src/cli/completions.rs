//! `outcall-gateway completions`: what a shell completes.

use std::process::ExitCode;

use clap::CommandFactory;

use super::{Cli, Completions, NAME};

pub(super) fn run(command: &Completions) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut Cli::command(), NAME, &mut script);
    super::print(&String::from_utf8_lossy(&script))
}
