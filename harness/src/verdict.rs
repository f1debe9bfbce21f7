//! What became of a round: the subnet's decision and, where replicas differ, in what.

use std::{cmp::Reverse, collections::BTreeMap, fmt, time::Duration};

use crate::{
    outcall::{Content, Reject, Response},
    replica::Replica,
    rules::{
        consensus::{Decision, Digest, Tally, share_hash, timed_out},
        flexible::Failure,
    },
};

mod difference;
mod gather;
mod json;
#[cfg(test)]
mod tests;

pub use difference::{Counted, Difference, Place, Variations};
pub use gather::gather;
pub use json::Path;

/// How an outcall ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Enough replicas voted for the same success; the canister gets it.
    Agreed {
        /// How many voted for it when it was decided, or later.
        replicas: usize,
        /// The transform's reply or, without one, the Candid response.
        reply: Vec<u8>,
    },
    /// Enough replicas voted for the same reject, or the management canister refused the call; the canister gets it.
    Rejected {
        /// How many voted for it; 0 when nothing was sent.
        replicas: usize,
        /// The reject.
        reject: Reject,
    },
    /// No vote could win any more.
    Diverged {
        /// What the canister gets.
        reject: Reject,
        /// The first thing in which the two largest groups differ.
        difference: Option<Difference>,
    },
    /// Nothing was decided within 60 s of subnet time.
    TimedOut {
        /// What the canister gets.
        reject: Reject,
        /// The first thing in which the two largest groups differ, if there are two.
        difference: Option<Difference>,
    },
    /// A flexible outcall has brought as many responses as were wanted; the canister gets them one by one.
    Gathered {
        /// The nodes whose responses it gets, in their order.
        numbers: Vec<usize>,
        /// The Candid `ok` with them.
        reply: Vec<u8>,
    },
    /// Another engine has decided, and told the canister alone.
    HandedOver {
        /// How many responses it was given; 0 where they were too few for any decision but that of the clock.
        responses: usize,
    },
    /// A flexible outcall could not bring as many responses as were needed.
    Failed {
        /// Why.
        failure: Failure,
        /// The Candid `err`, which the canister gets as a reply.
        reply: Vec<u8>,
    },
}

impl Verdict {
    /// The management canister's refusal: nothing was sent, and all cycles come back.
    pub fn refused(reject: Reject) -> Self {
        Self::Rejected { replicas: 0, reject }
    }

    /// Whether the canister gets a response or, of a flexible outcall, as many as it wanted. Nobody says so of what was
    /// handed over.
    pub fn is_agreed(&self) -> bool {
        matches!(self, Verdict::Agreed { .. } | Verdict::Gathered { .. })
    }

    /// What the canister gets: a reply or a reject. Nothing where that is not known here.
    pub fn outcome(&self) -> Option<Result<&[u8], &Reject>> {
        match self {
            Verdict::HandedOver { .. } => None,
            Verdict::Agreed { reply, .. }
            | Verdict::Gathered { reply, .. }
            | Verdict::Failed { reply, .. } => Some(Ok(reply)),
            Verdict::Rejected { reject, .. }
            | Verdict::Diverged { reject, .. }
            | Verdict::TimedOut { reject, .. } => Some(Err(reject)),
        }
    }

    /// In what the replicas differ, where that kept them from agreeing.
    pub fn difference(&self) -> Option<&Difference> {
        match self {
            Verdict::Diverged { difference, .. } | Verdict::TimedOut { difference, .. } => {
                difference.as_ref()
            }
            Verdict::Agreed { .. }
            | Verdict::Rejected { .. }
            | Verdict::Gathered { .. }
            | Verdict::HandedOver { .. }
            | Verdict::Failed { .. } => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Agreed { replicas, reply } => {
                write!(f, "agreed: {replicas} replicas, {} bytes", reply.len())?;
            }
            Verdict::Rejected { replicas: 0, reject } => {
                write!(f, "rejected before anything was sent: {reject}")?
            }
            Verdict::Rejected { replicas, reject } => write!(f, "rejected: {replicas} replicas, {reject}")?,
            Verdict::Diverged { .. } => write!(f, "diverged")?,
            Verdict::TimedOut { .. } => write!(f, "timed out")?,
            Verdict::Gathered { numbers, reply } => {
                let (count, s) = (numbers.len(), if numbers.len() == 1 { "" } else { "s" });
                write!(f, "gathered: {count} response{s}, {} bytes", reply.len())?;
            }
            Verdict::HandedOver { responses } => write!(f, "handed over: {responses} responses")?,
            Verdict::Failed { failure, .. } => write!(f, "failed: {failure}")?,
        }
        match self.difference() {
            Some(difference) => write!(f, ": {difference}"),
            None => Ok(()),
        }
    }
}

/// Counts the votes of a round in the order in which they came, decides as the subnet does, and writes the hash and
/// the group into every record that has a vote.
///
/// Records that are late do not count. Votes that come after the decision change nothing about it, but do count in
/// the groups and in the difference, so that "8 and 5" is not told as "4 and 5". When all votes together decide
/// nothing, the time runs out, since nobody else will vote. A non-replicated outcall is judged with `nodes` = 1.
pub fn judge(nodes: usize, id: u64, records: &mut [Replica]) -> Verdict {
    let groups = grouped(id, records);
    let decision = decide(nodes, id, records);
    let contents =
        || groups.iter().filter(|group| group.replicas > 0).map(|group| (&group.content, group.replicas));
    let difference = || Difference::between(&contents().collect::<Vec<_>>());
    match decision {
        Decision::Diverged(reject) => Verdict::Diverged { reject, difference: difference() },
        Decision::TimedOut(reject) => Verdict::TimedOut { reject, difference: difference() },
        Decision::Agreed(hash) => match groups.into_iter().find(|group| group.hash == hash) {
            Some(Group { content: Content::Success(reply), replicas, .. }) => {
                Verdict::Agreed { replicas, reply }
            }
            Some(Group { content: Content::Reject(reject), replicas, .. }) => {
                Verdict::Rejected { replicas, reject: reject.cut() }
            }
            // An agreement is made of votes, so its group is there.
            None => Verdict::TimedOut { reject: timed_out(), difference: None },
        },
    }
}

/// Everything that varies among the raw responses of these records, before any transform: what a transform would
/// have to remove, or a gateway to prevent. Late answers are looked at too.
pub fn variations(records: &[Replica]) -> Variations {
    let raw: Vec<&Result<Response, Reject>> =
        records.iter().filter_map(|record| record.raw.as_ref()).collect();
    difference::variations(&raw)
}

/// Writes hashes and groups into the records.
fn grouped(id: u64, records: &mut [Replica]) -> Vec<Group> {
    for record in records.iter_mut() {
        record.hash = record.content.as_ref().map(|content| share_hash(id, content));
    }
    let groups = groups(records);
    for record in records.iter_mut() {
        record.group = record.hash.and_then(|hash| groups.iter().position(|group| group.hash == hash));
    }
    groups
}

fn decide(nodes: usize, id: u64, records: &[Replica]) -> Decision {
    let mut tally = Tally::new(nodes, id);
    let mut votes: Vec<(Duration, usize, Digest)> = Vec::new();
    for record in records.iter().filter(|record| !record.late) {
        if let Some(hash) = record.hash {
            votes.push((record.answered.unwrap_or_default(), record.number, hash));
        }
    }
    votes.sort_by_key(|(answered, ..)| *answered);
    for (answered, number, hash) in votes {
        tally.add(number, hash);
        if let Some(decision) = tally.decision(answered) {
            return decision;
        }
    }
    Decision::TimedOut(timed_out())
}

struct Group {
    hash: Digest,
    content: Content,
    /// Without late ones.
    replicas: usize,
}

/// The groups, largest first, in the order of a reject text.
fn groups(records: &[Replica]) -> Vec<Group> {
    let mut groups: BTreeMap<Digest, (Content, Vec<usize>)> = BTreeMap::new();
    for record in records {
        if let (Some(hash), Some(content)) = (record.hash, &record.content) {
            let (_, replicas) = groups.entry(hash).or_insert_with(|| (content.clone(), Vec::new()));
            if !record.late && !replicas.contains(&record.number) {
                replicas.push(record.number);
            }
        }
    }
    let group = |(hash, (content, replicas)): (Digest, (Content, Vec<usize>))| Group {
        hash,
        content,
        replicas: replicas.len(),
    };
    let mut groups: Vec<Group> = groups.into_iter().map(group).collect();
    groups.sort_by_key(|group| Reverse((group.replicas, group.hash)));
    groups
}
