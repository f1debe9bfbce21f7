//! What came back, held to the limits in the adapter's order.

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::Meter;
use crate::{
    outcall::{Reject, RejectCode, Response},
    rules::limits::{MAX_RESPONSE_BYTES, check_response},
};

/// Reads a response whole: headers that are visible ASCII, then their sum against the cap, then the body against the
/// rest, then the limits of headers.
///
/// A body that breaks off is reported as one that is too large: the adapter does not tell them apart.
pub(super) async fn receive(
    response: http::Response<Incoming>,
    max_response_bytes: Option<u64>,
    meter: &Meter,
) -> Result<Response, Reject> {
    let cap = max_response_bytes.unwrap_or(MAX_RESPONSE_BYTES);
    let (head, body) = response.into_parts();
    let headers_bytes: usize =
        head.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    meter.downloaded(headers_bytes);
    let readable =
        head.headers.iter().map(|(name, value)| Ok((name.to_string(), value.to_str()?.to_owned())));
    let headers = readable.collect::<Result<Vec<_>, http::header::ToStrError>>().map_err(|error| {
        Reject::new(RejectCode::SysTransient, format!("Failed to parse headers: {error}"))
    })?;
    let rest = cap.checked_sub(headers_bytes as u64).ok_or_else(|| {
        let message = format!("Header size exceeds specified response size limit {cap}");
        Reject::new(RejectCode::SysFatal, message)
    })?;
    let body =
        Limited::new(body, usize::try_from(rest).unwrap_or(usize::MAX)).collect().await.map_err(|_| {
            Reject::new(RejectCode::SysFatal, format!("Http body exceeds size limit of {cap} bytes."))
        })?;
    let response = Response { status: head.status.as_u16(), headers, body: body.to_bytes().to_vec() };
    meter.downloaded(response.body.len());
    check_response(&response)?;
    Ok(response)
}
