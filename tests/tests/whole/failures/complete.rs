//! Rows 3 and 4: a complete response is recorded as it came, whatever it says, and never asked for again.

use outcall_tests::upstream::Reply;

use super::*;

/// Complete responses with a meaning that tempts a proxy to act on it.
fn complete() -> Vec<Reply> {
    let with =
        |status: u16| Reply::new(status).header("content-type", "text/plain").body(format!("{status}!"));
    let mut replies: Vec<Reply> =
        [200, 201, 400, 401, 404, 408, 409, 418, 421, 425, 429, 500, 502, 503, 504, 599].map(with).into();
    replies.push(Reply::too_many_requests());
    replies.push(Reply::unavailable());
    replies.push(Reply::server_error());
    replies
}

#[tokio::test]
async fn a_complete_response_is_recorded_for_everybody_and_asked_for_once() {
    for reply in complete() {
        for_each(ALL, async |kind| {
            let (answer, upstream) = against(kind, "", Script::steps([reply.clone().into()])).await;
            let (status, body) = reply_parts(&reply);
            assert_passed_on(kind, &answer, status, &body);
            assert_eq!(upstream.finish().await.len(), 1, "{kind:?}: {status}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_complete_response_over_http2_is_recorded_for_everybody_and_asked_for_once() {
    for reply in [Reply::json("{}"), Reply::unavailable(), Reply::too_many_requests()] {
        for_each(ALL, async |kind| {
            let (answer, upstream) =
                against_h2(kind, "", Script::steps([H2Act::Answer(reply.clone())])).await;
            let (status, body) = reply_parts(&reply);
            assert_passed_on(kind, &answer, status, &body);
            assert_eq!(upstream.finish().await.len(), 1, "{kind:?}: {status}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_response_without_a_body_is_complete() {
    for reply in [Reply::no_content(), Reply::not_modified()] {
        for_each(ALL, async |kind| {
            let (answer, upstream) = against(kind, "", Script::steps([reply.clone().into()])).await;
            let (status, _) = reply_parts(&reply);
            assert_eq!((answer.status, answer.text().as_str()), (status, ""), "{kind:?}");
            assert_eq!(upstream.finish().await.len(), 1, "{kind:?}: {status}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_redirect_is_recorded_and_never_followed() {
    let elsewhere = Upstream::start(Script::steps([])).await;
    for status in [301, 302, 303, 307, 308] {
        for_each(ALL, async |kind| {
            let script = Script::steps([Reply::redirect(status, &elsewhere.url("/paid")).into()]);
            let kept = r#""response": {"keep_headers": ["location"]}"#;
            let (answer, upstream) = against(kind, kept, script).await;
            assert_eq!(answer.status, status, "{kind:?}");
            assert_eq!(answer.header("location"), Some(elsewhere.url("/paid").as_str()), "{kind:?}");
            assert_eq!(upstream.finish().await.len(), 1, "{kind:?}: {status}");
        })
        .await;
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn interim_answers_are_dropped() {
    for_each(ALL, async |kind| {
        let act = Act::Informational(vec![100, 103, 102, 103], Box::new(Act::json("{}")));
        let (answer, upstream) = against(kind, "", Script::steps([act])).await;
        assert_passed_on(kind, &answer, 200, "{}");
        assert!(answer.raw_text().starts_with("HTTP/1.1 200 OK\r\n"), "{kind:?}: {}", answer.raw_text());
        assert_eq!(upstream.finish().await.len(), 1, "{kind:?}");
    })
    .await;
}

/// The control to `a_complete_response_is_recorded…`: the upstream would have changed its mind.
#[tokio::test]
async fn without_the_gateway_the_same_upstream_gives_thirteen_answers() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let answers = Subnet::new(upstream.addr(), 13).burst(&Kind::Post.outcall()).await;
    assert_eq!(upstream.hits(), 13);
    assert!(answers.iter().any(|answer| answer != &answers[0]), "the control cannot fail");
}

/// What the upstream sends, as the replicas should see it.
fn reply_parts(reply: &Reply) -> (u16, String) {
    (reply.status(), String::from_utf8_lossy(reply.bytes()).into_owned())
}
