//! Who reads slowly gets the whole answer, also when everything else is over.

use std::time::Duration;

use h2::client::handshake;
use http::Request;
use outcall_gateway::limits;
use outcall_tests::{
    gateway::Gateway,
    replica::{Outcall, Replica},
    upstream::{Reply, Script, Upstream},
};
use tokio::net::TcpStream;

use crate::config::route;

/// As much as a replica accepts, but for the headers.
const BODY_BYTES: usize = limits::ANSWER_BYTES_MAX - 1_000;

/// More than connections that have nothing left to say get. To wait for real is the subject here.
async fn longer_than_the_grace() {
    tokio::time::sleep(limits::CLOSE_GRACE + Duration::from_millis(500)).await;
}

/// Over HTTP/2, where it is the reader who says how much may be on its way: over HTTP/1.1 the system takes the whole
/// answer from the gateway at once.
#[tokio::test]
async fn a_large_answer_is_written_to_its_end_behind_the_end_of_the_drain() {
    let body: Vec<u8> = (0..=255).cycle().take(BODY_BYTES).collect();
    let script = Script::steps([Reply::new(200).body(body.clone()).into()]);
    let upstream = Upstream::start(script).await;
    let gateway = Gateway::start(&route("/r", &upstream.url("/u"))).await;
    let mut idle = Replica::new(gateway.addr()).session().await.unwrap();
    assert_eq!(idle.send(&Outcall::get("/r").key("k")).await.unwrap().body.len(), BODY_BYTES);

    let (mut slow, connection) = handshake(TcpStream::connect(gateway.addr()).await.unwrap()).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get("http://g/r").header("idempotency-key", "k").body(()).unwrap();
    let (answer, _) = slow.send_request(request, true).unwrap();
    let mut answer = answer.await.unwrap().into_body();

    let stopped = gateway.drain();
    assert!(idle.closed().await.unwrap(), "an idle connection is closed when the drain is over");
    longer_than_the_grace().await;
    assert!(!stopped.is_finished(), "the gateway left in the middle of an answer");
    let mut read = Vec::new();
    while let Some(data) = answer.data().await {
        let data = data.unwrap_or_else(|error| panic!("cut off after {} bytes: {error}", read.len()));
        answer.flow_control().release_capacity(data.len()).unwrap();
        read.extend(data);
    }
    assert!(read == body, "{} bytes, which are not the recorded answer", read.len());
    drop(slow);
    connection.await.unwrap().unwrap();
    stopped.await.unwrap();
    upstream.finish().await;
}
