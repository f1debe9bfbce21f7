//! Undoes `Content-Encoding`: what a replica gets is never compressed, since it would not decompress it.
//!
//! Every step is bounded while it runs, so a bomb costs its bound and no more; and a body must be complete to its
//! last byte, so that half an answer is never recorded as an answer. Checksums of gzip and zlib are verified, those
//! of zstd (which HTTP servers seldom write) are not.

use std::io::Read;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::limits;

#[cfg(test)]
mod tests;

/// What [`decode`] can undo, as the value of `Accept-Encoding`.
pub(crate) const ACCEPT_ENCODING: &str = "gzip, br, zstd, deflate";

/// The largest zstd window, as RFC 9659 bounds it for HTTP.
const ZSTD_WINDOW_BYTES_MAX: u64 = 8 << 20;
/// How much is decoded between two looks at the bound.
const CHUNK_BYTES: usize = 32 << 10;

/// Why a body could not be decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum CodingError {
    /// A coding that we do not know, more of them than [`limits::CODINGS_MAX`], or a zstd window beyond that of HTTP.
    #[error("the content coding is not supported")]
    Unsupported,
    /// The body is not what its codings say, ends too early, or goes on behind its end.
    #[error("the body does not match its content coding")]
    Corrupt,
    /// A step would give more bytes than allowed.
    #[error("the decoded body is too large")]
    TooLarge,
}

#[derive(Clone, Copy)]
enum Coding {
    Gzip,
    Brotli,
    Zstd,
    Deflate,
}

/// Decodes a body. `codings` are the values of all `Content-Encoding` fields, in order; the last coding named was
/// applied last and is undone first. No step, and not the plain body either, may exceed `bytes_max`.
///
/// An empty body stays empty under every coding: HEAD and 304 name the coding of a body that they do not have.
///
/// # Errors
/// As [`CodingError`] lists them.
pub(crate) fn decode<'a>(
    codings: impl Iterator<Item = &'a [u8]>,
    body: Bytes,
    bytes_max: usize,
) -> Result<Bytes, CodingError> {
    if body.is_empty() {
        return Ok(body);
    }
    let mut body = body;
    for coding in parse(codings)?.into_iter().rev() {
        let output = Output { bytes: Vec::new(), bytes_max };
        body = match coding {
            Coding::Gzip => gzip(&body, output)?,
            Coding::Brotli => brotli(&body, output)?,
            Coding::Zstd => zstd(&body, output)?,
            Coding::Deflate => deflate(&body, output)?,
        };
    }
    if body.len() > bytes_max { Err(CodingError::TooLarge) } else { Ok(body) }
}

/// Reads the list of codings (RFC 9110, section 8.4): names in any case, empty elements ignored, `identity` nothing.
fn parse<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Coding>, CodingError> {
    let mut codings = Vec::new();
    for name in fields.flat_map(|field| field.split(|byte| *byte == b',')) {
        let coding = match name.trim_ascii().to_ascii_lowercase().as_slice() {
            b"" | b"identity" => continue,
            b"gzip" | b"x-gzip" => Coding::Gzip,
            b"br" => Coding::Brotli,
            b"zstd" => Coding::Zstd,
            b"deflate" => Coding::Deflate,
            _ => return Err(CodingError::Unsupported),
        };
        if codings.len() == limits::CODINGS_MAX {
            return Err(CodingError::Unsupported);
        }
        codings.push(coding);
    }
    Ok(codings)
}

/// What a step has decoded so far, never more than its bound.
struct Output {
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl Output {
    fn push(&mut self, chunk: &[u8]) -> Result<(), CodingError> {
        if self.bytes.len() + chunk.len() > self.bytes_max {
            return Err(CodingError::TooLarge);
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    fn finish(self) -> Bytes {
        self.bytes.into()
    }
}

/// One gzip member or several (RFC 1952, section 2.2).
fn gzip(body: &[u8], mut output: Output) -> Result<Bytes, CodingError> {
    let mut decoder = MultiGzDecoder::new(body);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match decoder.read(&mut chunk).map_err(|_| CodingError::Corrupt)? {
            0 => return Ok(output.finish()),
            read => output.push(&chunk[..read])?,
        }
    }
}

/// `deflate` is zlib's format (RFC 9110, section 8.4.1.2); some servers send the bare stream, which is told apart by
/// the check bits of zlib's header.
fn deflate(body: &[u8], mut output: Output) -> Result<Bytes, CodingError> {
    let is_zlib = matches!(body, [first, second, ..]
        if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31));
    let mut decoder = Decompress::new(is_zlib);
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut rest = body;
    loop {
        let (before_in, before_out) = (decoder.total_in(), decoder.total_out());
        let status = decoder.decompress(rest, &mut chunk, FlushDecompress::None);
        let status = status.map_err(|_| CodingError::Corrupt)?;
        let consumed = usize::try_from(decoder.total_in() - before_in).map_err(|_| CodingError::Corrupt)?;
        let produced = usize::try_from(decoder.total_out() - before_out).map_err(|_| CodingError::Corrupt)?;
        rest = rest.get(consumed..).ok_or(CodingError::Corrupt)?;
        output.push(chunk.get(..produced).ok_or(CodingError::Corrupt)?)?;
        match status {
            Status::StreamEnd if rest.is_empty() => return Ok(output.finish()),
            Status::StreamEnd => return Err(CodingError::Corrupt),
            Status::Ok | Status::BufError if consumed == 0 && produced == 0 => {
                return Err(CodingError::Corrupt);
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

/// One brotli stream (RFC 7932), of its windows only: the larger ones would be a bomb of memory.
/// The `Read` of the decoder hides trailing bytes, so its stream is driven by hand.
fn brotli(body: &[u8], mut output: Output) -> Result<Bytes, CodingError> {
    let allocator = StandardAlloc::default;
    let mut state = BrotliState::new_strict(allocator(), allocator(), allocator());
    let (mut available_in, mut offset_in, mut total_out) = (body.len(), 0, 0);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let (mut available_out, mut offset_out) = (chunk.len(), 0);
        let result = BrotliDecompressStream(
            &mut available_in,
            &mut offset_in,
            body,
            &mut available_out,
            &mut offset_out,
            &mut chunk,
            &mut total_out,
            &mut state,
        );
        output.push(chunk.get(..offset_out).ok_or(CodingError::Corrupt)?)?;
        match result {
            BrotliResult::ResultSuccess if available_in == 0 => return Ok(output.finish()),
            BrotliResult::NeedsMoreOutput => {}
            // The whole body is there: asking for more means that it was cut.
            BrotliResult::ResultSuccess | BrotliResult::NeedsMoreInput | BrotliResult::ResultFailure => {
                return Err(CodingError::Corrupt);
            }
        }
    }
}

/// One zstd frame or several, skippable ones among them (RFC 8878, section 3).
fn zstd(body: &[u8], mut output: Output) -> Result<Bytes, CodingError> {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(ZSTD_WINDOW_BYTES_MAX);
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut rest = body;
    while !rest.is_empty() {
        match decoder.init(&mut rest) {
            Ok(()) => {}
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let length = usize::try_from(length).map_err(|_| CodingError::Corrupt)?;
                rest = rest.get(length..).ok_or(CodingError::Corrupt)?;
                continue;
            }
            Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Err(CodingError::Unsupported),
            Err(_) => return Err(CodingError::Corrupt),
        }
        let frame_start = output.bytes.len();
        let mut is_finished = false;
        while !is_finished {
            let strategy = BlockDecodingStrategy::UptoBytes(CHUNK_BYTES);
            is_finished = decoder.decode_blocks(&mut rest, strategy).map_err(|_| CodingError::Corrupt)?;
            loop {
                match decoder.read(&mut chunk).map_err(|_| CodingError::Corrupt)? {
                    0 => break,
                    read => output.push(&chunk[..read])?,
                }
            }
        }
        // Zero stands for a frame that does not say.
        let frame_bytes = (output.bytes.len() - frame_start) as u64;
        if decoder.content_size() != 0 && decoder.content_size() != frame_bytes {
            return Err(CodingError::Corrupt);
        }
    }
    Ok(output.finish())
}
