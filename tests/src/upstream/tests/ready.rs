//! The ready-made replies are what they say.

use std::io::Read;

use super::*;
use crate::upstream::BOMB_BYTES;

const TEXT: &str = r#"{"price":"12.50","of":"ICP"}"#;

fn unpacked(mut from: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).unwrap();
    bytes
}

fn line(reply: &Reply, name: &str) -> Option<String> {
    let lines: Vec<_> = reply.lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    crate::wire::values(&lines, name).first().map(|value| (*value).to_owned())
}

#[test]
fn every_coding_unpacks_to_the_text() {
    let text = TEXT.as_bytes();
    assert_eq!(unpacked(flate2::read::GzDecoder::new(&Reply::gzip(TEXT).body[..])), text);
    assert_eq!(unpacked(flate2::read::ZlibDecoder::new(&Reply::deflate(TEXT).body[..])), text);
    assert_eq!(unpacked(flate2::read::DeflateDecoder::new(&Reply::bare_deflate(TEXT).body[..])), text);
    assert_eq!(unpacked(brotli::Decompressor::new(&Reply::brotli(TEXT).body[..], 4096)), text);
    let zstd = Reply::zstd(TEXT);
    assert_eq!(unpacked(ruzstd::decoding::StreamingDecoder::new(&zstd.body[..]).unwrap()), text);
    assert_eq!(line(&zstd, "content-encoding").as_deref(), Some("zstd"));
}

#[test]
fn a_gzip_stream_that_is_cut_short_does_not_unpack() {
    let reply = Reply::gzip_cut_short(TEXT);
    assert!(flate2::read::GzDecoder::new(&reply.body[..]).read_to_end(&mut Vec::new()).is_err());
}

#[test]
fn bombs_are_small_and_unpack_to_ten_megabytes() {
    let (gzip, zstd) = (Reply::gzip_bomb(), Reply::zstd_bomb());
    assert!(gzip.body_bytes() < 20_000 && zstd.body_bytes() < 1_000);
    assert_eq!(unpacked(flate2::read::GzDecoder::new(&gzip.body[..])).len(), BOMB_BYTES);
    assert_eq!(unpacked(ruzstd::decoding::StreamingDecoder::new(&zstd.body[..]).unwrap()).len(), BOMB_BYTES);
}

#[test]
fn no_two_varying_answers_are_the_same() {
    let [one, other] = [Reply::varying(), Reply::varying()];
    assert_ne!(one.body, other.body);
    for name in ["date", "set-cookie", "x-request-id"] {
        assert_ne!(line(&one, name), line(&other, name), "{name}");
    }
}

#[tokio::test]
async fn limits_are_exceeded_by_one() {
    let upstream = Upstream::start(Script::steps([
        Reply::too_many_headers().into(),
        Reply::too_large().into(),
        Reply::non_ascii_header().into(),
    ]))
    .await;
    let (bytes, _) = exchange(&upstream, &last(GET)).await;
    assert_eq!(bytes.split("\r\n\r\n").next().unwrap().lines().count() - 1, 65);
    let (bytes, _) = exchange(&upstream, &last(GET)).await;
    assert_eq!(bytes.split("\r\n\r\n").nth(1).unwrap().len(), 2_000_001);
    let (bytes, _) = exchange(&upstream, &last(GET)).await;
    assert!(bytes.contains("x-city: Z\u{fffd}rich\r\n"));
    upstream.finish().await;
}

#[tokio::test]
async fn statuses_without_a_body_announce_none() {
    let upstream =
        Upstream::start(Script::steps([Reply::no_content().into(), Reply::not_modified().into()])).await;
    assert_eq!(exchange(&upstream, &last(GET)).await.0, "HTTP/1.1 204 Scripted\r\n\r\n");
    assert_eq!(exchange(&upstream, &last(GET)).await.0, "HTTP/1.1 304 Scripted\r\netag: \"1\"\r\n\r\n");
    upstream.finish().await;
}
