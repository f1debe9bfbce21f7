//! What an outcall at price version 2 may spend, and what becomes of one that was given too little.
//!
//! What a call brings beyond the base fee is split among the nodes that send ([`allowance`]). Each pays what it uses out
//! of its own part, and votes for a reject once that is used up ([`Budget`]). What the nodes leave unspent pays for the
//! delivery of what they agree on ([`is_paid`]); when that can never be paid any more, the outcall is [`out_of_cycles`],
//! although its requests were sent.
//!
//! Source: `rs/https_outcalls/pricing/src/payg.rs` and `fees.rs`, `rs/https_outcalls/client/src/client.rs`,
//! `rs/https_outcalls/consensus/src/payload_builder.rs` and `payload_builder/utils.rs` of the `dfinity/ic` repository.
//! A replica also stops reading a response that its part does not pay for; here it reads on, and votes the same.

use std::time::Duration;

use crate::{
    outcall::{Reject, RejectCode},
    rules::price::{self, Replication, Usage},
};

#[cfg(test)]
mod tests;

/// Each sending node's part of what a call brings: what is there beyond the base fee, but no more than the outcall could
/// ever use, divided among the senders.
pub fn allowance(
    nodes: usize,
    request_bytes: u64,
    max_response_bytes: Option<u64>,
    replication: Replication,
    attached: u128,
) -> u128 {
    let base = price::base(nodes, request_bytes, replication);
    let dearest = Usage::by_default(max_response_bytes, true);
    let most = price::quote(nodes, request_bytes, &dearest, replication) - base;
    attached.saturating_sub(base).min(most) / replication.senders(nodes).max(1) as u128
}

/// What one node may spend on an outcall, and what it has spent.
#[derive(Clone, Debug)]
pub struct Budget {
    nodes: usize,
    replication: Replication,
    allowance: u128,
    spent: u128,
}

impl Budget {
    /// Nothing is spent yet.
    pub fn new(nodes: usize, replication: Replication, allowance: u128) -> Self {
        Self { nodes, replication, allowance, spent: 0 }
    }

    /// Pays for downloading so much in so long.
    ///
    /// # Errors
    /// The reject that the node votes for, when that was more than it may spend; so for the other charges.
    pub fn charge_network(&mut self, downloaded_bytes: u64, roundtrip: Duration) -> Result<(), Reject> {
        self.charge(price::network(downloaded_bytes, roundtrip))
    }

    /// Pays for the transform.
    ///
    /// # Errors
    /// See [`Budget::charge_network`].
    pub fn charge_transform(&mut self, instructions: u64) -> Result<(), Reject> {
        self.charge(price::transform(instructions))
    }

    /// Pays for sending the response, or the reject, to all others, where the node has to.
    ///
    /// # Errors
    /// See [`Budget::charge_network`].
    pub fn charge_gossip(&mut self, bytes: u64) -> Result<(), Reject> {
        self.charge(price::gossip(self.nodes, bytes, self.replication))
    }

    /// What it reports to have spent: never more than it may.
    pub fn spent(&self) -> u128 {
        self.spent.min(self.allowance)
    }

    fn charge(&mut self, cycles: u128) -> Result<(), Reject> {
        self.spent = self.spent.saturating_add(cycles);
        if self.spent <= self.allowance {
            return Ok(());
        }
        Err(Reject::new(RejectCode::CanisterReject, "Insufficient cycles"))
    }
}

/// Whether nodes that voted for the same, and have spent this, can pay for delivering so many bytes.
pub fn is_paid(nodes: usize, allowance: u128, spent: &[u128], bytes: u64) -> bool {
    let due = spent.iter().sum::<u128>() + price::delivery(nodes, bytes);
    due <= allowance * spent.len() as u128
}

/// The reject of an outcall that can pay for none of the results that it can still have, or `None` while it can.
///
/// `groups` are the votes that have come, by what was voted for, each with its size in bytes; `spent` is what each node
/// that voted has spent; `threshold` of `senders` equal votes make a result. The code is that of the replica's source.
/// The documentation of `pocket-ic` 16.1 says `SysTransient`.
pub fn out_of_cycles(
    nodes: usize,
    allowance: u128,
    (threshold, senders): (usize, usize),
    groups: &[(usize, u64)],
    spent: &[u128],
) -> Option<Reject> {
    let unseen = senders.saturating_sub(spent.len());
    // What nobody has voted for yet may still come from the others, and may be empty.
    let possible = groups.iter().chain(&[(0, 0)]).filter(|(votes, _)| votes + unseen >= threshold);
    let least = possible.map(|(_, bytes)| price::delivery(nodes, *bytes)).min()?;
    let shortage = Shortage::of(allowance * senders as u128, spent, least)?;
    Some(Reject::new(RejectCode::CanisterReject, shortage.to_string()))
}

/// What is left of the attached cycles does not pay for anything that could be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Out of cycles: {reported} of the assigned replicas reported a collective spend of {spent} cycles, leaving {left} \
     cycles of the attached payment (after base fee deduction). Delivering a response would cost at least {least} cycles."
)]
pub struct Shortage {
    /// How many nodes said what they had spent.
    pub reported: usize,
    /// All of that.
    pub spent: u128,
    /// What is left.
    pub left: u128,
    /// What the cheapest delivery would cost.
    pub least: u128,
}

impl Shortage {
    /// The shortage, if there is one, of a pot out of which these have spent.
    pub(super) fn of(pot: u128, spent: &[u128], least: u128) -> Option<Self> {
        let (reported, spent) = (spent.len(), spent.iter().sum());
        let left = pot.saturating_sub(spent);
        (left < least).then_some(Self { reported, spent, left, least })
    }
}
