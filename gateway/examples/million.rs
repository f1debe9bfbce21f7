//! A million live records on the disk: how long the ledger takes to start, and how much memory it takes.
//!
//! The ledger is filled, and killed; then it is opened by two more processes, the first of which finds what the kill has left.
//! Printed are the times and the peak of each process's memory. Promised are five seconds.
//!
//! ```text
//! cargo run --release -p outcall-gateway --example million
//! ```

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has no result")]

use std::{
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use http::HeaderName;
use outcall_gateway::{
    error::Problem,
    ledger::{Ask, Claim, Disk, Fingerprinted, Ledger, Repeat, Settlement, Terms},
};
use outcall_protocol::{
    digest::{Digest, Hasher},
    fingerprint::Fingerprint,
};

const RECORDS: u64 = 1_000_000;
const AT_ONCE: u64 = 1_000;
const ROOM_BYTES: u64 = 8 << 30;
const LIFE: Duration = Duration::from_secs(24 * 3600);
const PROMISED: Duration = Duration::from_secs(5);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match &arguments[1..] {
        [] => orchestrate(),
        [folder, step] => run(Path::new(folder), step),
        _ => panic!("no arguments are expected"),
    }
}

fn orchestrate() {
    let folder = std::env::temp_dir().join(format!("outcall-million-{}", std::process::id()));
    for step in ["fill", "open after the kill", "open once more"] {
        let this = std::env::current_exe().unwrap();
        let status = Command::new(this).arg(&folder).arg(step).status().unwrap();
        assert_eq!(status.success(), step != "fill", "{step}: {status}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::main]
async fn run(folder: &Path, step: &str) {
    let started = Instant::now();
    let ledger = Disk::open(folder, ROOM_BYTES).unwrap_or_else(|error| panic!("{error}"));
    let took = started.elapsed();
    if step == "fill" {
        fill(&ledger).await;
        println!("filled in {:?}, {} syncs; {}", started.elapsed(), ledger.syncs(), memory());
        // One claim is left unfinished.
        let Ok(Claim::Lead(mut lead, _waiter)) = ledger.claim(&ask(RECORDS)).await else { panic!("not led") };
        lead.begin().await.unwrap();
        let pid = std::process::id().to_string();
        Command::new("kill").args(["-KILL", &pid]).status().unwrap();
        std::future::pending::<()>().await;
    }
    let verdict = if took <= PROMISED { "within" } else { "ABOVE" };
    assert_eq!(ledger.occupancy().keys as u64, RECORDS + 1);
    println!("{step}: {took:?}, {verdict} the promised {PROMISED:?}; {}", memory());
    let started = Instant::now();
    for number in (0..=RECORDS).step_by(100) {
        let claim = ledger.claim(&ask(number)).await;
        assert!(matches!(claim, Ok(Claim::Replay(_))), "{number} is not there");
    }
    println!(
        "  {} replays from the disk, {:?} each; {}",
        RECORDS / 100,
        started.elapsed() / (RECORDS / 100) as u32,
        memory()
    );
}

async fn fill(ledger: &Disk) {
    for first in (0..RECORDS).step_by(AT_ONCE as usize) {
        let settled = (first..first + AT_ONCE).map(|number| async move {
            let Ok(Claim::Lead(mut lead, _)) = ledger.claim(&ask(number)).await else { panic!("not led") };
            lead.begin().await.unwrap();
            let answer = Problem::OutcomeUnknown.answer(&http::Method::POST);
            lead.settle(Settlement { answer, life: LIFE, upstream_status: None }, LIFE).await;
        });
        futures_util::future::join_all(settled).await;
    }
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown");
    format!("memory at most {}", peak.trim())
}

struct Plain(Arc<[HeaderName]>);

impl Fingerprinted for Plain {
    fn names(&self) -> &Arc<[HeaderName]> {
        &self.0
    }
    fn fingerprint(&self, _: &Arc<[HeaderName]>) -> Fingerprint {
        Fingerprint::from_digest(digest(0))
    }
}

fn digest(number: u64) -> Digest {
    Hasher::new("million").part(&number.to_be_bytes()).finish()
}

fn ask(number: u64) -> Ask {
    let answer = Problem::OutcomeUnknown.answer(&http::Method::POST);
    let lost = Settlement { answer, life: LIFE, upstream_status: None };
    let terms =
        Terms { repeat: Repeat::Never, answer_bytes_max: 1_000, configuration: digest(0), lost: lost.into() };
    Ask { id: digest(number + 1), request: Arc::new(Plain(Arc::new([]))), terms }
}
