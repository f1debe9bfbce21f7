//! What an outcall costs, by price version 2, as it is and with what is proposed.

use crate::{
    outcall::Content,
    replica::Replica,
    rules::price::{self, Replication, Usage},
    verdict::Verdict,
};

/// Sizes and cycles of one way to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Names and values of headers and the body that each replica downloads, in bytes: the least and the most.
    pub downloaded_bytes: (u64, u64),
    /// What is put into a block, in bytes: the agreed answer in Candid, or the agreed reject; 0 where nothing is agreed.
    pub delivered_bytes: u64,
    /// Cycles that are charged in the end. The instructions of a transform are not in it.
    pub cycles: u128,
}

impl Cost {
    /// What this outcall costs on a subnet of `nodes`, with a request of so many bytes.
    pub(super) fn of(nodes: usize, request_bytes: u64, verdict: &Verdict, replicas: &[Replica]) -> Self {
        let delivered_bytes = match verdict {
            Verdict::Agreed { reply, .. }
            | Verdict::Gathered { reply, .. }
            | Verdict::Failed { reply, .. } => reply.len() as u64,
            Verdict::Rejected { reject, .. } => Content::Reject(reject.clone()).bytes(),
            Verdict::Diverged { .. } | Verdict::TimedOut { .. } | Verdict::HandedOver { .. } => 0,
        };
        // Of an outcall whose time ran out the nodes' reports are not read.
        let has_part = |_: &&Replica| !matches!(verdict, Verdict::TimedOut { .. });
        let used: Vec<Usage> = replicas.iter().filter(has_part).filter_map(Replica::usage).collect();
        let downloaded = || replicas.iter().map(|record| record.downloaded_bytes);
        Self {
            downloaded_bytes: (downloaded().min().unwrap_or(0), downloaded().max().unwrap_or(0)),
            delivered_bytes,
            cycles: price::charged(nodes, request_bytes, Replication::Full, &used, delivered_bytes),
        }
    }
}
