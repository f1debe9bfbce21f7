//! One outcall: the request with its bounds and its cycles, and what can be known when it is over.

use candid::Principal;
use ic_cdk::call::{Error, RejectCode};
use ic_cdk_management_canister::{HttpMethod, HttpRequest, transform_context_from_query};

use crate::{config::Config, error::NotSent, limits::transform_instructions, reading::Cause};

/// What came of an outcall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The replicas agreed on this answer.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body, without headers.
        body: Vec<u8>,
    },
    /// It never left this canister.
    Nothing(NotSent),
    /// It left, and no answer came back: the request may have been executed.
    Silence(Cause),
}

/// A GET under a key.
pub fn get(config: &Config, url: &str, key: String) -> HttpRequest {
    request(config, url, key, config.price_response_bytes_max).with_method(HttpMethod::GET)
}

/// A POST of JSON under a key.
pub fn post(config: &Config, url: &str, body: &str, key: String) -> HttpRequest {
    request(config, url, key, config.order_response_bytes_max)
        .with_method(HttpMethod::POST)
        .with_header("content-type", "application/json")
        .with_body(body.as_bytes().to_vec())
}

/// Every bound is said: what is left unset counts as its maximum, and holds thousands of millions of cycles.
fn request(config: &Config, url: &str, key: String, response_bytes_max: u64) -> HttpRequest {
    HttpRequest::new(url)
        .with_header("idempotency-key", key)
        .with_max_response_bytes(response_bytes_max)
        .with_transform(transform_context_from_query("transform".to_owned(), Vec::new()))
        .with_expected_raw_response_bytes(response_bytes_max)
        .with_expected_transformed_response_bytes(response_bytes_max)
        .with_expected_roundtrip_time_ms(config.roundtrip_ms_expected)
        .with_expected_transform_instructions(transform_instructions(response_bytes_max))
}

/// Sends it with the cycles of its quote, which are refunded but for what was used.
///
/// Nothing may wait between the moment the caller wrote down what it is about to do and this call: then both are
/// committed together.
pub async fn send(config: &Config, request: HttpRequest) -> Heard {
    let (quote, limit) = (request.get_cost(), config.cycles_per_outcall_max);
    if quote > limit {
        return Heard::Nothing(NotSent::TooExpensive { quote, limit });
    }
    match request.send().await {
        Ok(answer) => heard(u16::try_from(answer.status.0).ok(), answer.body),
        Err(error) => failed(&error),
    }
}

fn heard(status: Option<u16>, body: Vec<u8>) -> Heard {
    match status {
        Some(status) => Heard::Answer { status, body },
        None => silence("The answer has no HTTP status.".into()),
    }
}

/// Reads a failure. `CallErrorExt::is_clean_reject` must not be asked here: it takes SysFatal and SysTransient for
/// proof that nothing happened, and an outcall is rejected with these after its request was sent: replicas that
/// disagree, an answer that is too large, a timeout.
fn failed(error: &Error) -> Heard {
    match error {
        Error::InsufficientLiquidCycleBalance(low) => {
            Heard::Nothing(NotSent::CyclesLow { available: low.available, required: low.required })
        }
        Error::CallPerformFailed(_) => Heard::Nothing(NotSent::QueueFull),
        Error::CallRejected(rejected) => {
            let code = match rejected.reject_code() {
                Ok(RejectCode::SysFatal) => "SysFatal",
                Ok(RejectCode::SysTransient) => "SysTransient",
                Ok(RejectCode::DestinationInvalid) => "DestinationInvalid",
                Ok(RejectCode::CanisterReject) => "CanisterReject",
                Ok(RejectCode::CanisterError) => "CanisterError",
                Ok(RejectCode::SysUnknown) => "SysUnknown",
                Err(_) => "Unrecognized",
            };
            silence(format!("{code}: {}", rejected.reject_message()))
        }
        Error::CandidDecodeFailed(error) => silence(error.to_string()),
    }
}

fn silence(detail: String) -> Heard {
    Heard::Silence(Cause { kind: "reject".into(), detail })
}

/// The longest form of what this canister sends, for quotes.
pub(crate) fn longest(config: &Config) -> (HttpRequest, HttpRequest) {
    use crate::{limits, order};
    let key = || "0".repeat(64);
    let pair = "P".repeat(limits::PAIR_BYTES_MAX);
    let caller = Principal::from_slice(&[0xff; Principal::MAX_LENGTH_IN_BYTES]);
    let order = order::Order {
        id: "\"".repeat(limits::ORDER_ID_BYTES_MAX),
        pair: pair.clone(),
        side: order::Side::Sell,
        amount_e8s: u64::MAX,
    };
    let body = order::body(&caller, &order);
    (get(config, &config.price_url(&pair), key()), post(config, &config.order_url(), &body, key()))
}

#[cfg(test)]
mod tests {
    use ic_cdk::call::CallRejected;

    use super::*;

    #[test]
    fn every_reject_leaves_open_whether_the_request_was_executed() {
        let texts = [
            (1, "Timeout expired", "SysFatal: Timeout expired"),
            (2, "No consensus could be reached.", "SysTransient: No consensus could be reached."),
            (3, "gone", "DestinationInvalid: gone"),
            (4, "no", "CanisterReject: no"),
            (5, "trapped", "CanisterError: trapped"),
            (6, "late", "SysUnknown: late"),
            (99, "new", "Unrecognized: new"),
        ];
        for (code, message, detail) in texts {
            let rejected = CallRejected::with_rejection(code, message.into());
            let cause = Cause { kind: "reject".into(), detail: detail.into() };
            assert_eq!(failed(&rejected.into()), Heard::Silence(cause));
        }
    }

    #[test]
    fn only_a_call_that_was_not_made_sent_nothing() {
        let low = ic_cdk::call::InsufficientLiquidCycleBalance { available: 1, required: 2 };
        let nothing = NotSent::CyclesLow { available: 1, required: 2 };
        assert_eq!(failed(&low.into()), Heard::Nothing(nothing));
        assert_eq!(failed(&ic_cdk::call::CallPerformFailed.into()), Heard::Nothing(NotSent::QueueFull));
    }

    #[test]
    fn an_answer_without_a_status_is_no_answer() {
        assert!(matches!(heard(None, Vec::new()), Heard::Silence(_)));
        assert_eq!(heard(Some(200), Vec::new()), Heard::Answer { status: 200, body: Vec::new() });
    }
}
