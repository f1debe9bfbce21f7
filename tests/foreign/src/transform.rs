//! What each replica does to its own answer.

use ic_cdk::api::{msg_reject, msg_reply};
use serde_json::Value;

use crate::http::{HttpResponse, TransformArgs};

/// Keeps `content-type`, and the body's members in their order of names without those that the context lists. A body
/// that is no JSON object is more than it can bear.
pub(crate) fn tidy(raw: TransformArgs) -> HttpResponse {
    let TransformArgs { response, context } = raw;
    let Ok(Value::Object(mut members)) = serde_json::from_slice(&response.body) else {
        ic_cdk::trap("this is no weather report");
    };
    let unwanted = String::from_utf8_lossy(&context).into_owned();
    members.retain(|name, _| !unwanted.split(',').any(|other| other == name));
    // The map is sorted by name.
    let body = Value::Object(members).to_string().into_bytes().into();
    let headers = response.headers.into_iter().filter(|header| header.name == "content-type").collect();
    HttpResponse { status: response.status, headers, body }
}

/// Replies and rejects by hand.
pub(crate) fn picky(raw: TransformArgs) {
    if raw.response.status != 200_u16 {
        return msg_reject(format!("status {} is not good enough", raw.response.status));
    }
    match candid::encode_one(HttpResponse { headers: Vec::new(), ..raw.response }) {
        Ok(reply) => msg_reply(reply),
        Err(error) => msg_reject(error.to_string()),
    }
}
