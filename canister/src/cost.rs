//! What an outcall costs at most, with the numbers that went into the quote.

use candid::CandidType;
use ic_cdk_management_canister::HttpRequest;
use serde::Deserialize;

use crate::{
    config::Config,
    limits::transform_instructions,
    outcall::{self, Longest},
};

/// The quotes for the longest requests that the endpoints make.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    /// One outcall of `get_price`.
    pub price: Cost,
    /// One outcall of `place_order`.
    pub order: Cost,
    /// The POST of `ask_llm`.
    pub question: Cost,
    /// One look for its answer, by one node where answers are signed.
    pub poll: Cost,
}

/// The quote for one outcall.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Cycles that are attached; what is not used comes back.
    pub cycles: u128,
    /// Cycles beyond which the outcall is not made.
    pub cycles_max: u128,
    /// Bytes of URL, headers, body, transform name and context.
    pub request_bytes: u64,
    /// Bytes of the answer at most, headers included; and of what the transform makes of it.
    pub response_bytes_max: u64,
    /// Milliseconds of waiting that are reserved.
    pub roundtrip_ms: u64,
    /// Instructions of the transform that are reserved.
    pub transform_instructions: u64,
}

/// Asks the system for the quotes.
pub fn costs(config: &Config) -> Costs {
    let Longest { price, order, question, poll } = outcall::longest(config);
    Costs {
        price: cost(config, &price),
        order: cost(config, &order),
        question: cost(config, &question),
        poll: cost(config, &poll),
    }
}

fn cost(config: &Config, request: &HttpRequest) -> Cost {
    let args = request.args();
    let headers: usize = args.headers.iter().map(|header| header.name.len() + header.value.len()).sum();
    let body = args.body.as_ref().map_or(0, Vec::len);
    let transform = args
        .transform
        .as_ref()
        .map_or(0, |transform| transform.function.0.method.len() + transform.context.len());
    let response_bytes_max = args.max_response_bytes.unwrap_or(crate::limits::RESPONSE_BYTES_MAX);
    Cost {
        cycles: request.get_cost(),
        cycles_max: config.cycles_per_outcall_max,
        request_bytes: (args.url.len() + headers + body + transform) as u64,
        response_bytes_max,
        roundtrip_ms: config.roundtrip_ms_expected,
        transform_instructions: transform_instructions(response_bytes_max),
    }
}
