//! What a canister is told that things cost.
//!
//! [`Published`] knows the fees of the Internet Computer. Whoever models prices elsewhere brings an implementation of
//! [`Prices`] along.

use std::fmt;

use candid::{CandidType, Reserved};
use serde::Deserialize;

/// What the `ic0.cost_*` functions answer, in cycles, on a subnet of `nodes`.
pub trait Prices: fmt::Debug + Send + Sync {
    /// `cost_call`: the most that a call takes, apart from the cycles attached to it.
    fn call(&self, nodes: u32, method_name_bytes: u64, payload_bytes: u64) -> u128;
    /// `cost_create_canister`.
    fn create_canister(&self, nodes: u32) -> u128;
    /// `cost_http_request`: price version 1.
    fn http_request(&self, nodes: u32, request_bytes: u64, max_response_bytes: u64) -> u128;
    /// `cost_http_request_v2`: price version 2.
    fn http_request_v2(&self, nodes: u32, usage: &HttpUsage) -> u128;
    /// `cost_sign_with_ecdsa`, `cost_sign_with_schnorr`, `cost_vetkd_derive_key`.
    fn signature(&self, nodes: u32, scheme: Scheme, algorithm: u32, key: &str) -> Result<u128, NoPrice>;
}

/// The argument of `cost_http_request_v2`.
#[derive(CandidType, Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct HttpUsage {
    /// Bytes of URL, headers, body, transform method and context.
    pub request_bytes: u64,
    /// Milliseconds until the response is there.
    pub http_roundtrip_time_ms: u64,
    /// Bytes of the response before the transform.
    pub raw_response_bytes: u64,
    /// Bytes of the response after the transform.
    pub transformed_response_bytes: u64,
    /// Instructions of the transform.
    pub transform_instructions: u64,
    /// Who sends; nothing means all.
    pub outcall_type: Option<HttpOutcall>,
}

/// Which nodes make an outcall.
#[derive(CandidType, Clone, Debug, Deserialize, PartialEq, Eq)]
pub enum HttpOutcall {
    /// All of them.
    #[serde(rename = "fully_replicated")]
    FullyReplicated(Reserved),
    /// One of them.
    #[serde(rename = "non_replicated")]
    NonReplicated(Reserved),
    /// A committee.
    #[serde(rename = "flexible")]
    Flexible(Option<Replication>),
}

/// The size of a committee.
#[derive(CandidType, Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Replication {
    /// Nodes that send.
    pub total_requests: u32,
    /// Responses that are needed.
    pub min_responses: u32,
    /// Responses that are delivered.
    pub max_responses: u32,
}

/// What a threshold key is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `sign_with_ecdsa`.
    Ecdsa,
    /// `sign_with_schnorr`.
    Schnorr,
    /// `vetkd_derive_key`.
    VetKd,
}

/// Why a signature has no price, with the codes of the interface specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPrice {
    /// Code 1.
    UnknownAlgorithm = 1,
    /// Code 2.
    UnknownKey = 2,
}

/// The fees of 2026.
#[derive(Clone, Copy, Debug, Default)]
pub struct Published;

/// Fees that are published for 13 nodes grow with the subnet.
fn scaled(fee_of_13: u128, nodes: u32) -> u128 {
    fee_of_13.saturating_mul(u128::from(nodes)) / 13
}

impl Prices for Published {
    /// Transmission of the call, and what is set aside for the response: its transmission (2 MiB) and execution (40e9
    /// instructions). Source: `rs/config/src/subnet_config.rs`.
    fn call(&self, nodes: u32, method_name_bytes: u64, payload_bytes: u64) -> u128 {
        let sent = 260_000 + 1_000 * (u128::from(method_name_bytes) + u128::from(payload_bytes));
        let response = 1_000 * (2 << 20) + 5_000_000 + 40_000_000_000;
        scaled(sent + response, nodes)
    }

    fn create_canister(&self, nodes: u32) -> u128 {
        scaled(500_000_000_000, nodes)
    }

    /// Source: `http_request_fee` in `rs/cycles_account_manager/src/cycles_account_manager.rs`.
    fn http_request(&self, nodes: u32, request_bytes: u64, max_response_bytes: u64) -> u128 {
        let n = u128::from(nodes);
        (3_000_000 + 60_000 * n + 400 * u128::from(request_bytes) + 800 * u128::from(max_response_bytes)) * n
    }

    /// Source: `rs/https_outcalls/pricing/src/fees.rs`.
    fn http_request_v2(&self, nodes: u32, usage: &HttpUsage) -> u128 {
        let n = u128::from(nodes.max(1));
        let request = 1_000_000 + 50 * u128::from(usage.request_bytes);
        let network =
            50 * u128::from(usage.raw_response_bytes) + 300 * u128::from(usage.http_roundtrip_time_ms);
        let instructions = u128::from(usage.transform_instructions) / 13;
        let transformed = u128::from(usage.transformed_response_bytes);
        let delivery = n * (10 * n + 600) * transformed.max(1_025);
        let few = |min: u128| (request + 90_000 * n + 2_000 * n * min + 100_000 * min) * n;
        let (base, senders, gossip, reserve) = match &usage.outcall_type {
            None | Some(HttpOutcall::FullyReplicated(_)) => {
                let agreeing = n - (n - 1) / 3;
                let base = (request + 140_000 * n + 800 * n * n) * n;
                (base, n, 0, delivery.div_ceil(agreeing) * n)
            }
            Some(HttpOutcall::NonReplicated(_)) => (few(1), 1, 50 * n * transformed, delivery),
            Some(HttpOutcall::Flexible(counts)) => {
                let (total, min, max) = counts.as_ref().map_or((n, 2 * n / 3 + 1, n), |counts| {
                    let Replication { total_requests, min_responses, max_responses } = *counts;
                    (total_requests.max(1).into(), min_responses.into(), max_responses.into())
                });
                (few(min), total, 50 * n * transformed, delivery.saturating_mul(max))
            }
        };
        let each = network + instructions + gossip + reserve.div_ceil(senders);
        base.saturating_add(senders.saturating_mul(each))
    }

    fn signature(&self, nodes: u32, scheme: Scheme, algorithm: u32, key: &str) -> Result<u128, NoPrice> {
        let algorithms = if scheme == Scheme::Schnorr { 0..=1 } else { 0..=0 };
        if !algorithms.contains(&algorithm) {
            return Err(NoPrice::UnknownAlgorithm);
        }
        match key {
            "key_1" | "test_key_1" | "dfx_test_key" => Ok(scaled(10_000_000_000, nodes)),
            _ => Err(NoPrice::UnknownKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage() -> HttpUsage {
        HttpUsage {
            request_bytes: 200,
            http_roundtrip_time_ms: 300,
            raw_response_bytes: 2_000,
            transformed_response_bytes: 2_000,
            transform_instructions: 1_000_000,
            outcall_type: None,
        }
    }

    #[test]
    fn the_quotes_of_version_2_are_the_published_ones() {
        assert_eq!(Published.http_request_v2(13, &usage()), 69_433_156);
        let largest = HttpUsage {
            http_roundtrip_time_ms: 60_000,
            raw_response_bytes: 4_000,
            transformed_response_bytes: 5_024,
            transform_instructions: 5_000_000_000,
            ..usage()
        };
        assert_eq!(Published.http_request_v2(13, &largest), 5_344_015_469);
    }

    #[test]
    fn the_quote_of_version_1_is_the_published_one() {
        assert_eq!(Published.http_request(13, 0, 2_000_000), 20_849_140_000);
    }

    #[test]
    fn no_argument_makes_a_price_overflow() {
        let most = HttpUsage {
            request_bytes: u64::MAX,
            http_roundtrip_time_ms: u64::MAX,
            raw_response_bytes: u64::MAX,
            transformed_response_bytes: u64::MAX,
            transform_instructions: u64::MAX,
            outcall_type: Some(HttpOutcall::Flexible(Some(Replication {
                total_requests: u32::MAX,
                min_responses: u32::MAX,
                max_responses: u32::MAX,
            }))),
        };
        assert!(Published.http_request_v2(40, &most) > 0);
        assert!(Published.call(40, u64::MAX, u64::MAX) > 0);
    }
}
