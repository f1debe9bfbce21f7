//! The whole story of one outcall.

use std::{collections::BTreeSet, fmt};

use super::{Bill, http_request::Asked};
use crate::{
    finding::{Findings, votes},
    outcall::{Reject, Request, Transform},
    replica::{self, Replica},
    rules::price::Replication,
    verdict::{Variations, Verdict, judge, variations},
};

/// Differences that are printed; the rest is counted.
const DIFFERENCES_PRINTED_MAX: usize = 6;

/// One outcall: what the canister asked for, what every replica did, what the subnet decided, what it cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The subnet's number for it, as in reject texts.
    pub id: u64,
    /// Nodes of the subnet.
    pub nodes: usize,
    /// What the canister asked for.
    pub request: Request,
    /// Its transform.
    pub transform: Option<Transform>,
    /// Which nodes had to send.
    pub replication: Replication,
    /// What they sent and got, by their numbers; a replica that sent twice is there twice, late ones are at the end.
    pub replicas: Vec<Replica>,
    /// What was decided.
    pub verdict: Verdict,
    /// What it cost; all 0 where another engine charges it.
    pub bill: Bill,
}

impl Round {
    /// An outcall that was not made.
    pub(super) fn refused(asked: Asked, nodes: usize, reject: Reject) -> Self {
        let bill = Bill::nothing(asked.pricing, asked.cycles);
        Self::decided(&asked, nodes, Vec::new(), Verdict::refused(reject), bill)
    }

    pub(super) fn decided(
        asked: &Asked,
        nodes: usize,
        replicas: Vec<Replica>,
        verdict: Verdict,
        bill: Bill,
    ) -> Self {
        Self {
            id: asked.id,
            nodes,
            request: asked.request.clone(),
            transform: asked.transform.clone(),
            replication: asked.replication,
            replicas,
            verdict,
            bill,
        }
    }

    /// Takes up those that came late, and what they have spent of the cycles that were held back for them: that is
    /// returned. They change nothing that was decided.
    pub(super) fn joined_by(&mut self, late: Vec<Replica>, held_back: u128) -> u128 {
        if late.is_empty() {
            return 0;
        }
        let first = late
            .iter()
            .enumerate()
            .filter(|(index, record)| !late[..*index].iter().any(|other| other.number == record.number));
        let spent = first.map(|(_, record)| record.spent).sum::<u128>().min(held_back);
        self.bill.joined_by(spent);
        self.replicas.extend(late);
        if !matches!(self.verdict, Verdict::HandedOver { .. }) {
            let _ = judge(self.replication.senders(self.nodes), self.id, &mut self.replicas);
        }
        spent
    }

    /// Where the requests went.
    pub fn url(&self) -> &str {
        &self.request.url
    }

    /// How many requests may have reached the server: repeated, late and resent ones, too.
    pub fn requests(&self) -> u32 {
        self.replicas.iter().map(|record| record.attempts).sum()
    }

    /// Everything in which the raw responses differ, whether or not the transform takes it away.
    pub fn variations(&self) -> Variations {
        variations(&self.replicas)
    }

    /// Everything in which the raw responses differ, and why.
    pub fn findings(&self) -> Findings {
        votes::of_responses(&self.replicas)
    }

    /// Everything in which the votes differ, behind the transform, and why: what kept the replicas from agreeing, where
    /// that is what happened.
    pub fn divergence(&self) -> Findings {
        votes::of_votes(&self.replicas, self.verdict.difference())
    }

    /// A letter for each sending, by its group: `AAAAAAAABBBBB`. Small for a late one, a dot for one that never sent, a
    /// question mark for one whose vote another engine keeps to itself.
    pub fn votes(&self) -> String {
        replica::votes(&self.replicas)
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "outcall {}", self.id)?;
        match self.replication {
            Replication::Full => {}
            Replication::Single => write!(f, ", not replicated")?,
            Replication::Flexible { total_requests, min_responses: min, max_responses: max } => {
                write!(f, ", flexible, {min} to {max} of {total_requests} responses wanted")?;
            }
        }
        writeln!(f, ": {} {}", self.request.method, self.request.url)?;
        writeln!(f, "  {}", self.verdict)?;
        if self.verdict.difference().is_some() {
            let findings = self.divergence();
            let told =
                findings.folded().into_iter().map(|found| format!("{} ({})", found.place, found.first.cause));
            writeln!(f, "  because: {}", Listed { told: told.collect(), left_out: findings.left_out })?;
        }
        if !self.replicas.is_empty() {
            let sent = self.replicas.iter().filter(|record| record.asked.is_some());
            let numbers: BTreeSet<usize> = sent.map(|record| record.number).collect();
            let (replicas, of) = (numbers.len(), self.nodes);
            writeln!(f, "  {replicas} of {of} nodes, {} requests: {}", self.requests(), self.votes())?;
        }
        let Variations { found, left_out } = self.variations();
        if !found.is_empty() {
            let told = found.iter().map(|difference| difference.place.to_string());
            writeln!(f, "  responses differ in: {}", Listed { told: told.collect(), left_out })?;
        }
        match self.verdict {
            Verdict::HandedOver { .. } => write!(f, "  cycles: charged by the engine that decided"),
            _ => write!(f, "  cycles: {}", self.bill),
        }
    }
}

/// The first of several, and how many more there are.
struct Listed {
    told: Vec<String>,
    left_out: usize,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.told.len().min(DIFFERENCES_PRINTED_MAX);
        f.write_str(&self.told[..shown].join(", "))?;
        match self.told.len() - shown + self.left_out {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
