use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

const PLAIN: &[u8] = br#"{"price":"1.10","n":[1,2,3,1,2,3,1,2,3]}"#;
/// [`PLAIN`] by `zstd -3`: with a checksum, without one, and with the size in the header.
const ZSTD_FRAMES: [&str; 3] = [
    "28b52ffd04581d0100e87b227072696365223a22312e3130222c226e223a5b312c322c332c5d7d0100c72863fc5ef4db",
    "28b52ffd00581d0100e87b227072696365223a22312e3130222c226e223a5b312c322c332c5d7d0100c72863",
    "28b52ffd20281d0100e87b227072696365223a22312e3130222c226e223a5b312c322c332c5d7d0100c72863",
];
/// 100,000 zeros by `zstd -3`.
const ZSTD_ZEROS: &str = "28b52ffd005855000010000001009b8639c002";
/// The first bytes of a frame by `zstd --ultra -22 --long=27`, whose window is 128 MiB.
const ZSTD_LARGE_WINDOW: &str = "28b52ffd04884c0000080001";

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn gzipped(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zlibbed(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn deflated(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn brotlied(plain: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut encoded, 4_096, 5, 22);
    encoder.write_all(plain).unwrap();
    drop(encoder);
    encoded
}

fn zstded(plain: &[u8]) -> Vec<u8> {
    compress_to_vec(plain, CompressionLevel::Fastest)
}

/// Every coding with every way to write it.
fn encoded(plain: &[u8]) -> [(&'static str, Vec<u8>); 5] {
    [
        ("gzip", gzipped(plain)),
        ("br", brotlied(plain)),
        ("zstd", zstded(plain)),
        ("deflate", zlibbed(plain)),
        ("deflate", deflated(plain)),
    ]
}

fn decode_up_to(codings: &[&str], body: &[u8], bytes_max: usize) -> Result<Vec<u8>, CodingError> {
    let codings = codings.iter().map(|coding| coding.as_bytes());
    decode(codings, Bytes::copy_from_slice(body), bytes_max).map(|bytes| bytes.to_vec())
}

fn decode_all(codings: &[&str], body: &[u8]) -> Result<Vec<u8>, CodingError> {
    decode_up_to(codings, body, 1 << 20)
}

#[test]
fn every_coding_is_undone() {
    for (coding, body) in encoded(PLAIN) {
        assert_eq!(decode_all(&[coding], &body).as_deref(), Ok(PLAIN), "{coding}");
    }
    for frame in ZSTD_FRAMES {
        assert_eq!(decode_all(&["zstd"], &unhex(frame)).as_deref(), Ok(PLAIN));
    }
    assert_eq!(decode_all(&["zstd"], &unhex(ZSTD_ZEROS)), Ok(vec![0; 100_000]));
    assert_eq!(decode_all(&["x-gzip"], &gzipped(PLAIN)).as_deref(), Ok(PLAIN));
    assert_eq!(decode_all(&["GZip"], &gzipped(PLAIN)).as_deref(), Ok(PLAIN));
}

#[test]
fn a_body_without_coding_stays() {
    for codings in [&[][..], &["identity"], &["", " , identity\t,"], &["identity", "IDENTITY"]] {
        assert_eq!(decode_all(codings, PLAIN).as_deref(), Ok(PLAIN));
    }
}

#[test]
fn several_codings_are_undone_last_first() {
    let body = brotlied(&zstded(&gzipped(PLAIN)));
    assert_eq!(decode_all(&["gzip, zstd ,br"], &body).as_deref(), Ok(PLAIN));
    assert_eq!(decode_all(&["gzip", "zstd, identity, br"], &body).as_deref(), Ok(PLAIN));
    assert_eq!(decode_all(&["br, zstd, gzip"], &body), Err(CodingError::Corrupt));
    assert_eq!(decode_all(&["gzip, gzip"], &gzipped(&gzipped(PLAIN))).as_deref(), Ok(PLAIN));
    assert_eq!(decode_all(&["gzip, gzip, gzip, gzip"], &gzipped(PLAIN)), Err(CodingError::Unsupported));
}

#[test]
fn an_unknown_coding_is_unsupported() {
    for coding in ["compress", "gzip, foo", "gzip;q=1", "dcb", "g zip", "gzip2", "\u{e9}"] {
        assert_eq!(decode_all(&[coding], &gzipped(PLAIN)), Err(CodingError::Unsupported), "{coding}");
    }
    assert_eq!(decode_all(&["zstd"], &unhex(ZSTD_LARGE_WINDOW)), Err(CodingError::Unsupported));
}

#[test]
fn an_empty_body_is_empty_under_any_coding() {
    for coding in ["gzip", "br", "zstd", "deflate", "unknown", "gzip, br"] {
        assert_eq!(decode_up_to(&[coding], b"", 0), Ok(vec![]));
    }
    for (coding, body) in encoded(b"") {
        assert_eq!(decode_all(&[coding], &body), Ok(vec![]), "{coding}");
    }
}

#[test]
fn members_and_frames_are_joined() {
    let twice = [PLAIN, PLAIN].concat();
    assert_eq!(decode_all(&["gzip"], &[gzipped(PLAIN), gzipped(PLAIN)].concat()), Ok(twice.clone()));
    assert_eq!(decode_all(&["zstd"], &[zstded(PLAIN), unhex(ZSTD_FRAMES[0])].concat()), Ok(twice));
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 7, 7, 7], zstded(PLAIN).as_slice()].concat();
    assert_eq!(decode_all(&["zstd"], &skippable).as_deref(), Ok(PLAIN));
    assert_eq!(decode_all(&["zstd"], &skippable[..10]), Err(CodingError::Corrupt));
}

#[test]
fn a_body_that_is_cut_anywhere_is_corrupt() {
    for (coding, body) in encoded(PLAIN).into_iter().chain([("zstd", unhex(ZSTD_FRAMES[2]))]) {
        for length in 1..body.len() {
            let found = decode_all(&[coding], &body[..length]);
            assert_eq!(found, Err(CodingError::Corrupt), "{coding} cut to {length} of {}", body.len());
        }
    }
}

#[test]
fn what_follows_the_end_is_corrupt() {
    for (coding, body) in encoded(PLAIN) {
        for garbage in [&b"\0"[..], b"x", b"\0\0\0\0\0\0\0\0\0\0\0\0", b"<html>"] {
            let found = decode_all(&[coding], &[&body, garbage].concat());
            assert_eq!(found, Err(CodingError::Corrupt), "{coding} {garbage:?}");
        }
    }
    assert_eq!(decode_all(&["gzip"], PLAIN), Err(CodingError::Corrupt));
    assert_eq!(decode_all(&["zstd"], PLAIN), Err(CodingError::Corrupt));
}

#[test]
fn a_wrong_checksum_or_size_is_corrupt() {
    for mut body in [gzipped(PLAIN), zlibbed(PLAIN)] {
        let last = body.len() - 1;
        body[last] ^= 1;
        let coding = if body[0] == 0x1f { "gzip" } else { "deflate" };
        assert_eq!(decode_all(&[coding], &body), Err(CodingError::Corrupt), "{coding}");
    }
    let mut frame = unhex(ZSTD_FRAMES[2]);
    frame[5] += 1;
    assert_eq!(decode_all(&["zstd"], &frame), Err(CodingError::Corrupt));
}

#[test]
fn the_bound_holds_to_the_byte() {
    for (coding, body) in encoded(PLAIN) {
        assert_eq!(decode_up_to(&[coding], &body, PLAIN.len()).as_deref(), Ok(PLAIN), "{coding}");
        assert_eq!(decode_up_to(&[coding], &body, PLAIN.len() - 1), Err(CodingError::TooLarge), "{coding}");
    }
    assert_eq!(decode_up_to(&[], PLAIN, PLAIN.len() - 1), Err(CodingError::TooLarge));
}

#[test]
fn bombs_are_too_large_before_they_go_off() {
    let zeros = vec![0; 10_000_000];
    for (coding, body) in encoded(&zeros) {
        assert!(body.len() < 100_000, "{coding} is no bomb: {}", body.len());
        assert_eq!(decode_up_to(&[coding], &body, 1_000_000), Err(CodingError::TooLarge), "{coding}");
        assert_eq!(
            decode_up_to(&[coding], &body, 10_000_000).map(|body| body.len()),
            Ok(10_000_000),
            "{coding}"
        );
    }
    // Every step has the bound, not only the last.
    let twice = gzipped(&gzipped(&zeros));
    assert_eq!(decode_up_to(&["gzip, gzip"], &twice, 5_000), Err(CodingError::TooLarge));
}

proptest! {
    #[test]
    fn every_body_comes_back(plain in prop::collection::vec(any::<u8>(), 1..2_000), repeat in 1usize..100) {
        let plain = plain.repeat(repeat);
        for (coding, body) in encoded(&plain) {
            let found = decode_all(&[coding], &body);
            prop_assert_eq!(found.as_deref(), Ok(plain.as_slice()), "{}", coding);
        }
    }

    #[test]
    fn no_body_breaks_a_decoder(bytes in prop::collection::vec(any::<u8>(), 1..200)) {
        for coding in ["gzip", "br", "zstd", "deflate"] {
            let _ = decode_up_to(&[coding], &bytes, 10_000);
        }
    }

    #[test]
    fn no_damaged_body_breaks_a_decoder(
        plain in prop::collection::vec(0u8..4, 1..500),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for (coding, mut body) in encoded(&plain) {
            for (index, byte) in &damage {
                let index = index.index(body.len());
                body[index] = *byte;
            }
            let _ = decode_up_to(&[coding], &body, 10_000);
        }
    }
}
