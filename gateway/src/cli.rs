//! The command line: `outcall-gateway [serve]`, `init`, `check`, `schema`, `health`, `keygen`, `token`, `keys`, `accept-loss`
//! and `completions`.
//!
//! Exit status: 0 done, 1 the gateway could not run or an upstream not be reached, 2 the command line or the configuration
//! is wrong.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

mod admin;
mod check;
mod completions;
mod fly;
mod health;
mod init;
mod keygen;
mod keys;
mod listen;
mod log;
mod read;
#[cfg(test)]
mod reference;
mod schema;
mod serve;
mod store;
mod token;

const NAME: &str = "outcall-gateway";

const EXAMPLES: &str = "\
Examples:
  outcall-gateway --with-demo-upstream      see it work, without a configuration
  outcall-gateway init                      write a proxy_conf.json to start from
  outcall-gateway check --online            is it good, and do its upstreams answer?
  outcall-gateway                           serve it on port 8080; Ctrl-C drains, a second one does not
  kill -HUP PID                             read proxy_conf.json again now; a change is found by itself, too

Exit status: 0 done, 1 it could not run or reach an upstream, 2 the command line or the configuration is wrong.";

/// One call out, one answer for every replica: a reverse proxy for the HTTPS outcalls of canisters.
#[derive(Debug, Parser)]
#[command(name = NAME, version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
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
    /// Write a commented configuration to start from, and its schema beside it.
    Init(Init),
    /// Read a configuration and the files that it names, say what is wrong, and exit: 0 when it can be served, 2 when not.
    Check(Check),
    /// Print the JSON Schema of the configuration, by which editors complete, explain and check it.
    Schema,
    /// Ask whether the gateway on this machine takes connections: 0 when it does, 1 when not.
    ///
    /// For health checks of containers, whose images have no other program that could ask.
    Health(Health),
    /// Make a key to sign answers with (`receipts` in the configuration), and print its public half.
    Keygen(Keygen),
    /// Make a bearer token for a caller: the token on stdout, and on stderr what the configuration holds of it.
    Token,
    /// See the keys of a running gateway, and have one forgotten, over its admin port.
    #[command(subcommand)]
    Keys(Keys),
    /// Let a ledger in Redis that is new, or that has lost records, lead requests that must not be repeated.
    ///
    /// Until then they are refused, since what was lost may have been sent. Whoever runs this knows that nothing was, or
    /// takes it upon himself that it may be sent again. Every gateway on that Redis goes on at once.
    AcceptLoss(AcceptLoss),
    /// Print the completions for a shell.
    ///
    /// bash: outcall-gateway completions bash > ~/.local/share/bash-completion/completions/outcall-gateway
    Completions(Completions),
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
    /// Address of the admin port: health, metrics, keys and a page for people. Off unless it is given.
    ///
    /// Away from loopback a token is needed for all but health and metrics.
    #[arg(long, env = "OUTCALL_ADMIN", value_name = "ADDR", help_heading = "Admin port")]
    admin: Option<SocketAddr>,
    #[command(flatten)]
    guard: Guard,
    #[command(flatten)]
    otlp: Otlp,
    /// How log lines are written.
    #[arg(long, env = "OUTCALL_LOG_FORMAT", value_name = "FORMAT", default_value = "human")]
    log_format: LogFormat,
    /// Which log lines are written: a level, or a filter such as `info,outcall_gateway::request=warn`.
    #[arg(long, env = "OUTCALL_LOG", value_name = "FILTER", default_value = "info")]
    log: String,
}

/// Who collects traces.
#[derive(Debug, Args)]
#[command(next_help_heading = "Traces")]
struct Otlp {
    /// A collector of traces: a URL to which spans go by OTLP over HTTP, at its `/v1/traces`. Off unless it is given.
    ///
    /// One span for each request and each upstream call; the replicas of an outcall are one trace.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    otlp: Option<String>,
    /// Headers for the collector, as `NAME=VALUE,…`; better given by the variable, since a command line is for all to see.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_HEADERS", hide_env_values = true, value_name = "PAIRS")]
    otlp_headers: Option<String>,
    /// As which service the collector knows the gateway.
    #[arg(long, env = "OTEL_SERVICE_NAME", value_name = "NAME", default_value = NAME)]
    otlp_service: String,
}

/// Who may use the admin port.
#[derive(Debug, Args)]
#[command(next_help_heading = "Admin port")]
struct Guard {
    /// The token of the admin port; better given by the variable, since a command line is for all to see.
    #[arg(long, env = "OUTCALL_ADMIN_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    admin_token: Option<String>,
    /// The SHA-256 of the token, in its place: `outcall-gateway token` prints both.
    #[arg(long, env = "OUTCALL_ADMIN_TOKEN_SHA256", value_name = "HEX", conflicts_with = "admin_token")]
    admin_token_sha256: Option<String>,
    /// A name under which the admin port may be called, beside addresses and localhost; repeatable.
    #[arg(long, env = "OUTCALL_ADMIN_HOST", value_name = "NAME", value_delimiter = ',')]
    admin_host: Vec<String>,
}

#[derive(Debug, Args)]
struct Check {
    /// The file to check; the same as `--config FILE`.
    #[arg(value_name = "FILE")]
    path: Option<PathBuf>,
    #[command(flatten)]
    file: File,
    /// Also connect to each upstream, by DNS, TCP and TLS as a call would; no request is sent. Exits with 1 when one is
    /// not reached.
    #[arg(long)]
    online: bool,
}

#[derive(Debug, Args)]
struct Init {
    /// The file to write, which must not be there yet; `-` prints it.
    #[arg(value_name = "FILE", default_value = "proxy_conf.json")]
    file: PathBuf,
}

#[derive(Debug, Args)]
struct Completions {
    /// For which shell.
    #[arg(value_name = "SHELL")]
    shell: Shell,
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

/// What is asked of the admin port.
#[derive(Debug, Subcommand)]
enum Keys {
    /// The keys that the gateway has led, or waited for, since its start, the latest first.
    List {
        #[command(flatten)]
        port: AdminPort,
        /// How many.
        #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_240))]
        limit: u64,
    },
    /// One key: what became of it, and to how many replicas it was served.
    Show {
        #[command(flatten)]
        port: AdminPort,
        /// Its digest, or the beginning of it, as the log has it.
        digest: String,
    },
    /// Forget a key before its time, if it is settled: the next request under it is led as if there had been none.
    ///
    /// A FORGOTTEN KEY CAN BE LED AGAIN. Where its request must not be repeated, a late replica, or a canister that tries
    /// again, then makes the upstream execute it a second time: a second payment. So that takes --yes, and is logged. What is
    /// in flight cannot be forgotten. Other gateways on the same ledger replay the old answer for up to ten seconds.
    Forget {
        #[command(flatten)]
        port: AdminPort,
        /// Its digest, or the beginning of it, as the log has it.
        digest: String,
        /// Also when its request may not be safe to repeat.
        #[arg(long)]
        yes: bool,
    },
}

/// Where a gateway can be asked.
#[derive(Debug, Args)]
struct AdminPort {
    /// The admin port, as the gateway was started with it: an address, or a URL that begins with http://. It must be given.
    #[arg(long, env = "OUTCALL_ADMIN", value_name = "ADDR")]
    admin: Option<String>,
    /// Its token. Better given by the variable, since a command line is for all to see.
    #[arg(long, env = "OUTCALL_ADMIN_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    admin_token: Option<String>,
    /// Print what the port says, as JSON.
    #[arg(long)]
    json: bool,
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
        Some(Command::Init(command)) => init::run(&command),
        Some(Command::Check(command)) => check::run(&command),
        Some(Command::Schema) => schema::run(),
        Some(Command::Health(command)) => health::run(&command),
        Some(Command::Keygen(command)) => keygen::run(&command),
        Some(Command::Token) => token::run(),
        Some(Command::Keys(command)) => keys::run(&command),
        Some(Command::AcceptLoss(command)) => store::accept_loss(&command),
        Some(Command::Completions(command)) => completions::run(&command),
    }
}

/// Something is wrong with what the user wrote.
const MISUSE: u8 = 2;

/// Prints a whole text. Whoever does not read to its end, as `head` does, has had enough.
fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("{NAME}: standard output: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
