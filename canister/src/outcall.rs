//! One outcall: the request with its bounds and its cycles, and what can be known when it is over.

use candid::Principal;
use ic_cdk::{
    api::time,
    call::{Error, RejectCode},
};
use ic_cdk_management_canister::{
    FlexibleHttpRequest, FlexibleHttpRequestArgs, FlexibleHttpRequestResult, HttpMethod, HttpRequest,
    HttpRequestArgs, HttpRequestResult, ReplicationCounts, TransformContext, transform_context_from_query,
};

use crate::{
    config::Config,
    error::NotSent,
    identity,
    limits::{RESPONSE_BYTES_MAX, transform_instructions},
    reading::Cause,
    receipt,
};

/// The transform that leaves what a receipt needs.
const SIGNED: &str = "transform_signed";

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

/// Whose word an answer is believed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// That of two thirds of the subnet: every node asks.
    Replicas,
    /// The same and, where the configuration names the gateway's keys, its signature as well.
    Both,
    /// The gateway's signature: one node asks. It can withhold the answer, and cannot forge it.
    Receipt,
    /// The same of a few nodes, any of which is enough: a single one cannot even withhold it.
    AnyReceipt,
}

/// Whether the configuration allows it.
///
/// # Errors
/// When answers of single nodes cannot be verified.
pub fn may_trust(config: &Config, trust: Trust) -> Result<(), NotSent> {
    match (trust, &config.receipts) {
        (Trust::Replicas | Trust::Both, _) | (_, Some(_)) => Ok(()),
        (_, None) => Err(NotSent::NoReceiptKey),
    }
}

/// A GET under a key.
pub fn get(config: &Config, url: &str, key: String, response_bytes_max: u64) -> HttpRequest {
    request(config, url, key, response_bytes_max).with_method(HttpMethod::GET)
}

/// A POST of JSON under a key.
pub fn post(config: &Config, url: &str, body: &str, key: String, response_bytes_max: u64) -> HttpRequest {
    request(config, url, key, response_bytes_max)
        .with_method(HttpMethod::POST)
        .with_header("content-type", "application/json")
        .with_body(body.as_bytes().to_vec())
}

/// Every bound is said: what is left unset counts as its maximum, and holds thousands of millions of cycles.
fn request(config: &Config, url: &str, key: String, response_bytes_max: u64) -> HttpRequest {
    HttpRequest::new(url)
        .with_header("idempotency-key", key)
        .with_max_response_bytes(response_bytes_max)
        .with_transform(transform("transform"))
        .with_expected_raw_response_bytes(response_bytes_max)
        .with_expected_transformed_response_bytes(response_bytes_max)
        .with_expected_roundtrip_time_ms(config.roundtrip_ms_expected)
        .with_expected_transform_instructions(transform_instructions(response_bytes_max))
}

/// Sends it with the cycles of its quote, which are refunded but for what was used. Of a single node's answer nothing is
/// heard unless its receipt holds, and it was recorded within the configured age or `asked_for_s`, whichever is longer.
///
/// Nothing may wait between the moment the caller wrote down what it is about to do and this call: then both are
/// committed together.
pub async fn send(config: &Config, request: HttpRequest, trust: Trust, asked_for_s: u64) -> Heard {
    let Some(receipts) = config.receipts.as_ref().filter(|_| trust != Trust::Replicas) else {
        return match affordable(config, request.get_cost()) {
            Ok(()) => match request.send().await {
                Ok(answer) => heard(u16::try_from(answer.status.0).ok(), answer.body),
                Err(error) => failed(&error),
            },
            Err(dear) => Heard::Nothing(dear),
        };
    };
    let asked = request.args().clone();
    let answers = match trust {
        Trust::AnyReceipt => several(config, receipts.quorum_nodes, &asked).await,
        Trust::Receipt => signed(config, request.non_replicated()).await.map(|answer| vec![answer]),
        Trust::Both | Trust::Replicas => signed(config, request).await.map(|answer| vec![answer]),
    };
    let now_s = time() / 1_000_000_000;
    let age_s_max = receipts.age_s_max.max(asked_for_s);
    match answers {
        Ok(answers) => {
            let judge = |answer| receipt::judge(receipts, config.caller(), &asked, answer, age_s_max, now_s);
            first_believed(answers.into_iter().map(judge))
        }
        Err(heard) => heard,
    }
}

/// One answer as it came, with what its receipt needs.
pub(crate) async fn signed(config: &Config, request: HttpRequest) -> Result<HttpRequestResult, Heard> {
    let request = request.with_transform(transform(SIGNED));
    affordable(config, request.get_cost()).map_err(Heard::Nothing)?;
    request.send().await.map_err(|error| failed(&error))
}

/// Asks so many nodes. Half of them must be heard, so that no single one is waited for, nor all that is heard.
async fn several(
    config: &Config,
    nodes: u32,
    asked: &HttpRequestArgs,
) -> Result<Vec<HttpRequestResult>, Heard> {
    let bytes = asked.max_response_bytes.unwrap_or(RESPONSE_BYTES_MAX);
    let replication =
        ReplicationCounts { total_requests: nodes, min_responses: nodes.div_ceil(2), max_responses: nodes };
    let args = FlexibleHttpRequestArgs {
        url: asked.url.clone(),
        max_response_bytes: asked.max_response_bytes,
        method: asked.method,
        headers: asked.headers.clone(),
        body: asked.body.clone(),
        transform: Some(transform(SIGNED)),
        replication: Some(replication),
    };
    let request = FlexibleHttpRequest::from_args(args)
        .with_expected_raw_response_bytes(bytes)
        .with_expected_transformed_response_bytes(bytes)
        .with_expected_roundtrip_time_ms(config.roundtrip_ms_expected)
        .with_expected_transform_instructions(transform_instructions(bytes));
    affordable(config, request.get_cost()).map_err(Heard::Nothing)?;
    match request.send().await.map_err(|error| failed(&error))? {
        FlexibleHttpRequestResult::Ok(answers) => Ok(answers),
        FlexibleHttpRequestResult::Err(error) => Err(silence(error.message)),
    }
}

fn affordable(config: &Config, quote: u128) -> Result<(), NotSent> {
    let limit = config.cycles_per_outcall_max;
    if quote > limit { Err(NotSent::TooExpensive { quote, limit }) } else { Ok(()) }
}

/// The first answer that is one; otherwise why the last was not believed.
fn first_believed(judged: impl Iterator<Item = Heard>) -> Heard {
    let mut why = silence("Nobody answered.".into());
    for heard in judged {
        match heard {
            Heard::Answer { .. } => return heard,
            Heard::Silence(_) | Heard::Nothing(_) => why = heard,
        }
    }
    why
}

fn transform(method: &str) -> TransformContext {
    transform_context_from_query(method.to_owned(), Vec::new())
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
pub(crate) struct Longest {
    pub(crate) price: HttpRequest,
    pub(crate) order: HttpRequest,
    pub(crate) question: HttpRequest,
    pub(crate) poll: HttpRequest,
}

pub(crate) fn longest(config: &Config) -> Longest {
    use crate::{limits, order, question};
    let key = || "0".repeat(64);
    let pair = "P".repeat(limits::PAIR_BYTES_MAX);
    let caller = Principal::from_slice(&[0xff; Principal::MAX_LENGTH_IN_BYTES]);
    let order = order::Order {
        id: "\"".repeat(limits::ORDER_ID_BYTES_MAX),
        pair: pair.clone(),
        side: order::Side::Sell,
        amount_e8s: u64::MAX,
    };
    let order = order::body(&caller, &order);
    // JSON has no character of one byte that becomes longer than this one.
    let prompt = question::body(&"\u{1}".repeat(limits::PROMPT_BYTES_MAX));
    let (orders, questions) = (config.order_url(), config.llm_url());
    let (prices_max, orders_max) = (config.price_response_bytes_max, config.order_response_bytes_max);
    let questions_max = config.llm().response_bytes_max;
    let ticket = format!("{questions}/ticket/{}", key());
    let poll = get(config, &ticket, key(), questions_max);
    let poll = match config.receipts {
        Some(_) => poll.with_transform(transform(SIGNED)).non_replicated(),
        None => poll,
    };
    let of_quote = |request| identity::of_quote(config.identity.as_ref(), request);
    Longest {
        price: of_quote(get(config, &config.price_url(&pair), key(), prices_max)),
        order: of_quote(post(config, &orders, &order, key(), orders_max)),
        question: of_quote(post(config, &questions, &prompt, key(), questions_max)),
        poll: of_quote(poll),
    }
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
