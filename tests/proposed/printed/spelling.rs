// Cargo.toml: candid = "0.10", ic-cdk = "0.20", ic-cdk-management-canister = "0.3",
//             serde_json = { version = "1", features = ["raw_value"] }
use std::collections::BTreeMap;

use ic_cdk_management_canister::{HttpRequestResult, TransformArgs};
use serde_json::{Value, value::RawValue};

/// Makes the answers of `GET http://api.example.com/v1/quote` alike.
#[ic_cdk::query(hidden = true)]
fn transform(args: TransformArgs) -> HttpRequestResult {
    let mut response = args.response;
    response.headers.retain(|header| header.name == "content-type");
    if let Ok(json) = serde_json::from_slice(&response.body) {
        response.body = tidied(json).into_bytes();
    }
    response
}

/// JSON in one spelling: members in the order of their names, every number with the digits that it came with.
fn tidied(json: &RawValue) -> String {
    if let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json.get()) {
        let member = |(name, value)| format!("{}:{}", Value::from(name), tidied(value));
        return format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","));
    }
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(json.get()) {
        return format!("[{}]", elements.into_iter().map(tidied).collect::<Vec<_>>().join(","));
    }
    match serde_json::from_str::<String>(json.get()) {
        Ok(text) => Value::from(text).to_string(),
        Err(_) => json.get().to_owned(),
    }
}
