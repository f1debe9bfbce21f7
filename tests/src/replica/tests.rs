use super::{Answer, Outcall, Replica, Stage, Subnet, agreed, first_difference};
use crate::gate::Gate;
use crate::schedule::Schedule;
use crate::tls::Authority;
use crate::upstream::{Act, Framing, Reply, Script, Upstream};

mod agreement;
mod http2;

fn pay() -> Outcall {
    Outcall::post("/pay").key("k").json(r#"{"icp":5}"#)
}

#[tokio::test]
async fn a_request_looks_as_the_adapter_makes_it() {
    let upstream = Upstream::start(Script::always(Act::json("{}"))).await;
    let replica = Replica::new(upstream.addr());
    let call = pay().header("X-Tag", "1").header("Accept", "*/*").header("x-tag", "2");
    replica.send(&call).await.unwrap();
    replica.send(&Outcall::get("/price").header("User-Agent", "mine")).await.unwrap();

    let host = format!("host: {}", upstream.addr());
    let seen = upstream.finish().await;
    assert_eq!(
        seen[0].header_lines,
        [
            "idempotency-key: k",
            "content-type: application/json",
            "x-tag: 1",
            "x-tag: 2",
            "accept: */*",
            "user-agent: ic/1.0",
            &host,
            "content-length: 9"
        ]
    );
    assert_eq!(seen[0].text(), r#"{"icp":5}"#);
    assert_eq!(seen[1].header_lines, ["user-agent: mine", &host]);
}

#[tokio::test]
async fn an_answer_keeps_the_bytes_of_the_wire() {
    let reply = Reply::new(200).header("X-Spelled", "So").body("all").framing(Framing::Chunked);
    let upstream = Upstream::start(Script::steps([reply.into()])).await;
    let answer = Replica::new(upstream.addr()).send(&pay()).await.unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "all"));
    assert_eq!(answer.header_lines, ["X-Spelled: So", "transfer-encoding: chunked"]);
    assert!(answer.raw_text().ends_with("\r\n\r\n3\r\nall\r\n0\r\n\r\n"));
    upstream.finish().await;
}

#[tokio::test]
async fn redirects_are_not_followed_and_nothing_is_unpacked() {
    let upstream =
        Upstream::start(Script::steps([Reply::redirect(307, "/elsewhere").into(), Reply::gzip("{}").into()]))
            .await;
    let replica = Replica::new(upstream.addr());
    assert_eq!(replica.send(&pay()).await.unwrap().header("Location"), Some("/elsewhere"));
    assert_eq!(replica.send(&pay()).await.unwrap().body[..2], [0x1f, 0x8b]);
    upstream.finish().await;
}

#[tokio::test]
async fn every_framing_is_read_to_its_end() {
    let reply = || Reply::new(200).body("all");
    let upstream = Upstream::start(Script::steps([
        reply().framing(Framing::UntilClose).into(),
        Reply::no_content().into(),
        reply().into(),
        Act::Informational(vec![103], Box::new(reply().into())),
    ]))
    .await;
    let replica = Replica::new(upstream.addr());
    assert_eq!(replica.send(&pay()).await.unwrap().text(), "all");
    assert_eq!(replica.send(&pay()).await.unwrap().status, 204);
    assert_eq!(replica.send(&Outcall::head("/")).await.unwrap().header("content-length"), Some("3"));
    let answer = replica.send(&pay()).await.unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "all"));
    assert!(answer.raw_text().starts_with("HTTP/1.1 103 Interim"));
    upstream.finish().await;
}

#[tokio::test]
async fn half_an_answer_and_a_surplus_are_errors() {
    let upstream =
        Upstream::start(Script::steps([Act::promises_more(), Act::sends_more(), Act::Garbage])).await;
    let replica = Replica::new(upstream.addr());
    for _ in 0..3 {
        replica.send(&pay()).await.unwrap_err();
    }
    upstream.finish().await;
}

#[tokio::test]
async fn a_replica_breaks_off_where_it_is_told() {
    let upstream = Upstream::start(Script::steps([Act::Hang])).await;
    let replica = Replica::new(upstream.addr());
    for stage in Stage::ALL {
        replica.send_and_leave(&pay(), stage).await.unwrap();
    }
    // Only the last one sent a whole request.
    upstream.abandoned_by(1).await;
    assert_eq!(upstream.finish().await[0].text(), r#"{"icp":5}"#);
}

#[tokio::test]
async fn a_pending_request_can_be_abandoned_and_made_again() {
    let gate = Gate::new();
    let upstream = Upstream::start(Script::steps([Act::json("1").held_at(&gate), Act::json("2")])).await;
    let replica = Replica::new(upstream.addr());
    let pending = replica.start(&pay()).await.unwrap();
    gate.reached().await;
    pending.abandon().unwrap();
    upstream.abandoned_by(1).await;
    assert_eq!(replica.send(&pay()).await.unwrap().text(), "2");
    assert_eq!(upstream.finish().await.len(), 2);
}

#[tokio::test]
async fn a_resend_is_the_same_request_on_another_connection() {
    let upstream = Upstream::start(Script::always(Act::json("{}"))).await;
    Replica::new(upstream.addr()).send_twice(&pay()).await.unwrap();
    Replica::new(upstream.addr()).resend(&pay(), Stage::AfterHead).await.unwrap();
    let seen = upstream.finish().await;
    assert!(
        seen.iter().all(|again| again.header_lines == seen[0].header_lines && again.body == seen[0].body)
    );
    assert_eq!(seen.len(), 3);
    assert_ne!(seen[0].connection, seen[1].connection);
}

#[tokio::test]
async fn a_session_carries_one_call_after_the_other() {
    let upstream = Upstream::start(Script::steps([Act::json("1"), Act::CloseIdle(Reply::json("2"))])).await;
    let mut session = Replica::new(upstream.addr()).session().await.unwrap();
    assert_eq!(session.send(&pay()).await.unwrap().text(), "1");
    assert_eq!(session.send(&pay()).await.unwrap().text(), "2");
    assert!(session.closed().await.unwrap());
    assert_eq!(upstream.finish().await[1].connection, 0);
}

#[tokio::test]
async fn a_replica_speaks_tls_with_those_it_trusts() {
    let authority = Authority::new();
    let until_close = Reply::json("{}").framing(Framing::UntilClose);
    let upstream =
        Upstream::start_tls(Script::steps([Act::json("{}"), until_close.into()]), &authority).await;
    let replica = Replica::over_tls(upstream.addr(), &authority);
    assert_eq!(replica.send(&pay()).await.unwrap().text(), "{}");
    assert_eq!(replica.send(&pay()).await.unwrap().text(), "{}");
    let stranger = Authority::new();
    Replica::over_tls(upstream.addr(), &stranger).send(&pay()).await.unwrap_err();
    assert_eq!(upstream.finish().await[0].header("host").unwrap().split(':').next(), Some("localhost"));
}
