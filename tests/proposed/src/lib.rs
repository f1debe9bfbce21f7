//! The transforms that a probe prints, byte for byte: `printed/` holds the texts, and the tests of the whole system
//! compare them with what is printed today. The richest is compiled here, into a canister that asks through it. A crate
//! has room for one transform of that name, so the others are compiled by this package's tests.

use ic_cdk_management_canister::{HttpRequest, transform_context_from_query};

include!("../printed/everything.rs");

/// Asks through the transform, or without one. What comes of it is for the subnet to say.
#[ic_cdk::update]
async fn ask(url: String, through_transform: bool) -> Result<HttpRequestResult, String> {
    let mut request = HttpRequest::new(url).with_max_response_bytes(4_000);
    if through_transform {
        request = request.with_transform(transform_context_from_query("transform".to_owned(), Vec::new()));
    }
    request.send().await.map_err(|error| error.to_string())
}
