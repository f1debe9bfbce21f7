//! Row 2, the deadline: what was sent and not answered in time is unknown, or, where it is safe to repeat, a 504.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const SHORT: &str = r#""timeout": "300ms""#;

/// The ways in which an answer does not come.
fn late() -> [(&'static str, Act); 2] {
    [
        ("no answer", Act::Hang),
        ("no answer after an interim one", Act::Informational(vec![100, 103], Box::new(Act::Hang))),
    ]
}

#[tokio::test]
async fn a_deadline_leaves_what_must_not_be_repeated_unknown() {
    for (how, act) in late() {
        for_each(UNSAFE, async |kind| {
            eprintln!("{kind:?}: {how}");
            let (answer, upstream) = against(kind, SHORT, Script::steps([act.clone()])).await;
            assert_problem(kind, &answer, 502, "outcome-unknown", "unknown");
            assert_eq!((upstream.hits(), upstream.connections()), (1, 1), "{kind:?}: {how}");
            upstream.finish().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_deadline_is_a_504_where_it_is_safe_to_repeat() {
    for (how, act) in late() {
        for_each(SAFE, async |kind| {
            eprintln!("{kind:?}: {how}");
            // The deadline is the whole call's: there is no time for a second attempt.
            let (answer, upstream) = against(kind, SHORT, Script::steps([act.clone()])).await;
            assert_problem(kind, &answer, 504, "upstream-timeout", "unknown");
            assert_eq!(upstream.hits(), 1, "{kind:?}: {how}");
            upstream.finish().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_reset_and_then_a_deadline_is_a_504_where_it_is_safe_to_repeat() {
    for_each(SAFE, async |kind| {
        let script = Script::steps([Act::ResetAfterReading, Act::Hang]);
        let (answer, upstream) = against(kind, r#""timeout": "1s""#, script).await;
        assert_problem(kind, &answer, 504, "upstream-timeout", "unknown");
        assert_eq!(upstream.hits(), 2, "{kind:?}");
    })
    .await;
}

/// An upstream for one request, which gets this beginning of an answer and nothing more while the connection stands.
async fn stalling_after(beginning: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/u", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0]).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    url
}

#[tokio::test]
async fn a_call_that_is_too_late_is_abandoned_upstream() {
    for_each(ALL, async |kind| {
        let (_, upstream) = against(kind, SHORT, Script::steps([Act::Hang])).await;
        upstream.abandoned_by(1).await;
    })
    .await;
}

#[tokio::test]
async fn a_deadline_over_http2_is_the_same() {
    for_each(ALL, async |kind| {
        let (answer, upstream) = against_h2(kind, SHORT, Script::steps([H2Act::Hang])).await;
        match SAFE.contains(&kind) {
            true => assert_problem(kind, &answer, 504, "upstream-timeout", "unknown"),
            false => assert_problem(kind, &answer, 502, "outcome-unknown", "unknown"),
        }
        assert_eq!(upstream.hits(), 1, "{kind:?}");
        upstream.abandoned_by(1).await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_stalls_in_its_middle_is_too_late_as_well() {
    for beginning in [
        b"HTTP/1.1 200 Scripted\r\ncontent-type: appl".as_slice(),
        b"HTTP/1.1 200 Scripted\r\ncontent-length: 40\r\n\r\n{\"half\": \"of the bod",
        b"HTTP/1.1 200 Scripted\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 Scripted\r\nconnection: close\r\n\r\n{}",
    ] {
        for_each(ALL, async |kind| {
            // The upstream takes one connection; a second request would be refused, and the answer another.
            let gateway = Gateway::start(&config(&stalling_after(beginning).await, SHORT, None)).await;
            let answer = everybody(&gateway, &kind.outcall()).await;
            match SAFE.contains(&kind) {
                true => assert_problem(kind, &answer, 504, "upstream-timeout", "unknown"),
                false => assert_problem(kind, &answer, 502, "outcome-unknown", "unknown"),
            }
        })
        .await;
    }
}
