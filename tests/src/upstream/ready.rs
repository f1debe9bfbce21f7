//! Replies that tests ask for again and again: the codings, the oversized, the statuses with a meaning of their own,
//! and the one that is never the same twice.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::{Framing, Reply};

/// Counts the varying answers of the process, so that no two are the same even where the dice are.
static VARYING: AtomicUsize = AtomicUsize::new(0);

/// A zstd block holds at most 128 KiB (RFC 8878, section 3.1.1.2.4).
const ZSTD_BLOCK_BYTES_MAX: usize = 128 * 1024;

/// What [`Reply::gzip_bomb`] and [`Reply::zstd_bomb`] decompress to.
pub const BOMB_BYTES: usize = 10_000_000;

impl Reply {
    /// 200 with a date, a cookie, a request id, a serial number and a random price.
    pub fn varying() -> Self {
        let serial = VARYING.fetch_add(1, Ordering::Relaxed);
        let (minutes, seconds) = (serial / 60 % 60, serial % 60);
        let price = f64::from(fastrand::u32(1_000_000..9_999_999)) / 100.0;
        Self::json(&format!(r#"{{"serial":{serial},"price":{price:.2}}}"#))
            .header("date", &format!("Mon, 02 Nov 2026 10:{minutes:02}:{seconds:02} GMT"))
            .header("set-cookie", &format!("session={:016x}; Path=/", fastrand::u64(..)))
            .header("x-request-id", &format!("{:032x}", fastrand::u128(..)))
    }

    /// This JSON text, compressed with gzip.
    pub fn gzip(json: &str) -> Self {
        Self::encoded("gzip", gzip(json.as_bytes()))
    }

    /// A gzip stream that stops before its end, in an answer whose length is right.
    pub fn gzip_cut_short(json: &str) -> Self {
        let mut body = gzip(json.as_bytes());
        body.truncate(body.len() - 9);
        Self::encoded("gzip", body)
    }

    /// A few kilobytes that decompress to [`BOMB_BYTES`] zeros.
    pub fn gzip_bomb() -> Self {
        Self::encoded("gzip", gzip(&vec![0; BOMB_BYTES]))
    }

    /// This JSON text, compressed with brotli.
    pub fn brotli(json: &str) -> Self {
        let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
        encoder.write_all(json.as_bytes()).unwrap();
        Self::encoded("br", encoder.into_inner())
    }

    /// This JSON text as `deflate`, which in HTTP is the zlib format (RFC 9110, section 8.4.1.2).
    pub fn deflate(json: &str) -> Self {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(json.as_bytes()).unwrap();
        Self::encoded("deflate", encoder.finish().unwrap())
    }

    /// This JSON text as the bare deflate stream that some servers wrongly send under that name.
    pub fn bare_deflate(json: &str) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(json.as_bytes()).unwrap();
        Self::encoded("deflate", encoder.finish().unwrap())
    }

    /// This JSON text as a zstd frame of stored blocks.
    pub fn zstd(json: &str) -> Self {
        let blocks = json.as_bytes().chunks(ZSTD_BLOCK_BYTES_MAX).map(|block| (0, block.len(), block));
        Self::encoded("zstd", zstd_frame(json.len(), blocks.collect()))
    }

    /// A few hundred bytes that decompress to [`BOMB_BYTES`] zeros.
    pub fn zstd_bomb() -> Self {
        let whole = std::iter::repeat_n(ZSTD_BLOCK_BYTES_MAX, BOMB_BYTES / ZSTD_BLOCK_BYTES_MAX);
        let sizes = whole.chain([BOMB_BYTES % ZSTD_BLOCK_BYTES_MAX]);
        Self::encoded("zstd", zstd_frame(BOMB_BYTES, sizes.map(|size| (1, size, &[0][..])).collect()))
    }

    /// 200 with this `content-encoding` and these bytes, which need not be in it.
    pub fn encoded(coding: &str, body: Vec<u8>) -> Self {
        Self::json("").header("content-encoding", coding).body(body)
    }

    /// One byte of body more than a replica accepts (2,000,000).
    pub fn too_large() -> Self {
        Self::new(200).header("content-type", "text/plain").body("x".repeat(2_000_001))
    }

    /// A header value in Latin-1, for which a node rejects the whole response.
    pub fn non_ascii_header() -> Self {
        Self::json("{}").line(b"x-city: Z\xfcrich".as_slice())
    }

    /// 65 header lines, one more than a replica accepts, together with the framing's.
    pub fn too_many_headers() -> Self {
        (0..63).fold(Self::json("{}"), |reply, number| reply.header(&format!("x-{number}"), "1"))
    }

    /// A redirect (301, 302, 303, 307, 308) to that URL.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::new(status).header("location", location)
    }

    /// 429 with `retry-after: 1`.
    pub fn too_many_requests() -> Self {
        Self::problem(429).header("retry-after", "1")
    }

    /// 500.
    pub fn server_error() -> Self {
        Self::problem(500)
    }

    /// 503, as a load balancer says it.
    pub fn unavailable() -> Self {
        Self::problem(503)
    }

    /// 204, which has no body and no length.
    pub fn no_content() -> Self {
        Self::new(204).framing(Framing::Nothing)
    }

    /// 304, which has no body and no length.
    pub fn not_modified() -> Self {
        Self::new(304).header("etag", "\"1\"").framing(Framing::Nothing)
    }

    fn problem(status: u16) -> Self {
        let mut reply = Self::json(&format!(r#"{{"error":{status}}}"#));
        reply.status = status;
        reply
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zstd frame (RFC 8878, section 3.1.1): a single segment with a content size of four bytes and no checksum. A block
/// is (type, decompressed size, bytes): type 0 is stored, type 1 is one byte repeated.
fn zstd_frame(content_bytes: usize, blocks: Vec<(u32, usize, &[u8])>) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000];
    frame.extend(u32::try_from(content_bytes).unwrap().to_le_bytes());
    let last = blocks.len() - 1;
    for (number, (kind, size, bytes)) in blocks.into_iter().enumerate() {
        let header = u32::from(number == last) | kind << 1 | u32::try_from(size).unwrap() << 3;
        frame.extend(&header.to_le_bytes()[..3]);
        frame.extend(bytes);
    }
    frame
}
