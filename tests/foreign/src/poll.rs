//! Answers on which nobody has to agree: several observers, each with its own reading, or one alone that is believed.
//!
//! Here, unlike in `http`, the management canister's library does the talking, and the price is pay-as-you-go.

use ic_cdk::call::Error;
use ic_cdk_management_canister::{
    FlexibleHttpRequest, FlexibleHttpRequestResult, HttpMethod, HttpRequest, ReplicationCounts,
    TransformContext, transform_context_from_query,
};

use crate::http::Refusal;

/// Bytes of an answer's headers and body.
const ANSWER_BYTES_MAX: u64 = 2_000;
/// Milliseconds, and instructions of `tidy`, that an answer ever took.
const ROUNDTRIP_MS: u64 = 5_000;
const TIDYING_INSTRUCTIONS: u64 = 50_000_000;

/// What each of the observers says: of so many, at least and at most so many. An error is why there are too few.
pub(crate) async fn observers(
    url: String,
    (total_requests, min_responses, max_responses): (u32, u32, u32),
) -> Result<Vec<String>, Refusal> {
    let asked = FlexibleHttpRequest::new(url)
        .with_replication(ReplicationCounts { min_responses, max_responses, total_requests })
        .with_max_response_bytes(ANSWER_BYTES_MAX)
        .with_transform(tidy())
        .with_expected_roundtrip_time_ms(ROUNDTRIP_MS)
        .with_expected_transform_instructions(TIDYING_INSTRUCTIONS);
    match asked.send().await.map_err(refusal)? {
        FlexibleHttpRequestResult::Ok(responses) => Ok(responses.iter().map(|one| text(&one.body)).collect()),
        FlexibleHttpRequestResult::Err(error) => Err(Refusal { code: 0, text: error.message }),
    }
}

/// Puts a text where nobody else may, and believes the one that did it.
pub(crate) async fn put(url: String, body: String) -> Result<String, Refusal> {
    let asked = HttpRequest::new(url)
        .with_method(HttpMethod::PUT)
        .with_body(body.into_bytes())
        .with_max_response_bytes(ANSWER_BYTES_MAX)
        .with_transform(tidy())
        .with_expected_roundtrip_time_ms(ROUNDTRIP_MS)
        .with_expected_transform_instructions(TIDYING_INSTRUCTIONS)
        .non_replicated();
    asked.send().await.map(|response| text(&response.body)).map_err(refusal)
}

fn tidy() -> TransformContext {
    transform_context_from_query("tidy".to_owned(), crate::OF_NO_INTEREST.into())
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::CallRejected(rejected) => {
            Refusal { code: rejected.raw_reject_code(), text: rejected.reject_message().to_owned() }
        }
        other => Refusal { code: 0, text: other.to_string() },
    }
}
