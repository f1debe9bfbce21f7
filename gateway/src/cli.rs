//! The command line: `outcall-gateway [serve]`, `check`, `health`, `keygen`, `token` and `accept-loss`.
//!
//! Exit status: 0 done, 1 the gateway could not run, 2 the command line or the configuration is wrong.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};

mod check;
mod fly;
mod health;
mod keygen;
mod read;
mod serve;
mod store;
mod token;

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
    /// Ask whether the gateway on this machine takes connections: 0 when it does, 1 when not.
    ///
    /// For health checks of containers, whose images have no other program that could ask.
    Health(Health),
    /// Make a key to sign answers with (`receipts` in the configuration), and print its public half.
    Keygen(Keygen),
    /// Make a bearer token for a caller: the token on stdout, and on stderr what the configuration holds of it.
    Token,
    /// Let a ledger in Redis that is new, or that has lost records, lead requests that must not be repeated.
    ///
    /// Until then they are refused, since what was lost may have been sent. Whoever runs this knows that nothing was, or
    /// takes it upon himself that it may be sent again. Every gateway on that Redis goes on at once.
    AcceptLoss(AcceptLoss),
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    file: File,
    /// Address to listen on; without it `server.listen`, else port 8080 of every address. An IPv6 wildcard takes IPv4
    /// too.
    #[arg(long, env = "OUTCALL_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where claims and answers are kept: `disk:FOLDER`, `disk` for the folder `outcall-ledger`, `redis://HOST` (or
    /// `rediss://` for TLS), which all gateways share that name it, or `memory`, which forgets everything when the process
    /// ends.
    #[arg(long, env = "OUTCALL_STORE", hide_env_values = true, value_name = "STORE", default_value = "disk")]
    store: String,
    /// Also serve from a Redis that may forget claims when it crashes: their requests would then be sent again.
    #[arg(long, env = "OUTCALL_REDIS_MAY_FORGET")]
    redis_may_forget: bool,
    /// Serve a local store though the app has other machines on fly.io, each with a ledger of its own.
    #[arg(long, env = "OUTCALL_SEVERAL_LEDGERS")]
    several_ledgers: bool,
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
struct Health {
    /// The address that the gateway listens on; a wildcard stands for this machine. Without it port 8080.
    #[arg(long, env = "OUTCALL_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

#[derive(Debug, Args)]
struct Keygen {
    /// A new file for the private key, which only its owner may read; without it the key is printed.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct File {
    /// The routes and settings: JSON, with comments and trailing commas; without it `proxy_conf.json`.
    #[arg(long, env = "OUTCALL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct AcceptLoss {
    /// The Redis of the ledger, as the gateways name it.
    #[arg(long, env = "OUTCALL_STORE", hide_env_values = true, value_name = "STORE")]
    store: String,
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
        Some(Command::Health(command)) => health::run(&command),
        Some(Command::Keygen(command)) => keygen::run(&command),
        Some(Command::Token) => token::run(),
        Some(Command::AcceptLoss(command)) => store::accept_loss(&command),
    }
}

/// Something is wrong with what the user wrote.
const MISUSE: u8 = 2;
