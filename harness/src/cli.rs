//! The command line: `outcall-harness round` and `outcall-harness probe`.
//!
//! ```text
//! cli               what can be asked for
//! cli/round         the story: read, build, compile, install, play
//!   cli/round/play    all rounds, and what each came to
//!   cli/given         what was given, judged: replicas, a skew, files; for both
//!   cli/interface     the types of the canister's methods; text becomes Candid, and a reply becomes text
//!     cli/source        where in a text something is wrong
//!   cli/progress      one line that says what is going on, and how much of it is done
//!   cli/tally         what became of all rounds, in one line
//! cli/probe         the story: read, make sure that it is meant, ask
//!   cli/probe/screen  what came of it, for people
//!   cli/probe/json    the same for machines
//! ```
//!
//! Exit status: 0 every outcall agreed, 1 one did not, 2 nothing could be played or asked, 130 interrupted. What was seen goes to
//! stdout, everything else to stderr.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, CommandFactory, Parser, Subcommand, builder::RangedU64ValueParser};

use crate::subnet::NODES_MAX;

mod given;
mod interface;
mod probe;
mod progress;
mod round;
mod source;
mod tally;

/// Would the replicas agree? Plays a subnet of the Internet Computer on this machine: every replica sends its own real
/// HTTP request, and the subnet's rules decide.
#[derive(Debug, Parser)]
#[command(name = "outcall-harness", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Call a method of a canister, let every replica send the requests that it makes, and say whether they agree.
    ///
    /// The canister's Wasm is installed on a subnet inside this process; nothing is deployed, and nothing is
    /// downloaded. Its outcalls are real: n replicas send n requests, some twice or late if you like, each runs the
    /// canister's transform on its own answer, and the subnet agrees, or not, by the rules of the Internet Computer.
    ///
    /// Exit status: 0 every outcall agreed; 1 an outcall diverged, timed out or was rejected, none was made, the call
    /// itself was rejected, or with --expect-ok its reply was an Err; 2 the round could not be played; 130 it was interrupted (Ctrl-C), and what was played until
    /// then is told.
    #[command(after_help = EXAMPLES)]
    Round(Round),
    /// Ask a URL as a subnet would, say whether the replicas agree, and what would make them.
    ///
    /// No canister is needed: n replicas send n real requests, each as a replica of the Internet Computer does. What
    /// differs in their answers is named, header by header and path by path, with its cause where that can be told. A
    /// transform and a route for the gateway are printed, ready to be pasted, if the recorded answers agree when they
    /// are put through them; if nothing can make them agree, that is said, and why.
    ///
    /// Of a body that comes as br or zstd nothing is told but that it differs: ask for it plainly.
    ///
    /// A request that may do something (all but GET and HEAD) is sent with --key or --yes only: the server may carry out
    /// each of the n requests.
    ///
    /// Exit status: 0 the replicas agree; 1 they do not, or agree on a rejection; 2 nobody could be asked.
    #[command(after_help = probe::EXAMPLES)]
    Probe(probe::Args),
    /// Print the completions for a shell.
    ///
    /// bash: outcall-harness completions bash > ~/.local/share/bash-completion/completions/outcall-harness
    Completions {
        /// For which shell.
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
}

const EXAMPLES: &str = "\
Examples:
  outcall-harness round --wasm my_canister.wasm --call get_price --args '(\"ICP/USD\")'

  The package of a workspace, ten times on 34 nodes; replica 3 sends twice, replica 7 comes late:
  outcall-harness round --package my-canister --did my_canister.did \\
      --init '(record { url = \"http://localhost:8080\" })' --call refresh \\
      --nodes 34 --rounds 10 --resend 3 --late 7 --report round.html";

#[derive(Debug, Args)]
struct Round {
    #[command(flatten)]
    source: Source,
    /// The profile that the package is built with [default: release].
    #[arg(long, value_name = "PROFILE", conflicts_with = "wasm")]
    profile: Option<String>,
    /// The canister's interface, which types --init and --args and names the fields of replies. Without it, the one that
    /// the module tells: in its metadata (candid:service), or by ic-cdk's export_candid. With none of them the arguments
    /// mean what they say: 1 is an int, (1 : nat64) is a nat64.
    #[arg(long, value_name = "FILE")]
    did: Option<PathBuf>,
    /// The argument of the canister's init, as Candid text.
    #[arg(long, value_name = "CANDID", default_value = "()")]
    init: String,
    /// The method to call, as an update.
    #[arg(long, value_name = "METHOD")]
    call: String,
    /// Its arguments, as Candid text.
    #[arg(long, value_name = "CANDID", default_value = "()")]
    args: String,
    /// Fail, too, when the method replies with an Err (Rust) or #err (Motoko), or with no Candid: a refusal on which all
    /// nodes agree is an agreement.
    #[arg(long)]
    expect_ok: bool,
    /// Nodes of the subnet: 13 for most, 34 for the fiduciary one.
    #[arg(short, long, value_name = "N", default_value_t = 13,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=NODES_MAX as u64))]
    nodes: usize,
    /// How often to call. The canister keeps its state from one round to the next, and each round has a seed of its own:
    /// `--rounds 20 --seed 100` plays the seeds 100 to 119.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How often to play all those rounds: each time with a canister that was installed anew, and with the seeds that come
    /// next. `--rounds 5 --seeds 4 --seed 100` plays 20 rounds, the second canister's with the seeds 105 to 109.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,
    /// What each replica's delay is drawn from in the first round. A new one each time by default; it is printed, and
    /// plays the same again.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// How much later than the first replica the last one may send.
    #[arg(long, value_name = "TIME", default_value = "20ms", value_parser = given::skew)]
    skew: Duration,
    /// Replicas that send twice, as one does that was restarted; they are numbered from 0.
    #[arg(long, value_name = "R", value_delimiter = ',')]
    resend: Vec<usize>,
    /// Replicas that send when the result has been delivered.
    #[arg(long, value_name = "R", value_delimiter = ',')]
    late: Vec<usize>,
    /// Replicas that never send.
    #[arg(long, value_name = "R", value_delimiter = ',')]
    silent: Vec<usize>,
    /// The canister's cycles [default: 100 trillion].
    #[arg(long, value_name = "CYCLES", value_parser = given::cycles)]
    cycles: Option<u128>,
    /// Writes a page for a browser: every replica's sending, the groups, what differs, the cycles. One file that loads
    /// nothing.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Certificates that the replicas trust besides the system's, as PEM: for servers of your own.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

/// Where the canister's Wasm comes from.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// The canister's Wasm, plain or gzip.
    #[arg(long, value_name = "FILE")]
    wasm: Option<PathBuf>,
    /// A package of the workspace around the current folder; it is built for wasm32-unknown-unknown, below
    /// target/canisters.
    #[arg(long, value_name = "NAME")]
    package: Option<String>,
}

/// The whole program.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Round(round) => round::run(round),
        Command::Probe(probe) => probe::run(probe),
        Command::Completions { shell } => complete(shell),
    }
}

fn complete(shell: clap_complete::Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "outcall-harness", &mut script);
    round::print(&String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}

/// Something is wrong with what the user gave.
const MISUSE: u8 = 2;
/// Somebody pressed Ctrl-C: what shells say of a program that was ended so.
const INTERRUPTED: u8 = 130;
