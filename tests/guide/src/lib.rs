//! What is a thing worth? A service knows; every replica asks it. And takes orders, each of them once.

use ic_cdk_management_canister::{
    HttpMethod, HttpRequest, HttpRequestResult, TransformArgs, transform_context_from_query,
};

/// The price that the service at that URL tells.
#[ic_cdk::update]
async fn get_price(url: String) -> Result<String, String> {
    let transform = transform_context_from_query("transform".to_owned(), Vec::new());
    answered(request(url).with_transform(transform)).await
}

/// The same without a transform, so that a test can show what the transform is for.
#[ic_cdk::update]
async fn get_price_untransformed(url: String) -> Result<String, String> {
    answered(request(url)).await
}

/// Orders so many of it. A gateway makes one request of all that have the same key: so the key is the same on every replica,
/// and another for every order.
#[ic_cdk::update]
async fn place_order(url: String, order: u64, amount: u32) -> Result<String, String> {
    let body = serde_json::json!({ "amount": amount }).to_string();
    let request = request(url)
        .with_method(HttpMethod::POST)
        .with_header("idempotency-key", format!("order-{order}"))
        .with_header("content-type", "application/json")
        .with_body(body.into_bytes());
    let transform = transform_context_from_query("transform".to_owned(), Vec::new());
    answered(request.with_transform(transform)).await
}

/// What is not said counts as the most that there is, and holds as many cycles until the answer is there.
fn request(url: String) -> HttpRequest {
    HttpRequest::new(url).with_max_response_bytes(2_000).with_expected_transform_instructions(1_000_000)
}

async fn answered(request: HttpRequest) -> Result<String, String> {
    let response = request.send().await.map_err(|error| error.to_string())?;
    price(&response.body).ok_or_else(|| format!("status {}", response.status))
}

/// Runs on every replica, before they compare: no header stays, and of the body the price alone.
#[ic_cdk::query(hidden = true)]
fn transform(args: TransformArgs) -> HttpRequestResult {
    let body = price(&args.response.body).map(|price| serde_json::json!({ "price": price }).to_string());
    let body = body.unwrap_or_default().into_bytes();
    HttpRequestResult { status: args.response.status, headers: Vec::new(), body }
}

fn price(body: &[u8]) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(answer.get("price")?.as_str()?.to_owned())
}

ic_cdk::export_candid!();
