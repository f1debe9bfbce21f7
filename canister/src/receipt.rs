//! Believing one node: its answer is the gateway's, to this very request, and fresh, or it is not an answer at all.
//!
//! The verification itself is `outcall_protocol::receipt`; this is what a canister brings to it: the keys of its
//! configuration, the time, and the request as it went out.

use ic_cdk_management_canister::{HttpMethod, HttpRequestArgs, HttpRequestResult};
use outcall_protocol::receipt::{Freshness, ReceiptError, Response, Sent, verify};

use crate::{
    config::Receipts,
    limits::{GATEWAY_AHEAD_S_MAX, NO_AGE_S_MAX},
    outcall::Heard,
    reading::{Cause, Reading, read},
};

/// The kind of cause that says: the gateway's answer, and that to another request.
pub(crate) const OTHER_REQUEST: &str = "receipt-other-request";

/// The answer, if it is to be believed; otherwise nothing is known of what became of the request.
///
/// A *no* of the gateway is one for a while only: then the key is free again, and a node that has kept the *no* could have
/// the request executed before it shows it.
pub fn judge(
    receipts: &Receipts,
    caller: &str,
    asked: &HttpRequestArgs,
    answer: HttpRequestResult,
    age_s_max: u64,
    now_s: u64,
) -> Heard {
    let Ok(status) = u16::try_from(answer.status.0.clone()) else {
        return disbelieved(&ReceiptError::WrongSignature);
    };
    let fields: Vec<(&str, &str)> =
        answer.headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
    let received = Response { status, headers: &fields, body: &answer.body };
    let freshness = Freshness { now_s, age_max_s: age_s_max, ahead_max_s: GATEWAY_AHEAD_S_MAX };
    match sent(asked, caller, |sent| verify(&receipts.parsed(), sent, &received, freshness)) {
        Ok(receipt) => {
            let age_s = now_s.saturating_sub(receipt.created_s);
            match read(status, &answer.body) {
                Reading::NotExecuted(_) if age_s > NO_AGE_S_MAX => disbelieved(&ReceiptError::Stale(age_s)),
                _ => Heard::Answer { status, body: answer.body },
            }
        }
        Err(error) => disbelieved(&error),
    }
}

/// Looks at a request as the gateway receives it from this caller.
pub(crate) fn sent<R>(asked: &HttpRequestArgs, caller: &str, look: impl FnOnce(&Sent<'_>) -> R) -> R {
    let headers: Vec<(&str, &str)> =
        asked.headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
    let body = asked.body.as_deref().unwrap_or_default();
    look(&Sent { method: method(asked.method), url: &asked.url, headers: &headers, body, caller })
}

fn disbelieved(error: &ReceiptError) -> Heard {
    let kind = match error {
        ReceiptError::Unsigned => "receipt-unsigned",
        ReceiptError::Malformed(_) => "receipt-malformed",
        ReceiptError::NotCovered(_) => "receipt-not-covered",
        ReceiptError::Missing(_) => "receipt-missing",
        ReceiptError::UnknownKey(_) => "receipt-unknown-key",
        ReceiptError::WrongSignature => "receipt-wrong-signature",
        ReceiptError::BodyChanged => "receipt-body-changed",
        ReceiptError::OtherRequest => OTHER_REQUEST,
        ReceiptError::Stale(_) => "receipt-stale",
        ReceiptError::Ahead(_) => "receipt-ahead",
    };
    Heard::Silence(Cause { kind: kind.into(), detail: error.to_string() })
}

fn method(method: HttpMethod) -> &'static str {
    match method {
        HttpMethod::GET => "GET",
        HttpMethod::HEAD => "HEAD",
        HttpMethod::POST => "POST",
        HttpMethod::PUT => "PUT",
        HttpMethod::DELETE => "DELETE",
        HttpMethod::PATCH => "PATCH",
    }
}

#[cfg(test)]
mod tests;
