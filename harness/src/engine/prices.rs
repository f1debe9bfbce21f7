//! What a canister is told that things cost.
//!
//! [`Published`] knows the fees of the Internet Computer; those of outcalls are the ones that [`crate::rules::price`]
//! charges. Whoever models prices elsewhere brings an implementation of [`Prices`] along.

use std::{fmt, time::Duration};

use candid::{CandidType, Reserved};
use serde::Deserialize;

use crate::rules::price::{self, Usage};

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

impl HttpUsage {
    /// What every node that sends is expected to use.
    fn expected(&self) -> Usage {
        Usage {
            raw_response_bytes: self.raw_response_bytes,
            roundtrip: Duration::from_millis(self.http_roundtrip_time_ms),
            transform_instructions: self.transform_instructions,
            transformed_bytes: self.transformed_response_bytes,
        }
    }
}

/// Who sends, on a subnet of so many nodes.
fn replication(nodes: usize, outcall: Option<&HttpOutcall>) -> price::Replication {
    match outcall {
        None | Some(HttpOutcall::FullyReplicated(_)) => price::Replication::Full,
        Some(HttpOutcall::NonReplicated(_)) => price::Replication::Single,
        Some(HttpOutcall::Flexible(None)) => price::Replication::flexible_by_default(nodes),
        Some(HttpOutcall::Flexible(Some(counts))) => price::Replication::Flexible {
            total_requests: counts.total_requests as usize,
            min_responses: counts.min_responses as usize,
            max_responses: counts.max_responses as usize,
        },
    }
}

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

    fn http_request(&self, nodes: u32, request_bytes: u64, max_response_bytes: u64) -> u128 {
        price::version_1(nodes as usize, request_bytes, Some(max_response_bytes))
    }

    fn http_request_v2(&self, nodes: u32, usage: &HttpUsage) -> u128 {
        let replication = replication(nodes as usize, usage.outcall_type.as_ref());
        price::quote(nodes as usize, usage.request_bytes, &usage.expected(), replication)
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

    /// By hand, for a committee of 4 on 13 nodes of which 2 must answer and 3 may. The base fee is 13 times the sum of
    /// 1,000,000, 50·200, 90,000·13, 2,000·13·2 and 100,000·2. Each of the 4 brings 50·2,000, 300·300, 1,000,000/13,
    /// 50·13·2,000, and a quarter of the sum of 9,490·4·(181 + 2,000) and 13·(2,000·13 + 100,000)·2.
    #[test]
    fn a_committee_is_reckoned_with_everybody_in_it() {
        let counts = Replication { total_requests: 4, min_responses: 2, max_responses: 3 };
        let of = |counts| {
            let outcall_type = Some(HttpOutcall::Flexible(counts));
            Published.http_request_v2(13, &HttpUsage { outcall_type, ..usage() })
        };
        let (base, delivery) = (31_616_000, (82_790_760 + 3_276_000) / 4);
        assert_eq!(of(Some(counts)), base + 4 * (100_000 + 90_000 + 76_923 + 1_300_000 + delivery));
        let all = Replication { total_requests: 13, min_responses: 9, max_responses: 13 };
        assert_eq!(of(None), of(Some(all)));
        assert!(of(None) > Published.http_request_v2(13, &usage()));
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
