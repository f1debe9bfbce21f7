//! What was given on the command line, judged.

use std::{fs, path::Path, time::Duration};

use super::{Round, round::Unplayable};
use crate::{adapter::Network, schedule::Schedule};

/// A subnet gives an outcall up after so long, and so do we.
const SKEW_MAX: Duration = Duration::from_secs(60);

/// Milliseconds or seconds, such as `20ms`.
pub(super) fn skew(text: &str) -> Result<Duration, String> {
    let time = match text.strip_suffix("ms") {
        Some(number) => number.parse().map(Duration::from_millis).ok(),
        None => text.strip_suffix('s').and_then(|number| number.parse().map(Duration::from_secs).ok()),
    };
    time.filter(|time| *time <= SKEW_MAX)
        .ok_or_else(|| format!("expected a duration up to {SKEW_MAX:?}, such as \"20ms\" or \"1s\""))
}

/// A whole number that may be grouped as Candid does: `1_000_000`.
pub(super) fn cycles(text: &str) -> Result<u128, String> {
    let digits: String = text.chars().filter(|character| *character != '_').collect();
    digits.parse().map_err(|_| "expected a whole number, such as \"1_000_000_000\"".to_owned())
}

/// Who sends when in the round of that seed. The replicas that are named must exist.
pub(super) fn schedule(round: &Round, seed: u64) -> Result<Schedule, Unplayable> {
    let nodes = round.nodes;
    for (flag, replicas) in
        [("--resend", &round.resend), ("--late", &round.late), ("--silent", &round.silent)]
    {
        if let Some(&replica) = replicas.iter().find(|replica| **replica >= nodes) {
            return Err(Unplayable::NoReplica { flag, replica, last: nodes - 1 });
        }
    }
    let mut schedule = Schedule::skewed(seed, round.skew);
    schedule = round.resend.iter().copied().fold(schedule, Schedule::resend);
    schedule = round.late.iter().copied().fold(schedule, Schedule::late);
    Ok(round.silent.iter().copied().fold(schedule, Schedule::silent))
}

/// The way out of the subnet.
pub(super) fn network(trust: Option<&Path>) -> Result<Network, Unplayable> {
    let network = Network::new().map_err(|why| Unplayable::Network { flag: "TLS", why })?;
    let Some(file) = trust else { return Ok(network) };
    let pem = read("--trust", file)?;
    network.trust_pem(&pem).map_err(|why| Unplayable::Network { flag: "--trust", why })
}

/// Whether a file can be written, before anything is done for it; what is in it stays, and no empty one is left behind.
pub(super) fn writable(flag: &'static str, file: &Path) -> Result<(), Unplayable> {
    let is_there = file.exists();
    let opened = fs::OpenOptions::new().create(true).append(true).open(file);
    opened.map_err(|why| Unplayable::Unwritable { flag, file: file.to_owned(), why })?;
    if !is_there {
        // Were it to stay, whoever looks for a page would find an empty one.
        let _ = fs::remove_file(file);
    }
    Ok(())
}

/// A file's bytes.
pub(super) fn read(flag: &'static str, file: &Path) -> Result<Vec<u8>, Unplayable> {
    fs::read(file).map_err(|why| Unplayable::Unreadable { flag, file: file.to_owned(), why })
}
