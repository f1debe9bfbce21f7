//! What the subnet makes of the votes, and whether they can pay for it.

use std::collections::BTreeMap;

use super::http_request::Asked;
use crate::{
    outcall::{Content, Reject},
    replica::Replica,
    rules::{
        budget::{is_paid, out_of_cycles},
        consensus::{threshold, timed_out},
        flexible::Failure,
        price,
    },
    verdict::{Verdict, gather, judge},
};

/// A verdict, and the cycles for delivering what it delivers.
pub(super) struct Decided {
    pub(super) verdict: Verdict,
    pub(super) delivery: u128,
}

impl Decided {
    pub(super) fn is_out_of_time(&self) -> bool {
        matches!(self.verdict, Verdict::TimedOut { .. } | Verdict::Failed { failure: Failure::Timeout, .. })
    }
}

/// Judges the votes of an outcall: as one on which nodes agree, or as one to which each answers for itself.
pub(super) fn decide(asked: &Asked, nodes: usize, replicas: &mut [Replica]) -> Decided {
    match asked.committee(nodes) {
        Some(committee) => {
            let verdict = gather(&committee, asked.id, replicas);
            let delivery = match &verdict {
                Verdict::Failed { failure: Failure::TooManyRejects { rejects }, .. } => {
                    committee.delivery(&sizes(rejects, replicas))
                }
                Verdict::Gathered { numbers, .. } => committee.delivery(&sizes(numbers, replicas)),
                _ => 0,
            };
            Decided { verdict, delivery }
        }
        None => {
            let verdict = judge(asked.voters(nodes), asked.id, replicas);
            match asked.allowance(nodes) {
                Some(allowance) => paid(asked, nodes, allowance, verdict, replicas),
                None => Decided { verdict, delivery: 0 },
            }
        }
    }
}

/// One record for each node that has a vote in time: its first.
pub(super) fn voters(replicas: &[Replica]) -> impl Iterator<Item = &Replica> {
    let voted = |record: &Replica| !record.late && record.content.is_some();
    replicas
        .iter()
        .enumerate()
        .filter(move |(index, record)| {
            let before = &replicas[..*index];
            voted(record) && !before.iter().any(|other| other.number == record.number && voted(other))
        })
        .map(|(_, record)| record)
}

/// What is agreed on is delivered when those that agree can pay for it. What will never be paid ends the outcall; what
/// others, who stayed away, could still have paid runs out of time.
fn paid(asked: &Asked, nodes: usize, allowance: u128, verdict: Verdict, replicas: &[Replica]) -> Decided {
    let nothing = |verdict| Decided { verdict, delivery: 0 };
    let bytes = match &verdict {
        Verdict::Agreed { reply, .. } => Some(reply.len() as u64),
        Verdict::Rejected { reject, .. } => Some(Content::Reject(reject.clone()).bytes()),
        Verdict::TimedOut { .. } => None,
        Verdict::Diverged { .. }
        | Verdict::Gathered { .. }
        | Verdict::Failed { .. }
        | Verdict::HandedOver { .. } => {
            return nothing(verdict);
        }
    };
    if let Some(bytes) = bytes {
        let agreeing = voters(replicas).filter(|record| record.group == Some(0));
        let spent: Vec<u128> = agreeing.map(|record| record.spent).collect();
        if is_paid(nodes, allowance, &spent, bytes) {
            return Decided { verdict, delivery: price::delivery(nodes, bytes) };
        }
    }
    match shortage(asked, nodes, allowance, replicas) {
        Some((replicas, reject)) => nothing(Verdict::Rejected { replicas, reject }),
        None if bytes.is_some() => nothing(Verdict::TimedOut { reject: timed_out(), difference: None }),
        None => nothing(verdict),
    }
}

fn shortage(asked: &Asked, nodes: usize, allowance: u128, replicas: &[Replica]) -> Option<(usize, Reject)> {
    let mut groups: BTreeMap<_, (usize, u64)> = BTreeMap::new();
    for record in voters(replicas) {
        if let (Some(group), Some(content)) = (record.group, &record.content) {
            groups.entry(group).or_insert((0, content.bytes())).0 += 1;
        }
    }
    let spent: Vec<u128> = voters(replicas).map(|record| record.spent).collect();
    let senders = asked.voters(nodes);
    let groups: Vec<(usize, u64)> = groups.into_values().collect();
    let reject = out_of_cycles(nodes, allowance, (threshold(senders), senders), &groups, &spent)?;
    Some((spent.len(), reject))
}

/// What these nodes voted for, in bytes.
fn sizes(numbers: &[usize], replicas: &[Replica]) -> Vec<u64> {
    let content = |number| voters(replicas).find(|record| record.number == number)?.content.as_ref();
    numbers.iter().filter_map(|number| Some(content(*number)?.bytes())).collect()
}
