//! Answers at the size that a replica still takes, and one past it.

use outcall_tests::{
    replica::Outcall,
    upstream::{Act, Framing, Reply, Script},
};

use crate::stage::{Stage, refused};

/// What the headers of a JSON answer measure: names and values, `content-length` with so many digits.
fn header_bytes(digits: usize) -> usize {
    "content-type".len() + "application/json".len() + "content-length".len() + digits
}

/// What becomes of an answer with this body length.
async fn answered(bytes: usize, framing: Framing, members: &str, outcall: Outcall) -> (u16, usize, Stage) {
    let reply = Reply::json(&"x".repeat(bytes)).framing(framing);
    let stage = Stage::of(Script::steps([Act::Answer(reply)]), members).await;
    let answer = stage.send(&outcall).await;
    if answer.status != 200 {
        refused(&answer, 502, "answer-too-large", "yes");
        assert_eq!(stage.send(&outcall).await, answer, "the refusal is recorded");
    }
    (answer.status, answer.body.len(), stage)
}

#[tokio::test]
async fn headers_names_and_body_together_may_be_max_bytes_and_not_one_more() {
    for (max, digits, members) in [(1_000, 3, r#""response": {"max_bytes": 1000}"#), (2_000_000, 7, "")] {
        let fits = max - header_bytes(digits);
        for framing in [Framing::ContentLength, Framing::Chunked, Framing::UntilClose] {
            for outcall in [Outcall::get("/r"), Outcall::post("/r").key("k")] {
                let (status, bytes, _) = answered(fits, framing, members, outcall.clone()).await;
                assert_eq!((status, bytes), (200, fits), "{framing:?} of {max}");
                let (status, ..) = answered(fits + 1, framing, members, outcall).await;
                assert_eq!(status, 502, "{framing:?} of {max}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_far_too_large_is_refused_without_being_read_and_never_asked_for_again() {
    let promised = Act::Answer(Reply::json("x").framing(Framing::Claimed(1 << 40)));
    let stage = Stage::of(Script::steps([promised]), "").await;
    refused(&stage.send(&Outcall::get("/r")).await, 502, "answer-too-large", "yes");
}

#[tokio::test]
async fn what_is_dropped_does_not_count() {
    let reply = (0..300)
        .fold(Reply::json("{}"), |reply, number| reply.header(&format!("x-{number}"), &"v".repeat(500)));
    let stage =
        Stage::always(reply.line(b"x-city: Z\xfcrich".as_slice()), r#""response": {"max_bytes": 100}"#).await;
    assert_eq!(stage.send(&Outcall::get("/r")).await.status, 200);
}

/// What becomes of an answer with these kept headers.
async fn kept(headers: &[(&str, String)]) -> u16 {
    let names: Vec<_> = headers.iter().map(|(name, _)| format!("{name:?}")).collect();
    let mut names = names;
    names.dedup();
    let members = format!(r#""response": {{"keep_headers": [{}]}}"#, names.join(","));
    let reply = headers.iter().fold(Reply::new(200), |reply, (name, value)| reply.header(name, value));
    let stage = Stage::always(reply.body("12345"), &members).await;
    let answer = stage.send(&Outcall::get("/r")).await;
    if answer.status == 200 {
        assert_eq!(answer.header_lines.len(), headers.len() + 1);
    } else {
        refused(&answer, 502, "answer-headers", "yes");
    }
    answer.status
}

#[tokio::test]
async fn an_answer_may_have_64_headers_and_not_65() {
    // `content-length` is one of them.
    let tags = |count: usize| vec![("x-tag", "1".to_owned()); count];
    assert_eq!(kept(&tags(63)).await, 200);
    assert_eq!(kept(&tags(64)).await, 502);
}

#[tokio::test]
async fn a_header_value_may_have_8192_bytes_and_not_one_more() {
    assert_eq!(kept(&[("x-a", "v".repeat(8_192))]).await, 200);
    assert_eq!(kept(&[("x-a", "v".repeat(8_193))]).await, 502);
}

#[tokio::test]
async fn headers_may_have_49152_bytes_and_not_one_more() {
    let full = 5 * ("x".len() + 8_192) + "content-length".len() + 1;
    let of = |bytes: usize| {
        let mut headers = vec![("x", "v".repeat(8_192)); 5];
        headers.push(("y", "v".repeat(bytes - full - 1)));
        headers
    };
    assert_eq!(kept(&of(49_152)).await, 200);
    assert_eq!(kept(&of(49_153)).await, 502);
}

#[tokio::test]
async fn a_value_that_a_replica_cannot_read_is_refused_where_it_is_kept() {
    let members = r#""response": {"keep_headers": ["x-city"]}"#;
    let stage = Stage::always(Reply::non_ascii_header(), members).await;
    refused(&stage.send(&Outcall::get("/r")).await, 502, "answer-headers", "yes");
    let control = Stage::always(Reply::non_ascii_header(), "").await;
    assert_eq!(control.send(&Outcall::get("/r")).await.status, 200);
}
