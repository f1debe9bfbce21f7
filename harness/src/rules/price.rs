//! What an outcall costs, in cycles.
//!
//! Version 2, pay-as-you-go, has three parts: a base fee up front, what each sending node uses, and the delivery of
//! the answer. A call must bring the [`quote`], which reserves for the most expensive end; what is not used is
//! refunded. Source: `rs/https_outcalls/pricing/src/fees.rs` of the `dfinity/ic` repository. Version 1 is a single
//! formula, deprecated, and still the default of the request's field `pricing_version`.

use std::time::Duration;

use crate::rules::consensus::threshold;

#[cfg(test)]
mod tests;

/// No subnet comes near this many nodes; larger counts are taken for this one, so that every sum fits.
const NODES_MAX: usize = 65_535;
/// `MAX_CANISTER_HTTP_REJECT_BYTES`: whatever was asked for, a reject of this size may be delivered instead.
const REJECT_BYTES_MAX: u64 = 1_025;
/// `FLEXIBLE_RESPONSE_SIZE_OVERHEAD`: what each response of a flexible outcall takes in a block beyond its bytes.
pub(super) const FLEXIBLE_RESPONSE_OVERHEAD_BYTES: u64 = 181;

/// Which nodes send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replication {
    /// All of them: the default.
    Full,
    /// One node that the subnet chooses (`is_replicated = opt false`).
    Single,
    /// A committee that answers one by one (`flexible_http_request`).
    Flexible {
        /// How many nodes send.
        total_requests: usize,
        /// How many responses the canister needs at least.
        min_responses: usize,
        /// How many it gets at most.
        max_responses: usize,
    },
}

impl Replication {
    /// The counts of a `flexible_http_request` that names none: floor(2n/3) + 1, n, n.
    pub const fn flexible_by_default(nodes: usize) -> Self {
        Self::Flexible { total_requests: nodes, min_responses: 2 * nodes / 3 + 1, max_responses: nodes }
    }

    /// How many of `nodes` send.
    pub const fn senders(self, nodes: usize) -> usize {
        match self {
            Replication::Full => nodes,
            Replication::Single => 1,
            Replication::Flexible { total_requests, .. } => total_requests,
        }
    }
}

/// What an outcall uses, or is expected to use, on every node that sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Names and values of the response's headers and its body, in bytes.
    pub raw_response_bytes: u64,
    /// From asking to having the response.
    pub roundtrip: Duration,
    /// Of the transform; 0 without one.
    pub transform_instructions: u64,
    /// The transform's reply or, without one, the Candid response, in bytes.
    pub transformed_bytes: u64,
}

impl Usage {
    /// What `HttpRequest` of `ic-cdk-management-canister` 0.3 expects when the canister says nothing: everything,
    /// up to the response's cap (2,000,000 without one).
    pub const fn by_default(max_response_bytes: Option<u64>, with_transform: bool) -> Self {
        let raw_response_bytes = match max_response_bytes {
            Some(bytes) => bytes,
            None => 2_000_000,
        };
        Self {
            raw_response_bytes,
            roundtrip: Duration::from_secs(60),
            transform_instructions: if with_transform { 5_000_000_000 } else { 0 },
            transformed_bytes: raw_response_bytes.saturating_add(1_024),
        }
    }
}

/// Version 1: `(3,000,000 + 60,000·n + 400·request + 800·max)·n`. Nothing of it comes back; the same if not
/// replicated.
///
/// `max_response_bytes` is the request's cap; without one it is 2,000,000.
pub fn version_1(nodes: usize, request_bytes: u64, max_response_bytes: Option<u64>) -> u128 {
    let n = wide(nodes);
    let cap = u128::from(max_response_bytes.unwrap_or(2_000_000));
    (3_000_000 + 60_000 * n + 400 * u128::from(request_bytes) + 800 * cap) * n
}

/// Version 2, the base fee: charged up front, never refunded once the call has been accepted.
///
/// Replicated `(1,000,000 + 50·request + 140,000·n + 800·n²)·n`; else
/// `(1,000,000 + 50·request + 90,000·n + 2,000·n·min + 100,000·min)·n`, where min is 1 for a single node.
pub fn base(nodes: usize, request_bytes: u64, replication: Replication) -> u128 {
    let n = wide(nodes);
    let per_node = match replication {
        Replication::Full => 140_000 * n + 800 * n * n,
        Replication::Single => gossiping_base(n, 1),
        Replication::Flexible { min_responses, .. } => gossiping_base(n, wide(min_responses)),
    };
    (1_000_000 + 50 * u128::from(request_bytes) + per_node) * n
}

/// Version 2, what one sending node is charged for what it used.
///
/// `50·downloaded + 300·milliseconds + instructions/13`, plus `50·n·transformed` where responses travel one by one.
pub fn per_node(nodes: usize, usage: &Usage, replication: Replication) -> u128 {
    network(usage.raw_response_bytes, usage.roundtrip)
        + transform(usage.transform_instructions)
        + gossip(nodes, usage.transformed_bytes, replication)
}

/// Its first part: 50 for each byte that was downloaded, 300 for each millisecond.
pub(super) fn network(downloaded_bytes: u64, roundtrip: Duration) -> u128 {
    50 * u128::from(downloaded_bytes) + 300 * roundtrip.as_millis()
}

/// Its second part: one for 13 instructions of the transform.
pub(super) fn transform(instructions: u64) -> u128 {
    u128::from(instructions) / 13
}

/// Its third part: what votes travel as, a hash or the whole.
pub(super) fn gossip(nodes: usize, transformed_bytes: u64, replication: Replication) -> u128 {
    match replication {
        Replication::Full => 0,
        Replication::Single | Replication::Flexible { .. } => {
            50 * wide(nodes) * u128::from(transformed_bytes)
        }
    }
}

/// Version 2, putting so many bytes into a block: `n·(10n + 600)` for each. It is 9,490 for n = 13.
pub fn delivery(nodes: usize, bytes: u64) -> u128 {
    let n = wide(nodes);
    n * (10 * n + 600) * u128::from(bytes)
}

/// Version 2, putting the responses of a flexible outcall into a block, those beyond the least number at a surcharge.
pub fn flexible_delivery(nodes: usize, responses_bytes: &[u64], min_responses: usize) -> u128 {
    let bytes = responses_bytes.iter().map(|bytes| bytes.saturating_add(FLEXIBLE_RESPONSE_OVERHEAD_BYTES));
    let delivered: u128 = bytes.map(|bytes| delivery(nodes, bytes)).sum();
    delivered + extra_responses(nodes, responses_bytes.len().saturating_sub(min_responses))
}

/// Version 2, what an outcall has cost in the end: base, what each contributing node used, one delivery.
///
/// `used` are the nodes whose shares made the agreement. For [`Replication::Flexible`] use [`flexible_delivery`]
/// instead of the delivery that is in here.
pub fn charged(
    nodes: usize,
    request_bytes: u64,
    replication: Replication,
    used: &[Usage],
    delivered_bytes: u64,
) -> u128 {
    let usage: u128 = used.iter().map(|usage| per_node(nodes, usage, replication)).sum();
    base(nodes, request_bytes, replication) + usage + delivery(nodes, delivered_bytes)
}

/// Version 2, what the call must bring (`ic0.cost_http_request_v2`).
///
/// Base, plus for every sending node its usage and an equal part of the reserve for delivery, rounded up. The reserve
/// of a replicated outcall is so large that n - f nodes can pay for the delivery alone; no response is reckoned
/// smaller than a reject may be.
pub fn quote(nodes: usize, request_bytes: u64, usage: &Usage, replication: Replication) -> u128 {
    let n = wide(nodes);
    let least = Usage { transformed_bytes: usage.transformed_bytes.max(REJECT_BYTES_MAX), ..*usage };
    let reserve = match replication {
        Replication::Full => {
            delivery(nodes, least.transformed_bytes).div_ceil(wide(threshold(nodes)).max(1)) * n
        }
        Replication::Single => delivery(nodes, least.transformed_bytes),
        Replication::Flexible { max_responses: 0, .. } => 0,
        Replication::Flexible { total_requests, min_responses, .. } => {
            let one =
                delivery(nodes, least.transformed_bytes.saturating_add(FLEXIBLE_RESPONSE_OVERHEAD_BYTES));
            one * wide(total_requests) + extra_responses(nodes, total_requests.saturating_sub(min_responses))
        }
    };
    let senders = wide(replication.senders(nodes));
    let share = reserve.div_ceil(senders.max(1));
    base(nodes, request_bytes, replication) + (per_node(nodes, &least, replication) + share) * senders
}

fn gossiping_base(n: u128, min_responses: u128) -> u128 {
    90_000 * n + 2_000 * n * min_responses + 100_000 * min_responses
}

fn extra_responses(nodes: usize, count: usize) -> u128 {
    let n = wide(nodes);
    (2_000 * n + 100_000) * n * wide(count)
}

fn wide(count: usize) -> u128 {
    count.min(NODES_MAX) as u128
}
