//! A URL, asked as a subnet would ask it: would the replicas agree, in what do their answers differ, and what would
//! have to be taken away? No canister is needed.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use outcall_harness::{outcall::Request, probe::Probe};
//!
//! # async fn ask() -> Result<(), Box<dyn std::error::Error>> {
//! let request = Request::get("https://api.example.com/v1/price");
//! let report = Probe::new(request, 13).skew(7, Duration::from_secs(2)).ask().await?;
//! for finding in &report.findings {
//!     // header date: "Tue, 24 Nov 2026 12:00:00 GMT" in 8 replicas, "…" in 5: the time of the answer
//!     println!("{}: {}", finding.difference, finding.cause);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! ```text
//! probe             n real requests, each as a replica's adapter makes it
//!   report            all that follows from the answers; everything from here on is pure
//!     finding           (a room of its own) every place at which they differ, and why
//!     suspect           what was the same, and will not be on a subnet
//!     rules             what would have to be taken away
//!     remedy            the rules, tried on the recorded answers
//!       transform         as Rust
//!       route             as a route of the gateway
//!     cost              sizes and cycles, with and without
//! ```

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    adapter::{Adapter, Network, NetworkError},
    outcall::{Reject, Request},
    replica::Replica,
    rules::{limits, price::Replication},
    schedule::{Moment, Schedule},
    subnet::NODES_MAX,
};

mod cost;
mod remedy;
mod report;
mod route;
mod rules;
mod suspect;
#[cfg(test)]
mod tests;
mod transform;

pub use cost::Cost;
pub use remedy::Remedy;
pub(crate) use remedy::keeps_answer;
pub use report::Report;
pub use suspect::Suspect;

use crate::finding::Asked;
pub use crate::finding::{Cause, Finding, Folded, Pattern};

/// A question that is to be asked by every replica of a subnet.
#[derive(Clone, Debug)]
pub struct Probe {
    request: Request,
    nodes: usize,
    schedule: Schedule,
    network: Option<Network>,
    unwanted: Vec<Pattern>,
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No replicas, or more than anybody has.
    #[error("a subnet has 1 to {NODES_MAX} nodes, not {0}")]
    Nodes(usize),
    /// The replicas' way out.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The management canister would refuse the request.
    #[error("rejected before anything was sent: {0}")]
    Rejected(Reject),
}

impl Probe {
    /// So many replicas that ask this at once.
    pub fn new(request: Request, nodes: usize) -> Self {
        Self { request, nodes, schedule: Schedule::together(), network: None, unwanted: Vec::new() }
    }

    /// Each replica asks after a delay of its own, up to that skew, drawn from the seed.
    #[must_use]
    pub fn skew(mut self, seed: u64, skew: Duration) -> Self {
        self.schedule = Schedule::skewed(seed, skew);
        self
    }

    /// Where requests go; by default into the world, with the certificates that the system trusts.
    #[must_use]
    pub fn network(mut self, network: Network) -> Self {
        self.network = Some(network);
        self
    }

    /// What stands at that place of JSON answers is of no interest.
    #[must_use]
    pub fn unwanted(mut self, place: Pattern) -> Self {
        self.unwanted.push(place);
        self
    }

    /// Sends n real requests and says what came of them.
    ///
    /// # Errors
    /// When nothing was sent. That nobody answered is a report.
    pub async fn ask(self) -> Result<Report, ProbeError> {
        if !(1..=NODES_MAX).contains(&self.nodes) {
            return Err(ProbeError::Nodes(self.nodes));
        }
        limits::check_request(&self.request, Replication::Full).map_err(ProbeError::Rejected)?;
        let network = match self.network {
            Some(network) => network,
            None => Network::new()?,
        };
        let at_seconds =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        let began = Instant::now();
        let mut sent = JoinSet::new();
        for turn in self.schedule.turns(self.nodes) {
            let delay = match turn.moment {
                Moment::After(delay) => delay,
                Moment::Late | Moment::Never => continue,
            };
            let (adapter, request) = (Adapter::new(&network), self.request.clone());
            sent.spawn(async move {
                sleep_until(began + delay).await;
                let asked = began.elapsed();
                voting(Replica::fetched(turn.replica, asked, adapter.fetch(&request).await))
            });
        }
        let mut replicas = sent.join_all().await;
        replicas.sort_by_key(|record| record.number);
        let asked = Asked { at_seconds, unwanted: self.unwanted };
        Ok(Report::new(self.request, self.nodes, replicas, &asked))
    }
}

/// What a replica votes for without a transform: its response as it is. The adapter has held it to the limits.
fn voting(record: Replica) -> Replica {
    match &record.raw {
        Some(Ok(response)) => {
            let content = remedy::encoded(response);
            record.voting(content)
        }
        _ => record,
    }
}
