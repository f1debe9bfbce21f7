//! The limits that the Internet Computer sets to HTTPS outcalls, and the check that a response keeps them.
//!
//! Source: the interface specification, `http_request` of the management canister, and the adapter that makes the
//! calls (`rs/https_outcalls/adapter` of the `dfinity/ic` repository). Whatever a replica would refuse is refused by
//! the gateway first: with one text, instead of a reject that differs between replicas.

use crate::header;

/// The longest URL of an outcall, in bytes.
pub const URL_BYTES_MAX: usize = 8_192;
/// The most header fields, of a request and of a response.
pub const HEADERS_MAX: usize = 64;
/// The longest name of a header field, in bytes.
pub const HEADER_NAME_BYTES_MAX: usize = 8_192;
/// The longest value of a header field, in bytes.
pub const HEADER_VALUE_BYTES_MAX: usize = 8_192;
/// All names and values of the header fields together, in bytes.
pub const HEADERS_BYTES_MAX: usize = 49_152;
/// Names and values of the header fields plus the body, in bytes; also the default of `max_response_bytes`.
pub const MESSAGE_BYTES_MAX: usize = 2_000_000;

/// Why a replica would refuse a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ResponseRefusal {
    /// More than [`HEADERS_MAX`] fields.
    #[error("the response has more than 64 header fields")]
    TooManyHeaders,
    /// A name or a value beyond [`HEADER_NAME_BYTES_MAX`] or [`HEADER_VALUE_BYTES_MAX`].
    #[error("a header field of the response is longer than 8192 bytes")]
    HeaderTooLong,
    /// More than [`HEADERS_BYTES_MAX`] in all.
    #[error("the header fields of the response are longer than 49152 bytes")]
    HeadersTooLarge,
    /// A value (or name) that is not visible ASCII.
    #[error("a header field of the response has a character that is not visible ASCII")]
    NotVisibleAscii,
    /// Headers and body together exceed the bound of the caller.
    #[error("the response is too large")]
    TooLarge,
}

/// Judges a finished response as a replica would. `bytes_max` bounds names, values and body together.
///
/// # Errors
/// The first refusal found: field by field, then the sums.
pub fn check_response<'a>(
    headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    body_bytes: usize,
    bytes_max: usize,
) -> Result<(), ResponseRefusal> {
    let mut headers_bytes = 0;
    for (position, (name, value)) in headers.enumerate() {
        if position >= HEADERS_MAX {
            return Err(ResponseRefusal::TooManyHeaders);
        }
        if name.len() > HEADER_NAME_BYTES_MAX || value.len() > HEADER_VALUE_BYTES_MAX {
            return Err(ResponseRefusal::HeaderTooLong);
        }
        if !header::is_readable(name.as_bytes()) || !header::is_readable(value) {
            return Err(ResponseRefusal::NotVisibleAscii);
        }
        headers_bytes += name.len() + value.len();
    }
    if headers_bytes > HEADERS_BYTES_MAX {
        return Err(ResponseRefusal::HeadersTooLarge);
    }
    if body_bytes.saturating_add(headers_bytes) > bytes_max {
        return Err(ResponseRefusal::TooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(String, Vec<u8>)], body_bytes: usize) -> Result<(), ResponseRefusal> {
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        check_response(headers, body_bytes, MESSAGE_BYTES_MAX)
    }

    fn field(name_bytes: usize, value_bytes: usize) -> (String, Vec<u8>) {
        ("n".repeat(name_bytes), vec![b'v'; value_bytes])
    }

    #[test]
    fn each_limit_holds_at_the_bound_and_refuses_one_past_it() {
        use ResponseRefusal::{HeaderTooLong, HeadersTooLarge, TooLarge, TooManyHeaders};
        assert_eq!(check(&vec![field(1, 0); 64], 0), Ok(()));
        assert_eq!(check(&vec![field(1, 0); 65], 0), Err(TooManyHeaders));
        assert_eq!(check(&[field(8_192, 8_192)], 0), Ok(()));
        assert_eq!(check(&[field(8_193, 0)], 0), Err(HeaderTooLong));
        assert_eq!(check(&[field(1, 8_193)], 0), Err(HeaderTooLong));
        assert_eq!(check(&vec![field(4_096, 8_192); 4], 0), Ok(()));
        assert_eq!(
            check(&[vec![field(4_096, 8_192); 4], vec![field(1, 0)]].concat(), 0),
            Err(HeadersTooLarge)
        );
        assert_eq!(check(&[], 2_000_000), Ok(()));
        assert_eq!(check(&[], 2_000_001), Err(TooLarge));
        assert_eq!(check(&[field(10, 90)], 1_999_900), Ok(()));
        assert_eq!(check(&[field(10, 90)], 1_999_901), Err(TooLarge));
        assert_eq!(check(&[field(1, 1)], usize::MAX), Err(TooLarge));
    }

    #[test]
    fn a_value_that_a_replica_cannot_read_is_refused() {
        assert_eq!(check(&[("n".into(), b"a\tb c".to_vec())], 0), Ok(()));
        for value in [b"caf\xe9".as_slice(), "café".as_bytes(), b"a\x7f", b"\0"] {
            let refused = check(&[("n".into(), value.to_vec())], 0);
            assert_eq!(refused, Err(ResponseRefusal::NotVisibleAscii));
        }
    }

    #[test]
    fn endless_headers_are_not_read_to_their_end() {
        let endless = std::iter::repeat(("n", b"v".as_slice()));
        assert_eq!(check_response(endless, 0, MESSAGE_BYTES_MAX), Err(ResponseRefusal::TooManyHeaders));
    }
}
