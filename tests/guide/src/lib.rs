//! What is a thing worth? A service knows; every replica asks it.

use ic_cdk_management_canister::{
    HttpMethod, HttpRequestArgs, HttpRequestResult, TransformArgs, http_request, transform_context_from_query,
};

/// The price that the service at that URL tells.
#[ic_cdk::update]
async fn get_price(url: String) -> Result<String, String> {
    ask(url, Some("transform")).await
}

/// The same without a transform: so that a test shows what the transform is for.
#[ic_cdk::update]
async fn get_price_untransformed(url: String) -> Result<String, String> {
    ask(url, None).await
}

async fn ask(url: String, transform: Option<&str>) -> Result<String, String> {
    let request = HttpRequestArgs {
        url,
        method: HttpMethod::GET,
        max_response_bytes: Some(2_000),
        transform: transform.map(|method| transform_context_from_query(method.to_owned(), Vec::new())),
        ..Default::default()
    };
    let response = http_request(&request).await.map_err(|error| error.to_string())?;
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
