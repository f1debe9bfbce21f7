//! Status, framing and order of an answer, on whatever connection it is read.

use outcall_tests::{
    replica::{Answer, H2Replica, Outcall, Subnet, agreed},
    upstream::{Act, Framing, Reply, Script},
};

use crate::stage::Stage;

fn reply() -> Reply {
    Reply::json(r#"{"price": 1}"#)
        .header("Date", "Mon, 02 Nov 2026 10:00:00 GMT")
        .header("Server", "scripted/1")
        .header("X-B", "2")
        .header("Set-Cookie", "a=1")
        .header("X-A", "1")
        .header("X-B", "1")
        .header("Connection", "keep-alive")
        .header("Keep-Alive", "timeout=5")
        .header("Vary", "accept")
        .header("Age", "3")
}

#[tokio::test]
async fn an_answer_has_its_type_its_length_and_nothing_else() {
    let stage = Stage::always(reply(), "").await;
    let answer = stage.send(&Outcall::get("/r")).await;
    let expected =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{\"price\": 1}";
    assert_eq!(answer.raw_text(), expected);
}

#[tokio::test]
async fn it_is_the_same_on_every_connection_and_in_every_protocol() {
    let stage = Stage::of(
        Script::steps([Act::Answer(reply()), Act::Answer(reply())]),
        r#""response": {"keep_headers": ["x-b", "content-type", "X-A"]}"#,
    )
    .await;
    for outcall in [Outcall::get("/r"), Outcall::post("/r").key("k").json("{}")] {
        let mut answers = Subnet::new(stage.gateway.addr(), 13).burst(&outcall).await;
        let mut session = stage.replica.session().await.unwrap();
        for _ in 0..3 {
            answers.push(session.send(&outcall).await.unwrap());
        }
        let answer = agreed(&answers);
        let lines = ["content-type: application/json", "x-a: 1", "x-b: 2", "x-b: 1", "content-length: 12"];
        assert_eq!(answer.header_lines, lines);

        let replica = H2Replica::connect(stage.gateway.addr()).await.unwrap();
        for _ in 0..2 {
            let over_h2 = replica.send(&outcall).await.unwrap();
            let found: Vec<_> = over_h2
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
                .collect();
            assert_eq!((over_h2.status, found.as_slice()), (answer.status, answer.header_lines.as_slice()));
            assert_eq!(over_h2.body, answer.body);
        }
    }
    assert_eq!(stage.upstream.finish().await.len(), 2);
}

#[tokio::test]
async fn what_the_client_says_of_its_connection_or_itself_changes_nothing() {
    let stage = Stage::always(Act::Varying, "").await;
    let plain = stage.send(&Outcall::get("/r")).await;
    for (name, value) in [
        ("accept-encoding", "gzip, br"),
        ("connection", "keep-alive"),
        ("te", "trailers"),
        ("range", "bytes=0-3"),
        ("if-none-match", "*"),
        ("cookie", "a=1"),
        ("origin", "https://example.com"),
    ] {
        assert_eq!(
            agreed(&[stage.send(&Outcall::get("/r").header(name, value)).await, plain.clone()]).status,
            200
        );
    }
}

#[tokio::test]
async fn the_upstreams_framing_leaves_no_trace() {
    let mut answers = Vec::new();
    for framing in [Framing::ContentLength, Framing::Chunked, Framing::UntilClose] {
        let stage = Stage::always(reply().framing(framing).trailer("x-a", "late"), "").await;
        answers.push(stage.send(&Outcall::get("/r")).await);
    }
    let interim = Act::Informational(vec![100, 103, 102], Box::new(Act::Answer(reply())));
    answers.push(Stage::always(interim, "").await.send(&Outcall::get("/r")).await);
    agreed(&answers);
}

#[tokio::test]
async fn an_empty_body_has_a_length_of_0() {
    for status in [200, 201, 202, 205, 301, 404, 500] {
        for framing in [Framing::ContentLength, Framing::Chunked, Framing::UntilClose] {
            let stage = Stage::always(Reply::new(status).framing(framing), "").await;
            let answer = stage.send(&Outcall::post("/r").key("k")).await;
            assert_eq!(
                (answer.status, answer.header_lines.as_slice()),
                (status, ["content-length: 0".to_owned()].as_slice())
            );
        }
    }
}

fn bodiless(answer: &Answer, status: u16, lines: &[&str]) {
    assert_eq!((answer.status, answer.body.len()), (status, 0), "{answer:?}");
    assert_eq!(answer.header_lines, lines, "{answer:?}");
    assert!(answer.raw.ends_with(b"\r\n\r\n"));
}

#[tokio::test]
async fn what_has_no_body_has_no_length() {
    let typed = ["content-type: application/json"];
    let kept = r#""response": {"keep_headers": ["etag"]}"#;
    for framing in [Framing::ContentLength, Framing::Chunked, Framing::Nothing, Framing::Claimed(77)] {
        let stage = Stage::always(reply().framing(framing), "").await;
        let answers = [stage.send(&Outcall::head("/r")).await, stage.send(&Outcall::head("/r")).await];
        bodiless(agreed(&answers), 200, &typed);
    }
    let stage = Stage::always(Reply::no_content(), "").await;
    bodiless(&stage.send(&Outcall::get("/r")).await, 204, &[]);
    bodiless(&stage.send(&Outcall::new("DELETE", "/r").key("k")).await, 204, &[]);
    bodiless(&stage.send(&Outcall::head("/r")).await, 204, &[]);
    let stage = Stage::always(Reply::not_modified(), kept).await;
    bodiless(&stage.send(&Outcall::get("/r")).await, 304, &["etag: \"1\""]);
    let stage =
        Stage::always(Reply::new(304).header("content-length", "5").framing(Framing::Nothing), "").await;
    bodiless(&stage.send(&Outcall::get("/r")).await, 304, &[]);
}

#[tokio::test]
async fn what_has_no_body_is_followed_by_the_next_answer() {
    let stage = Stage::always(reply(), "").await;
    let mut session = stage.replica.session().await.unwrap();
    for _ in 0..2 {
        assert_eq!(session.send(&Outcall::head("/r")).await.unwrap().body.len(), 0);
        assert_eq!(session.send(&Outcall::get("/r")).await.unwrap().body.len(), 12);
        assert_eq!(session.send(&Outcall::head("/none")).await.unwrap().status, 404);
    }
}

#[tokio::test]
async fn every_status_is_recorded_as_it_came() {
    for status in [
        200, 201, 203, 206, 226, 299, 300, 302, 307, 400, 401, 403, 404, 409, 418, 429, 451, 499, 500, 503,
        599,
    ] {
        let reply = Reply::new(status).header("location", "/elsewhere").body(format!("{status}"));
        let stage = Stage::of(Script::steps([Act::Answer(reply)]), "").await;
        let answers = Subnet::new(stage.gateway.addr(), 4).burst(&Outcall::post("/r").key("k")).await;
        assert_eq!((agreed(&answers).status, agreed(&answers).text()), (status, status.to_string()));
        assert_eq!(
            stage.upstream.finish().await.len(),
            1,
            "{status} is not followed and not asked for again"
        );
    }
}
