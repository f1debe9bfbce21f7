//! When a flexible outcall is answered, and with what.
//!
//! Nobody has to agree on anything: a [`Committee`] of nodes asks, and the canister gets their responses one by one, at
//! least and at most so many as it wanted. Where that cannot be, it gets a [`Failure`], as a reply, never as a reject.
//!
//! The smallest responses are taken first, as many as are wanted, fit into a block and are paid for by what the nodes
//! leave unspent. Source: `find_flexible_result` in `rs/https_outcalls/consensus/src/payload_builder/utils.rs` and
//! `flexible_error_into_consensus_response` in `payload_builder.rs` of the `dfinity/ic` repository.
//!
//! A replica's block maker decides as soon as it can, with the shares that it happens to have. Here it has those of
//! everybody who is not late: who is to be missed is said by the schedule, not by the machine's mood.

use std::collections::BTreeSet;

use crate::rules::{budget::Shortage, price};

#[cfg(test)]
mod tests;

/// What a block has room for, in bytes (`MAX_CANISTER_HTTP_PAYLOAD_SIZE`).
pub const BLOCK_BYTES_MAX: u64 = 2 << 20;

/// Who asks, and what is wanted of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committee {
    /// Nodes of the subnet.
    pub nodes: usize,
    /// Nodes that send.
    pub total_requests: usize,
    /// Responses that are needed.
    pub min_responses: usize,
    /// Responses that are delivered at most.
    pub max_responses: usize,
    /// What each of those that send may spend.
    pub allowance: u128,
}

/// What one node of the committee has to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// Bytes of its transformed response, or of its reject.
    pub bytes: u64,
    /// What it has spent.
    pub spent: u128,
    /// Which node.
    pub number: usize,
    /// Whether it is a reject.
    pub is_reject: bool,
}

/// What becomes of the outcall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The canister gets the responses of these nodes, in this order.
    Delivered(Vec<usize>),
    /// It gets this error.
    Failed(Failure),
}

/// Why a flexible outcall has no responses. Printed as the replica words it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Too few have answered within 60 s.
    #[error("Flexible HTTP request timed out")]
    Timeout,
    /// So many nodes failed that the others are too few.
    #[error("Too many rejects: {} responses are rejects", .rejects.len())]
    TooManyRejects {
        /// Those whose rejects are delivered, in this order.
        rejects: Vec<usize>,
    },
    /// The responses that are needed do not fit into a block.
    #[error(
        "Responses too large: need at least {min_responses} OK responses to fit within {BLOCK_BYTES_MAX} bytes, but even \
         the smallest {} (= {min_responses} min_responses - {unseen} unseen) of {ok} OK responses have sizes {smallest:?} \
         bytes ({ok} ok + {rejects} reject + {unseen} unseen = {} total_requests)", .smallest.len(), ok + rejects + unseen
    )]
    ResponsesTooLarge {
        /// Responses that are needed.
        min_responses: usize,
        /// The sizes of the smallest that would have to be delivered, in bytes.
        smallest: Vec<u64>,
        /// Nodes with a response.
        ok: usize,
        /// Nodes with a reject.
        rejects: usize,
        /// Nodes of which nothing is known.
        unseen: usize,
    },
    /// What is left pays for no delivery that is still possible.
    #[error(transparent)]
    OutOfCycles(#[from] Shortage),
}

impl Committee {
    /// Decides, with at most one share for each node; whoever is not there stays away for ever.
    pub fn decision(&self, shares: &[Share]) -> Decision {
        let (mut rejects, mut responses): (Vec<Share>, Vec<Share>) =
            shares.iter().copied().partition(|share| share.is_reject);
        responses.sort_unstable();
        rejects.sort_unstable();
        if shares.is_empty() {
            return Decision::Failed(Failure::Timeout);
        }
        let needed_rejects = (self.total_requests + 1).saturating_sub(self.min_responses);
        if responses.len() >= self.min_responses {
            if let Some(selected) = self.selected(&responses, self.min_responses..=self.max_responses, shares)
            {
                return Decision::Delivered(selected);
            }
        } else if rejects.len() >= needed_rejects
            && let Some(rejects) = self.selected(&rejects, needed_rejects..=rejects.len(), shares)
        {
            return Decision::Failed(Failure::TooManyRejects { rejects });
        }
        let failure = self.too_large(&responses, rejects.len());
        let failure = failure.or_else(|| self.shortage(&responses, &rejects).map(Failure::OutOfCycles));
        Decision::Failed(failure.unwrap_or(Failure::Timeout))
    }

    /// What delivering responses, or rejects, of these sizes costs.
    pub fn delivery(&self, bytes: &[u64]) -> u128 {
        price::flexible_delivery(self.nodes, bytes, self.min_responses)
    }

    /// As many of the smallest as fit and are paid for; the candidates come smallest first.
    fn selected(
        &self,
        candidates: &[Share],
        counts: std::ops::RangeInclusive<usize>,
        all: &[Share],
    ) -> Option<Vec<usize>> {
        let most = (*counts.end()).min(candidates.len());
        (*counts.start()..=most).rev().find_map(|count| {
            let selected = &candidates[..count];
            let fit = selected.iter().map(in_block).sum::<u64>() < BLOCK_BYTES_MAX;
            (fit && self.is_funded(selected, all))
                .then(|| selected.iter().map(|share| share.number).collect())
        })
    }

    /// Whether those that are delivered can pay for it, with as many of the others as have to help them.
    fn is_funded(&self, selected: &[Share], all: &[Share]) -> bool {
        let sizes: Vec<u64> = selected.iter().map(|share| share.bytes).collect();
        let paying: BTreeSet<usize> = selected.iter().map(|share| share.number).collect();
        let mut spent = selected.iter().map(|share| share.spent).sum::<u128>() + self.delivery(&sizes);
        let mut helpers: Vec<Share> =
            all.iter().copied().filter(|share| !paying.contains(&share.number)).collect();
        helpers.sort_unstable_by_key(|share| share.spent);
        let mut there = self.allowance * selected.len() as u128;
        let mut helpers = helpers.into_iter();
        while spent > there {
            let Some(helper) = helpers.next() else { return false };
            spent += helper.spent;
            there += self.allowance;
        }
        true
    }

    /// Whether even the smallest responses that are needed are more than a block has room for. Those that are not there
    /// might still be small.
    fn too_large(&self, responses: &[Share], rejects: usize) -> Option<Failure> {
        let unseen = self.total_requests.saturating_sub(responses.len() + rejects);
        let needed = responses.get(..self.min_responses.saturating_sub(unseen))?;
        (needed.iter().map(in_block).sum::<u64>() > BLOCK_BYTES_MAX).then(|| Failure::ResponsesTooLarge {
            min_responses: self.min_responses,
            smallest: needed.iter().map(|share| share.bytes).collect(),
            ok: responses.len(),
            rejects,
            unseen,
        })
    }

    /// Whether nothing that is still possible can be paid for.
    fn shortage(&self, responses: &[Share], rejects: &[Share]) -> Option<Shortage> {
        let unseen = self.total_requests.saturating_sub(responses.len() + rejects.len());
        let cheapest = |shares: &[Share], needed: usize| {
            let seen = needed.saturating_sub(unseen);
            let mut sizes: Vec<u64> = shares.get(..seen)?.iter().map(|share| share.bytes).collect();
            // Whoever has not been seen yet may have something empty.
            sizes.resize(needed, 0);
            Some(self.delivery(&sizes))
        };
        let needed_rejects = (self.total_requests + 1).saturating_sub(self.min_responses);
        let possible = [cheapest(responses, self.min_responses), cheapest(rejects, needed_rejects)];
        let least = possible.into_iter().flatten().min()?;
        let spent: Vec<u128> = responses.iter().chain(rejects).map(|share| share.spent).collect();
        Shortage::of(self.allowance * self.total_requests as u128, &spent, least)
    }
}

/// What a share takes in a block, nearly.
fn in_block(share: &Share) -> u64 {
    share.bytes.saturating_add(price::FLEXIBLE_RESPONSE_OVERHEAD_BYTES)
}
