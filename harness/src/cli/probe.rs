//! `outcall-harness probe`: a URL is asked by every replica, and what came of it is said.

use std::{
    fmt, fs,
    io::{self, Write, stderr},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::builder::RangedU64ValueParser;

use super::{MISUSE, given, progress::Progress, round, round::Unplayable};
use crate::{
    outcall::Request,
    probe::{Pattern, Probe, ProbeError, Report},
    report,
    subnet::NODES_MAX,
};

mod json;
mod screen;

pub(super) const EXAMPLES: &str = "\
Examples:
  outcall-harness probe https://api.example.com/v1/price

  34 nodes, a header, and a cap; the answer's serial number is of no interest:
  outcall-harness probe https://api.example.com/v1/price -n 34 --header 'x-api-key: 1234' \\
      --max-response-bytes 2000 --drop '$.serial' --report probe.html

  A POST, which the server knows for one by its key:
  outcall-harness probe https://api.example.com/v1/orders --body @order.json \\
      --header 'content-type: application/json' --key order-42";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The URL, https or http.
    #[arg(value_name = "URL")]
    url: String,
    /// Nodes of the subnet: 13 for most, 34 for the fiduciary one.
    #[arg(short, long, value_name = "N", default_value_t = 13,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=NODES_MAX as u64))]
    nodes: usize,
    /// GET, HEAD or POST [default: GET, and POST with a body].
    #[arg(short = 'X', long, value_name = "METHOD", value_parser = method)]
    method: Option<String>,
    /// A header of the request; may come several times.
    #[arg(short = 'H', long, value_name = "NAME:VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// The body of the request, or the file that holds it.
    #[arg(short = 'd', long, value_name = "TEXT|@FILE")]
    body: Option<String>,
    /// The Idempotency-Key, the same from every replica. It keeps a server from carrying out each request only if the
    /// server honours it.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// It is meant: the server may carry out all n requests.
    #[arg(long)]
    yes: bool,
    /// The most that a replica accepts, headers and body together, in bytes [default: 2000000].
    #[arg(long, value_name = "BYTES")]
    max_response_bytes: Option<u64>,
    /// A place in JSON answers that is of no interest, such as `$.meta.time` or `$.items[*].rank`; may come several times.
    #[arg(long, value_name = "PATH", value_parser = Pattern::parse)]
    drop: Vec<Pattern>,
    /// How much later than the first replica the last one may send. Within less than a second even a clock stands still.
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = given::skew)]
    skew: Duration,
    /// What each replica's delay is drawn from. A new one each time by default; it is printed.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Certificates that the replicas trust besides the system's, as PEM: for servers of your own.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Writes a page for a browser: every replica's sending, the answers side by side, what differs and why, the
    /// transform and the route, the cycles. One file that loads nothing.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Say it for machines: one JSON object on stdout.
    #[arg(long)]
    json: bool,
}

/// How it was asked, beside the request.
#[derive(Clone, Copy)]
struct Asked {
    seed: u64,
    skew: Duration,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, skew up to {:?}", self.seed, self.skew)
    }
}

/// Why nothing could be asked.
#[derive(Debug, thiserror::Error)]
enum Unasked {
    #[error(transparent)]
    Given(#[from] Unplayable),
    #[error("URL: found {0:?}, expected one that starts with https:// or http://")]
    Scheme(String),
    #[error("--key beside the header {0}: expected one of them")]
    TwoKeys(String),
    #[error(
        "{method}: {nodes} replicas are {nodes} requests, and the server may carry out each of them. Give the key by \
         which it knows them for one (--key KEY), or say that it may (--yes)"
    )]
    Unmeant { method: String, nodes: usize },
    #[error(transparent)]
    Unsent(#[from] ProbeError),
    #[error("this machine refused a thread: {0}")]
    Machine(#[from] io::Error),
}

pub(super) fn run(args: Args) -> ExitCode {
    let progress = Progress::begin();
    let asked = ask(&args, &progress);
    progress.clear();
    match asked {
        Ok((report, asked)) => tell(&args, &report, asked),
        Err(unasked) => {
            if args.json {
                round::print(&json::failure(&unasked.to_string()));
            }
            complain(&unasked.to_string())
        }
    }
}

fn tell(args: &Args, report: &Report, asked: Asked) -> ExitCode {
    if args.json {
        round::print(&json::told(report, asked));
    }
    // What was asked is told in any case: it may not be possible to ask it again.
    let told = match report.unasked() {
        Some(reject) => complain(&format!("nobody could be asked: {reject}")),
        None => {
            if !args.json {
                round::print(&screen::told(report, asked));
            }
            if report.verdict.is_agreed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    };
    match write_page(args, report, asked) {
        Ok(()) => told,
        Err(unwritten) => complain(&unwritten.to_string()),
    }
}

fn write_page(args: &Args, report: &Report, asked: Asked) -> Result<(), Unplayable> {
    let Some(file) = &args.report else { return Ok(()) };
    let page = report::of_probe(report, &asked.to_string());
    fs::write(file, page).map_err(|why| Unplayable::Unwritable { flag: "--report", file: file.clone(), why })
}

fn complain(why: &str) -> ExitCode {
    // Who closed our stderr does not want to be told.
    let _ = writeln!(stderr(), "{why}");
    ExitCode::from(MISUSE)
}

fn ask(args: &Args, progress: &Progress) -> Result<(Report, Asked), Unasked> {
    let asked = Asked { seed: args.seed.unwrap_or_else(|| fastrand::u64(1..10_000)), skew: args.skew };
    let request = request(args)?;
    make_sure(args, &request, progress)?;
    let network = given::network(args.trust.as_deref())?;
    if let Some(file) = &args.report {
        given::writable("--report", file)?;
    }
    let probe = Probe::new(request, args.nodes).skew(asked.seed, asked.skew).network(network);
    let probe = args.drop.iter().cloned().fold(probe, Probe::unwanted);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    progress.say(&format!("{} replicas ask, within {:?}", args.nodes, args.skew));
    let report = runtime.block_on(probe.ask());
    // A look-up that hangs must not keep the process.
    runtime.shutdown_background();
    Ok((report?, asked))
}

fn request(args: &Args) -> Result<Request, Unasked> {
    let scheme = args.url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("https" | "http")) {
        return Err(Unasked::Scheme(args.url.clone()));
    }
    let body = match args.body.as_deref() {
        None => Vec::new(),
        Some(text) => match text.strip_prefix('@') {
            Some(file) => given::read("--body", Path::new(file))?,
            None => text.as_bytes().to_vec(),
        },
    };
    let method = match (&args.method, &args.body) {
        (Some(method), _) => method.clone(),
        (None, Some(_)) => "POST".to_owned(),
        (None, None) => "GET".to_owned(),
    };
    let mut headers = args.header.clone();
    if let Some(key) = &args.key {
        if let Some((name, _)) = headers.iter().find(|(name, _)| is_key(name)) {
            return Err(Unasked::TwoKeys(name.clone()));
        }
        headers.push(("Idempotency-Key".to_owned(), key.clone()));
    }
    Ok(Request { url: args.url.clone(), method, headers, body, max_response_bytes: args.max_response_bytes })
}

/// Whoever may be charged thirteen times is asked before, and not told afterwards.
fn make_sure(args: &Args, request: &Request, progress: &Progress) -> Result<(), Unasked> {
    let method = &request.method;
    if matches!(method.as_str(), "GET" | "HEAD") || args.yes {
        return Ok(());
    }
    if !request.headers.iter().any(|(name, _)| is_key(name)) {
        return Err(Unasked::Unmeant { method: method.clone(), nodes: args.nodes });
    }
    progress.say(&format!(
        "{method} with one key: a server that does not honour it carries it out {} times",
        args.nodes
    ));
    Ok(())
}

fn is_key(name: &str) -> bool {
    name.eq_ignore_ascii_case("idempotency-key")
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .filter(|(name, _)| !name.trim().is_empty())
        .ok_or("expected a name, a colon and a value, such as \"accept: application/json\"")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn method(text: &str) -> Result<String, String> {
    let method = text.to_ascii_uppercase();
    match method.as_str() {
        "GET" | "HEAD" | "POST" => Ok(method),
        "PUT" | "PATCH" | "DELETE" => Err(format!(
            "{method} is for outcalls of a single node, which have nobody to agree with; expected GET, HEAD or POST"
        )),
        _ => Err("expected GET, HEAD or POST".to_owned()),
    }
}
