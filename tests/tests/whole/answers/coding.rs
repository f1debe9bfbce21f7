//! Content codings: undone, whatever they are, or refused in one voice.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use outcall_tests::{
    replica::Outcall,
    upstream::{Act, Framing, Reply, Script},
};

use crate::stage::{Stage, refused};

const JSON: &str = r#"{"price": 1.10, "pad": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4_096, 5, 22);
    encoder.write_all(bytes).unwrap();
    encoder.into_inner()
}

/// A zstd frame of so many blocks of 128 KiB, each one byte repeated (RFC 8878, section 3.1.1).
fn zstd_zeros(blocks: u32) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000];
    frame.extend((blocks << 17).to_le_bytes());
    for block in 1..=blocks {
        let header = u32::from(block == blocks) | 1 << 1 | 1 << 17 << 3;
        frame.extend(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

async fn decoded(what: &str, reply: Reply) {
    let stage = Stage::always(reply, "").await;
    let answer = stage.send(&Outcall::get("/r")).await;
    let length = format!("content-length: {}", JSON.len());
    assert_eq!((answer.status, answer.text().as_str()), (200, JSON), "{what}");
    assert_eq!(answer.header_lines, ["content-type: application/json", &length], "{what}");
}

async fn undecodable(what: &str, reply: Reply, kind: &str) {
    let stage = Stage::of(Script::steps([Act::Answer(reply)]), "").await;
    let outcall = Outcall::post("/r").key("k");
    let answer = stage.send(&outcall).await;
    assert_eq!(answer.status, 502, "{what}: {answer:?}");
    refused(&answer, 502, kind, "yes");
    assert_eq!(stage.send(&outcall).await, answer, "{what}: it is recorded");
}

#[tokio::test]
async fn every_coding_that_we_offer_is_undone() {
    decoded("gzip", Reply::gzip(JSON)).await;
    decoded("br", Reply::brotli(JSON)).await;
    decoded("zstd", Reply::zstd(JSON)).await;
    decoded("deflate", Reply::deflate(JSON)).await;
    decoded("bare deflate", Reply::bare_deflate(JSON)).await;
}

/// The connection undoes `chunked` alone; what it leaves would otherwise pass for the body.
#[tokio::test]
async fn a_transfer_coding_that_nobody_asked_for_is_refused() {
    let coded = |framing| {
        Reply::new(200).header("Transfer-Encoding", "gzip").body(gzip(JSON.as_bytes())).framing(framing)
    };
    undecodable("gzip, chunked", coded(Framing::Chunked), "answer-coding").await;
    undecodable("gzip", coded(Framing::UntilClose), "answer-coding").await;
    decoded("chunked", Reply::json(JSON).framing(Framing::Chunked)).await;
}

#[tokio::test]
async fn other_names_of_a_coding_and_none_at_all_are_understood() {
    decoded("x-gzip", Reply::encoded("x-gzip", gzip(JSON.as_bytes()))).await;
    decoded("GZip", Reply::encoded("GZip", gzip(JSON.as_bytes()))).await;
    decoded("identity", Reply::encoded("identity", JSON.into())).await;
    decoded("empty", Reply::encoded("", JSON.into())).await;
}

#[tokio::test]
async fn codings_on_top_of_each_other_are_undone_from_the_last_to_the_first() {
    decoded("a list", Reply::encoded("gzip, br", brotli(&gzip(JSON.as_bytes())))).await;
    decoded("twice", Reply::encoded("gzip,gzip", gzip(&gzip(JSON.as_bytes())))).await;
    let lines = Reply::json("").header("content-encoding", "br").header("content-encoding", "gzip");
    decoded("two lines", lines.body(gzip(&brotli(JSON.as_bytes())))).await;
    let four = (0..4).fold(JSON.as_bytes().to_vec(), |bytes, _| gzip(&bytes));
    undecodable("four", Reply::encoded("gzip, gzip, gzip, gzip", four), "answer-coding").await;
}

#[tokio::test]
async fn what_cannot_be_undone_is_refused() {
    undecodable("cut short", Reply::gzip_cut_short(JSON), "answer-coding").await;
    undecodable("no gzip", Reply::encoded("gzip", JSON.into()), "answer-coding").await;
    undecodable("no br", Reply::encoded("br", b"\xff\xff\xff".to_vec()), "answer-coding").await;
    undecodable("no zstd", Reply::encoded("zstd", JSON.into()), "answer-coding").await;
    undecodable("a zstd window beyond HTTP's", Reply::zstd_bomb(), "answer-coding").await;
    undecodable("no deflate", Reply::encoded("deflate", b"\xff\xff".to_vec()), "answer-coding").await;
    undecodable("unknown", Reply::encoded("compress", JSON.into()), "answer-coding").await;
    undecodable("unknown on top", Reply::encoded("gzip, x", gzip(JSON.as_bytes())), "answer-coding").await;
    let mut corrupt = gzip(JSON.as_bytes());
    let checksum = corrupt.len() - 6;
    corrupt[checksum] ^= 1;
    undecodable("a wrong checksum", Reply::encoded("gzip", corrupt), "answer-coding").await;
    let surplus = [gzip(JSON.as_bytes()), b"surplus".to_vec()].concat();
    undecodable("a surplus", Reply::encoded("gzip", surplus), "answer-coding").await;
}

#[tokio::test]
async fn bombs_are_refused_before_they_go_off() {
    undecodable("gzip", Reply::gzip_bomb(), "answer-too-large").await;
    undecodable("zstd", Reply::encoded("zstd", zstd_zeros(32)), "answer-too-large").await;
    undecodable("br", Reply::encoded("br", brotli(&vec![0; 10_000_000])), "answer-too-large").await;
    undecodable(
        "nested",
        Reply::encoded("gzip, gzip", gzip(&gzip(&vec![0; 10_000_000]))),
        "answer-too-large",
    )
    .await;
}

#[tokio::test]
async fn the_bound_of_an_answer_counts_decoded_bytes() {
    let headers = "content-typeapplication/jsoncontent-length123".len();
    for (bytes, status) in [(1_000 - headers, 200), (1_001 - headers, 502)] {
        let reply = Reply::gzip(&"1".repeat(bytes));
        let stage = Stage::always(reply, r#""response": {"max_bytes": 1000}"#).await;
        assert_eq!(stage.send(&Outcall::get("/r")).await.status, status, "{bytes}");
    }
}

#[tokio::test]
async fn errors_are_decoded_too_and_head_has_nothing_to_decode() {
    let mut answers = Vec::new();
    for reply in
        [Reply::new(404).body("gone"), Reply::new(404).header("content-encoding", "gzip").body(gzip(b"gone"))]
    {
        let stage = Stage::always(reply.header("content-type", "text/plain"), "").await;
        answers.push(stage.send(&Outcall::get("/r")).await);
    }
    assert_eq!(outcall_tests::replica::agreed(&answers).text(), "gone");
    for coding in ["gzip", "compress"] {
        let stage = Stage::always(Reply::encoded(coding, Vec::new()), "").await;
        let answer = stage.send(&Outcall::head("/r")).await;
        assert_eq!(
            (answer.status, answer.header_lines.as_slice()),
            (200, ["content-type: application/json".to_owned()].as_slice())
        );
    }
}

#[tokio::test]
async fn a_decoded_answer_is_shaped() {
    let stage =
        Stage::always(Reply::gzip(JSON), r#""response": {"jq": ".price", "canonical_json": true}"#).await;
    assert_eq!(stage.send(&Outcall::get("/r")).await.text(), "1.10");
}
