//! Bodies as they are read: gzip and deflate are undone, as the gateway undoes them. A replica undoes nothing.
//!
//! The gateway also knows br and zstd; for these a probe brings no decoder, and says so. A replica asks for no coding
//! unless the canister does, so a server that chooses one has been asked to, or does it to everybody.

use std::{borrow::Cow, io::Read};

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::outcall::Response;

/// What a body may measure when it is decoded: what the gateway accepts by default.
const BODY_BYTES_MAX: u64 = 2_000_000;

/// What to do about bodies that cannot be looked into.
#[cfg(feature = "probe")]
pub(crate) const ASK_PLAINLY: &str = "Ask without a header accept-encoding or, of a server that compresses all the same, \
                                      with --header 'accept-encoding: identity'.";

/// A body could not be decoded here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// The codings of a response, in the order in which they were applied; `identity` is none.
pub(crate) fn codings(response: &Response) -> Vec<String> {
    let fields = response.headers.iter().filter(|(name, _)| name == "content-encoding");
    let names = fields.flat_map(|(_, value)| value.split(','));
    let names = names.map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| !name.is_empty() && name != "identity").collect()
}

/// The plain body.
///
/// # Errors
/// When its codings are unknown here, it is not what they say, or it is too large.
pub(crate) fn decoded(response: &Response) -> Result<Cow<'_, [u8]>, Unreadable> {
    let mut body = Cow::Borrowed(response.body.as_slice());
    if body.is_empty() {
        return Ok(body);
    }
    for coding in codings(response).iter().rev() {
        let plain = match coding.as_str() {
            "gzip" | "x-gzip" => whole(MultiGzDecoder::new(&*body)),
            "deflate" => whole(ZlibDecoder::new(&*body)),
            _ => Err(Unreadable),
        };
        body = Cow::Owned(plain?);
    }
    Ok(body)
}

/// How a body came that cannot be looked into: `as "br"`. None for one that can be.
#[cfg(feature = "probe")]
pub(crate) fn closed(response: &Response) -> Option<String> {
    decoded(response).err().map(|Unreadable| format!("as {:?}", codings(response).join(", ")))
}

fn whole(decoder: impl Read) -> Result<Vec<u8>, Unreadable> {
    let mut plain = Vec::new();
    let read = decoder.take(BODY_BYTES_MAX + 1).read_to_end(&mut plain).map_err(|_| Unreadable)?;
    if read as u64 > BODY_BYTES_MAX { Err(Unreadable) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn response(coding: &str, body: &[u8]) -> Response {
        let headers = vec![("content-encoding".to_owned(), coding.to_owned())];
        Response { status: 200, headers, body: body.to_vec() }
    }

    #[test]
    fn gzip_is_undone_and_what_is_unknown_or_broken_is_said_to_be() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"{}").unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(decoded(&response("gzip", &packed)).as_deref(), Ok(b"{}".as_slice()));
        assert_eq!(decoded(&response("Identity", b"{}")).as_deref(), Ok(b"{}".as_slice()));
        assert_eq!(decoded(&response("br", b"")).as_deref(), Ok(b"".as_slice()), "nothing to decode");
        for (coding, body) in
            [("br", b"{}".as_slice()), ("gzip", b"{}"), ("gzip", &packed[..9]), ("deflate, gzip", &packed)]
        {
            assert_eq!(decoded(&response(coding, body)), Err(Unreadable), "{coding}");
        }
    }
}
