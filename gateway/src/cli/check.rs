//! `outcall-gateway check`: would this configuration be served, and are its upstreams there?

use std::{path::PathBuf, process::ExitCode, time::Duration};

use super::{
    Check, File, MISUSE, NAME,
    read::{self, Read, Routes},
};
use crate::{
    config::Config,
    receipt::Receipts,
    server,
    upstream::{Heard, Knock, Network, Upstream},
};

pub(super) fn run(command: &Check) -> ExitCode {
    let file = match named(command) {
        Ok(file) => file,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(MISUSE);
        }
    };
    let Read { config, path, .. } = match read::config(&file, Routes::OfFile) {
        Ok(read) => read,
        Err(unread) => {
            eprintln!("{unread}");
            return ExitCode::from(MISUSE);
        }
    };
    let upstream = match files(&config) {
        Ok(upstream) => upstream,
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{}: {problem}", path.display()));
            return ExitCode::from(MISUSE);
        }
    };
    println!("{}: good\n\n{}", path.display(), config.summary());
    if command.online { online(&config, &upstream) } else { ExitCode::SUCCESS }
}

/// The file that is meant: the one in its own place, as `init` has it, before that of the environment.
fn named(command: &Check) -> Result<File, String> {
    let of_environment = std::env::var_os("OUTCALL_CONFIG").map(PathBuf::from);
    match (&command.path, &command.file.config) {
        (Some(path), Some(config)) if of_environment.as_ref() != Some(config) => {
            let (path, config) = (path.display(), config.display());
            Err(format!("check: found the files {path} and --config {config}, expected one of them"))
        }
        (path, config) => Ok(File { config: path.clone().or_else(|| config.clone()) }),
    }
}

/// Reads the files that the configuration names as a gateway would, or says of each what is wrong with it.
fn files(config: &Config) -> Result<Upstream, Vec<String>> {
    let receipts = Receipts::open(config.receipts.as_ref()).err().map(|error| error.to_string());
    let tls = config.server.tls.as_ref().map(server::check_certificate).unwrap_or_default();
    let tls = tls.iter().map(ToString::to_string);
    let upstream = Upstream::new(config, Network::default());
    let upstream = upstream.map_err(|error| format!("server.upstream_ca: {error}"));
    let mut problems: Vec<String> = receipts.into_iter().chain(tls).collect();
    match upstream {
        Ok(upstream) if problems.is_empty() => Ok(upstream),
        Ok(_) => Err(problems),
        Err(problem) => {
            problems.push(problem);
            Err(problems)
        }
    }
}

/// Connects to each upstream, and says how that went.
fn online(config: &Config, upstream: &Upstream) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{NAME}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let knocks = runtime.block_on(upstream.knock(config));
    // A look-up that hangs must not keep the process.
    runtime.shutdown_background();
    println!("\nupstreams, by DNS, TCP and TLS as a call would reach them; no request was sent");
    for Knock { route, door, heard } in &knocks {
        let heard = match heard {
            Heard::Open { after } => format!("reached in {}", millis(*after)),
            Heard::Nothing { after, cause } => format!("not reached, after {}: {cause}", millis(*after)),
            Heard::NotTried => "not tried: it may be any of many hosts".to_owned(),
        };
        println!("  {route:<14} {door}: {heard}");
    }
    let all = !knocks.iter().any(|knock| matches!(knock.heard, Heard::Nothing { .. }));
    if all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn millis(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}
