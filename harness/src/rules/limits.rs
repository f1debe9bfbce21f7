//! What is refused before, while and after a replica asks, and the words it is refused with.
//!
//! Three parties refuse: the management canister what a canister asks for ([`check_request`]), the adapter what it
//! would send or read (the `ADAPTER_` limits, applied in [`crate::adapter`]), the replica what it would vote on
//! ([`check_response`], [`check_transformed`]). The texts are the replica's own. Source:
//! `rs/types/types/src/canister_http.rs`, `rs/https_outcalls/client/src/client.rs`,
//! `rs/https_outcalls/adapter/src/rpc_server.rs` of the `dfinity/ic` repository.

use std::fmt::Display;

use outcall_protocol::limits::{
    HEADER_NAME_BYTES_MAX, HEADER_VALUE_BYTES_MAX, HEADERS_BYTES_MAX, HEADERS_MAX, MESSAGE_BYTES_MAX,
    URL_BYTES_MAX,
};

use crate::{
    outcall::{Reject, RejectCode, Request, Response, Transform},
    rules::price::Replication,
};

#[cfg(test)]
mod tests;

/// The cap on a response whose request names none, and the highest that it may name, in bytes.
pub const MAX_RESPONSE_BYTES: u64 = MESSAGE_BYTES_MAX as u64;
/// The most headers that the adapter sends (`HEADERS_LIMIT`).
pub const ADAPTER_HEADERS_MAX: usize = 1_024;
/// The longest header name or value that the adapter sends, in bytes (`HEADER_NAME_VALUE_LIMIT`).
pub const ADAPTER_HEADER_BYTES_MAX: usize = 8_192;
/// The most bytes of HTTP/2 header lists that the adapter reads (`MAX_HEADER_LIST_SIZE`).
pub const ADAPTER_HEADER_LIST_BYTES_MAX: u32 = 52 * 1_024;

/// Judges a request as the management canister does. A refused call gets all its cycles back.
///
/// More than 64 headers already fail while the arguments are decoded on the Internet Computer, as
/// `The number of elements exceeds maximum allowed 64` inside a longer text; here they get the text that the same limit
/// has for a response. The text for PATCH is that for PUT and DELETE; of the one that a flexible outcall gets only the
/// words `min_responses = max_responses = total_requests` are known.
///
/// # Errors
/// [`RejectCode::CanisterReject`] with the first limit that is exceeded.
pub fn check_request(request: &Request, replication: Replication) -> Result<(), Reject> {
    let refuse = |message: String| Err(Reject::new(RejectCode::CanisterReject, message));
    let url_bytes = request.url.len();
    if url_bytes > URL_BYTES_MAX {
        return refuse(format!("url size {url_bytes} exceeds {URL_BYTES_MAX}"));
    }
    check_sizes(&request.headers, request.body.len()).or_else(refuse)?;
    if let Some(given) = request.max_response_bytes.filter(|bytes| *bytes > MAX_RESPONSE_BYTES) {
        return refuse(format!(
            "max_response_bytes expected to be in the range [0..{MAX_RESPONSE_BYTES}], got {given}"
        ));
    }
    let missing = match replication {
        Replication::Full => Some(""),
        Replication::Single => None,
        Replication::Flexible { total_requests, min_responses, max_responses } => {
            let known_beforehand = min_responses == max_responses && max_responses == total_requests;
            (!known_beforehand).then_some(", or with min_responses = max_responses = total_requests")
        }
    };
    match missing.filter(|_| matches!(request.method.as_str(), "PUT" | "DELETE" | "PATCH")) {
        None => Ok(()),
        Some(or) => {
            refuse(format!("The requested HTTP method is only allowed for non-replicated requests{or}."))
        }
    }
}

/// Judges the counts of a `flexible_http_request` on a subnet of `nodes`.
///
/// # Errors
/// [`RejectCode::CanisterReject`] with the first count that cannot be.
pub fn check_replication(replication: Replication, nodes: usize) -> Result<(), Reject> {
    let Replication::Flexible { total_requests: total, min_responses: min, max_responses: max } = replication
    else {
        return Ok(());
    };
    let message = if total < 1 {
        format!("total_requests ({total}) must be at least 1")
    } else if total > nodes {
        format!("total_requests ({total}) must not exceed the number of available nodes ({nodes})")
    } else if min > max {
        format!("min_responses ({min}) must not exceed max_responses ({max})")
    } else if max > total {
        format!("max_responses ({max}) must not exceed total_requests ({total})")
    } else {
        return Ok(());
    };
    Err(Reject::new(RejectCode::CanisterReject, message))
}

/// Judges whose transform a request names: it must be the caller's own.
///
/// # Errors
/// [`RejectCode::CanisterReject`]; both principals are printed as text.
pub fn check_transform_principal<P: PartialEq + Display>(caller: &P, named: &P) -> Result<(), Reject> {
    if caller == named {
        return Ok(());
    }
    let message = format!("transform principal id expected to be {caller}, got {named}");
    Err(Reject::new(RejectCode::CanisterReject, message))
}

/// Judges a response that the adapter has read, before the transform sees it.
///
/// # Errors
/// [`RejectCode::SysFatal`] with the first limit that is exceeded.
pub fn check_response(response: &Response) -> Result<(), Reject> {
    check_sizes(&response.headers, response.body.len())
        .map_err(|message| Reject::new(RejectCode::SysFatal, message))
}

/// Judges what a transform has made of a response, its reject included. Without a transform nothing is judged again.
///
/// # Errors
/// [`RejectCode::SysFatal`] when the reply, or the message of the reject, is longer than the response's cap.
pub fn check_transformed(
    made: Result<&[u8], &Reject>,
    max_response_bytes: Option<u64>,
) -> Result<(), Reject> {
    let cap = max_response_bytes.unwrap_or(MAX_RESPONSE_BYTES);
    let bytes = made.map_or_else(|reject| reject.message.len(), <[u8]>::len);
    if bytes as u64 <= cap {
        return Ok(());
    }
    let message = format!("Transformed http response exceeds limit: {cap}");
    Err(Reject::new(RejectCode::SysFatal, message))
}

/// The size of a request that its price is reckoned with: URL, header names and values, body, and the transform's
/// method name and context (`variable_parts_size`).
pub fn request_bytes(request: &Request, transform: Option<&Transform>) -> u64 {
    let headers: usize = request.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let transform = transform.map_or(0, |transform| transform.method.len() + transform.context.len());
    (request.url.len() + headers + request.body.len() + transform) as u64
}

/// `validate_http_headers_and_body`, for requests and responses alike.
fn check_sizes(headers: &[(String, String)], body_bytes: usize) -> Result<(), String> {
    let count = headers.len();
    if count > HEADERS_MAX {
        return Err(format!("number of all http headers {count} exceeds {HEADERS_MAX}"));
    }
    let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let name = longest(&mut headers.iter().map(|(name, _)| name.len()));
    if name > HEADER_NAME_BYTES_MAX {
        return Err(format!(
            "number of bytes to represent some http header name {name} exceeds {HEADER_NAME_BYTES_MAX}"
        ));
    }
    let value = longest(&mut headers.iter().map(|(_, value)| value.len()));
    if value > HEADER_VALUE_BYTES_MAX {
        return Err(format!(
            "number of bytes to represent some http header value {value} exceeds {HEADER_VALUE_BYTES_MAX}"
        ));
    }
    let together: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if together > HEADERS_BYTES_MAX {
        return Err(format!(
            "total number of bytes to represent all http header names and values {together} exceeds \
             {HEADERS_BYTES_MAX}"
        ));
    }
    let all = together + body_bytes;
    if all > MESSAGE_BYTES_MAX {
        return Err(format!(
            "total number of bytes to represent all http header names and values and http body {all} exceeds \
             {MESSAGE_BYTES_MAX}"
        ));
    }
    Ok(())
}
