//! The command line: `outcall-gateway [serve]` and `outcall-gateway check`.
//!
//! Exit status: 0 done, 1 the gateway could not run, 2 the command line or the configuration is wrong.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};

mod check;
mod read;
mod serve;
mod store;

use store::Store;

/// One call out, one answer for every replica: a reverse proxy for the HTTPS outcalls of canisters.
#[derive(Debug, Parser)]
#[command(name = "outcall-gateway", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway (the default command).
    Serve(Serve),
    /// Read a configuration, say what is wrong with it, and exit: 0 when it can be served, 2 when not.
    Check(Check),
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    file: File,
    /// Address to listen on; without it `server.listen`, else port 8080 of every address. An IPv6 wildcard takes IPv4
    /// too.
    #[arg(long, env = "OUTCALL_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where claims and answers are kept: `disk:FOLDER`, `disk` for the folder `outcall-ledger`, or `memory`, which forgets
    /// everything when the process ends.
    #[arg(long, env = "OUTCALL_STORE", value_name = "STORE", default_value = "disk")]
    store: Store,
    /// Also start a small service on loopback whose every answer differs, and serve it at /demo.
    #[arg(long, env = "OUTCALL_WITH_DEMO_UPSTREAM")]
    with_demo_upstream: bool,
    /// How log lines are written.
    #[arg(long, env = "OUTCALL_LOG_FORMAT", value_name = "FORMAT", default_value = "human")]
    log_format: LogFormat,
    /// Which log lines are written: a level, or a filter such as `info,outcall_gateway::request=warn`.
    #[arg(long, env = "OUTCALL_LOG", value_name = "FILTER", default_value = "info")]
    log: String,
}

#[derive(Debug, Args)]
struct Check {
    #[command(flatten)]
    file: File,
}

#[derive(Debug, Args)]
struct File {
    /// The routes and settings: JSON, with comments and trailing commas; without it `proxy_conf.json`.
    #[arg(long, env = "OUTCALL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Human,
    Json,
}

/// The whole program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        None => serve::run(cli.serve),
        Some(Command::Serve(serve)) => serve::run(serve),
        Some(Command::Check(check)) => check::run(&check.file),
    }
}

/// Something is wrong with what the user wrote.
const MISUSE: u8 = 2;
