//! Row 1: nothing was sent. It is tried again whatever the request is, and `executed` is `"no"`.

use outcall_tests::upstream::Refusing;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::*;

async fn everybody_at(kind: Kind, url: &str, members: &str, authority: Option<&Authority>) -> Answer {
    let gateway = Gateway::start(&config(url, members, authority)).await;
    everybody(&gateway, &kind.outcall()).await
}

#[tokio::test]
async fn a_refused_connection_is_unreachable_for_everybody() {
    let refusing = Refusing::bind();
    for_each(ALL, async |kind| {
        let answer = everybody_at(kind, &refusing.url("/u"), "", None).await;
        assert_problem(kind, &answer, 502, "upstream-unreachable", "no");
    })
    .await;
}

#[tokio::test]
async fn a_name_without_an_address_is_unreachable_for_everybody() {
    for_each(ALL, async |kind| {
        let answer = everybody_at(kind, "http://nowhere.invalid/", "", None).await;
        assert_problem(kind, &answer, 502, "upstream-unreachable", "no");
    })
    .await;
}

#[tokio::test]
async fn an_upstream_whose_certificate_is_not_trusted_never_gets_the_request() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for_each(ALL, async |kind| {
        let upstream = Upstream::start_tls(Script::steps([]), &stranger).await;
        let answer = everybody_at(kind, &upstream.url("/u"), "", Some(&authority)).await;
        assert_problem(kind, &answer, 502, "upstream-unreachable", "no");
        assert_eq!((upstream.hits(), upstream.connections()), (0, ATTEMPTS), "{kind:?}");
    })
    .await;
}

/// The control: the same upstream, trusted.
#[tokio::test]
async fn an_upstream_whose_certificate_is_trusted_gets_the_request_once() {
    for_each(ALL, async |kind| {
        let (answer, upstream) = against_tls(kind, Script::steps([Act::json("{}")])).await;
        assert_passed_on(kind, &answer, 200, "{}");
        assert_eq!((upstream.hits(), upstream.connections()), (1, 1), "{kind:?}");
    })
    .await;
}

#[tokio::test]
async fn a_reset_in_the_tls_handshake_is_unreachable_for_everybody() {
    for_each(ALL, async |kind| {
        let (answer, upstream) = against_tls(kind, Script::always(Act::ResetOnAccept)).await;
        assert_problem(kind, &answer, 502, "upstream-unreachable", "no");
        assert_eq!((upstream.hits(), upstream.connections()), (0, ATTEMPTS), "{kind:?}");
    })
    .await;
}

#[tokio::test]
async fn after_a_reset_in_the_tls_handshake_any_request_is_tried_again() {
    for_each(ALL, async |kind| {
        let steps = [Act::ResetOnAccept, Act::ResetOnAccept, Act::ResetOnAccept, Act::json("{}")];
        let (answer, upstream) = against_tls(kind, Script::steps(steps)).await;
        assert_passed_on(kind, &answer, 200, "{}");
        assert_eq!(upstream.hits(), 1, "{kind:?}");
    })
    .await;
}

/// The system accepts the connection, and nobody ever answers the client's hello.
#[tokio::test]
async fn a_tls_handshake_that_hangs_until_the_deadline_is_unreachable_for_everybody() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/u", silent.local_addr().unwrap().port());
    for_each(ALL, async |kind| {
        let answer = everybody_at(kind, &url, r#""timeout": "300ms""#, None).await;
        assert_problem(kind, &answer, 502, "upstream-unreachable", "no");
    })
    .await;
}

/// A queue for one connection that is full: Linux drops the next one's SYN.
#[tokio::test]
async fn a_connection_that_hangs_until_the_deadline_is_unreachable_for_everybody() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let _in_the_queue = TcpStream::connect(address).await.unwrap();
    for_each(ALL, async |kind| {
        let answer = everybody_at(kind, &format!("http://{address}/u"), r#""timeout": "300ms""#, None).await;
        assert_problem(kind, &answer, 502, "upstream-unreachable", "no");
    })
    .await;
}

/// In clear text it is a race whether the request was written before the reset came. Either way nothing is executed,
/// and the answer is honest: `"no"` only where nothing can have been sent.
#[tokio::test]
async fn a_reset_on_accept_in_clear_text_is_answered_honestly() {
    for_each(ALL, async |kind| {
        let (answer, upstream) = against(kind, "", Script::always(Act::ResetOnAccept)).await;
        let body = answer.problem();
        let found = (body["type"].as_str().unwrap(), body["executed"].as_str().unwrap());
        let sent = if SAFE.contains(&kind) { "upstream-failed" } else { "outcome-unknown" };
        let sent = format!("urn:outcall-gateway:{sent}");
        let honest = [("urn:outcall-gateway:upstream-unreachable", "no"), (sent.as_str(), "unknown")];
        assert!(honest.contains(&found), "{kind:?}: {found:?} is none of {honest:?}");
        assert_eq!(upstream.hits(), 0, "{kind:?}");
    })
    .await;
}
