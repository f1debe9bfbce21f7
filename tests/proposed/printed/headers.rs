// Cargo.toml: candid = "0.10", ic-cdk = "0.20", ic-cdk-management-canister = "0.3"
use ic_cdk_management_canister::{HttpRequestResult, TransformArgs};

/// Makes the answers of `GET http://api.example.com/v1/quote` alike.
#[ic_cdk::query(hidden = true)]
fn transform(args: TransformArgs) -> HttpRequestResult {
    let mut response = args.response;
    response.headers.clear();
    response
}
