//! Connections in clear text.

use outcall_tests::{
    replica::{H2Replica, Outcall, agreed},
    upstream::{Act, Script},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::stage::Stage;

/// Everything that is answered to these bytes until the gateway closes.
async fn until_close(stage: &Stage, bytes: &str) -> String {
    let mut stream = TcpStream::connect(stage.gateway.addr()).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let stage = Stage::varying("").await;
    let mut session = stage.replica.session().await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(session.send(&Outcall::post("/r").key("k").body("{}")).await.unwrap());
    }
    assert_eq!(agreed(&answers).status, 200);
    assert_eq!(stage.upstream.hits(), 1);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let stage = Stage::varying("").await;
    let outcalls = [
        Outcall::get("/r?1"),
        Outcall::post("/r").key("k").body("{}"),
        Outcall::head("/r?1"),
        Outcall::get("/none"),
        Outcall::get("/r?2"),
    ];
    let mut expected = String::new();
    let mut requests = Vec::new();
    for outcall in &outcalls {
        expected.push_str(&stage.send(outcall).await.raw_text());
        let (head, body) = outcall.encode("g");
        requests.extend([head, body].concat());
    }
    let mut stream = TcpStream::connect(stage.gateway.addr()).await.unwrap();
    stream.write_all(&requests).await.unwrap();
    let mut answers = vec![0; expected.len()];
    stream.read_exact(&mut answers).await.unwrap();
    assert_eq!(String::from_utf8(answers).unwrap(), expected);
}

#[tokio::test]
async fn a_slow_answer_holds_back_those_behind_it_on_its_connection_and_no_other() {
    let gate = outcall_tests::gate::Gate::new();
    let held = gate.clone();
    let script = Script::each(move |seen| match seen.target.as_str() {
        "/u/slow" => Act::Varying.held_at(&held),
        _ => Act::Varying,
    });
    let stage = Stage::of(script, "").await;
    let slow = stage.replica.start(&Outcall::get("/r/slow")).await.unwrap();
    gate.reached().await;
    assert_eq!(stage.send(&Outcall::get("/r/fast")).await.status, 200);
    gate.release();
    assert_eq!(slow.answer().await.unwrap().status, 200);
}

#[tokio::test]
async fn who_asks_to_close_is_told_so_and_reads_the_same_answer() {
    let stage = Stage::varying("").await;
    let kept = stage.send(&Outcall::get("/r")).await.raw_text();
    let closed = until_close(&stage, "GET /r HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n").await;
    assert_eq!(closed, kept.replacen("\r\n\r\n", "\r\nconnection: close\r\n\r\n", 1));
}

#[tokio::test]
async fn http_1_0_is_answered_in_its_own_version() {
    let stage = Stage::varying("").await;
    let expected = stage.send(&Outcall::get("/r")).await.raw_text().replacen("HTTP/1.1", "HTTP/1.0", 1);
    assert_eq!(until_close(&stage, "GET /r HTTP/1.0\r\n\r\n").await, expected);
    let kept = expected.replacen("\r\n\r\n", "\r\nconnection: keep-alive\r\n\r\n", 1);
    let twice = "GET /r HTTP/1.0\r\nconnection: keep-alive\r\n\r\nGET /r HTTP/1.0\r\n\r\n";
    assert_eq!(until_close(&stage, twice).await, format!("{kept}{expected}"));
    let post = "POST /r HTTP/1.0\r\nidempotency-key: k\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(until_close(&stage, post).await, until_close(&stage, post).await);
    assert_eq!(stage.upstream.hits(), 2);
}

#[tokio::test]
async fn http2_in_clear_text_needs_no_upgrade_and_runs_many_calls_side_by_side() {
    let gate = outcall_tests::gate::Gate::new();
    let stage = Stage::of(Script::steps([Act::Varying.held_at(&gate)]), "").await;
    let replica = H2Replica::connect(stage.gateway.addr()).await.unwrap();
    let outcall = Outcall::post("/r").key("k").json("{}");
    let calls = futures_util::future::join_all((0..40).map(|_| replica.send(&outcall)));
    let (answers, ()) = tokio::join!(calls, async {
        gate.reached().await;
        gate.release();
    });
    let over_http1 = stage.send(&outcall).await;
    for answer in answers {
        let answer = answer.unwrap();
        assert_eq!((answer.status, &answer.body), (over_http1.status, &over_http1.body));
    }
    assert_eq!(stage.upstream.finish().await.len(), 1);
}

#[tokio::test]
async fn a_lost_http2_connection_costs_nobody_else_his_answer() {
    let gate = outcall_tests::gate::Gate::new();
    let stage = Stage::of(Script::steps([Act::Varying.held_at(&gate)]), "").await;
    let outcall = Outcall::post("/r").key("k").json("{}");
    let replica = H2Replica::connect(stage.gateway.addr()).await.unwrap();
    tokio::select! {
        answer = replica.send(&outcall) => panic!("answered while the upstream is held: {answer:?}"),
        () = gate.reached() => {}
    }
    drop(replica);
    let follower = stage.replica.start(&outcall).await.unwrap();
    gate.release();
    assert_eq!(follower.answer().await.unwrap().status, 200);
    assert_eq!(stage.upstream.finish().await.len(), 1);
}
