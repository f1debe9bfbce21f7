// Cargo.toml: candid = "0.10", ic-cdk = "0.20", ic-cdk-management-canister = "0.3",
//             serde_json = { version = "1", features = ["raw_value"] }
use std::collections::BTreeMap;

use ic_cdk_management_canister::{HttpRequestResult, TransformArgs};
use serde_json::{Value, value::RawValue};

/// What is left out; `[*]` is every element.
const DROPPED: &[&[&str]] = &[
    &[".items", "[*]", ".trace_id"],
    &[".request id"],
    &[".served_at"],
    &[".tuple", "[1]"],
];

/// Arrays in no fixed order.
const SORTED: &[&[&str]] = &[&[".items"]];

/// Numbers that are rounded, and to how many decimals.
const ROUNDED: &[(&[&str], i32)] = &[(&[".mean"], 12)];

/// Makes the answers of `GET http://api.example.com/v1/quote` alike.
#[ic_cdk::query(hidden = true)]
fn transform(args: TransformArgs) -> HttpRequestResult {
    let mut response = args.response;
    response.headers.retain(|header| header.name == "content-type");
    if let Ok(json) = serde_json::from_slice(&response.body) {
        response.body = tidied(json, &mut Vec::new()).into_bytes();
    }
    response
}

/// JSON in one spelling: members in the order of their names, every number with the digits that it came with.
fn tidied(json: &RawValue, path: &mut Vec<String>) -> String {
    if let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json.get()) {
        let mut kept = Vec::new();
        for (name, value) in members {
            path.push(format!(".{name}"));
            if !is_in(DROPPED, path) {
                kept.push(format!("{}:{}", Value::from(name), tidied(value, path)));
            }
            path.pop();
        }
        return format!("{{{}}}", kept.join(","));
    }
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(json.get()) {
        let mut kept = Vec::new();
        for (index, value) in elements.into_iter().enumerate() {
            path.push(format!("[{index}]"));
            kept.push(if is_in(DROPPED, path) { "null".to_owned() } else { tidied(value, path) });
            path.pop();
        }
        if is_in(SORTED, path) {
            kept.sort();
        }
        return format!("[{}]", kept.join(","));
    }
    let rounded = ROUNDED.iter().find(|(place, _)| is_in(&[*place], path));
    if let (Some((_, decimals)), Ok(number)) = (rounded, json.get().parse::<f64>()) {
        let scale = 10_f64.powi(*decimals);
        return ((number * scale).round() / scale + 0.0).to_string();
    }
    match serde_json::from_str::<String>(json.get()) {
        Ok(text) => Value::from(text).to_string(),
        Err(_) => json.get().to_owned(),
    }
}

fn is_in(places: &[&[&str]], path: &[String]) -> bool {
    places.iter().any(|place| {
        let same = |(step, at): (&&str, &String)| step == at || *step == "[*]" && at.starts_with('[');
        place.len() == path.len() && place.iter().zip(path).all(same)
    })
}
