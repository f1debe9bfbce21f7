//! What is signed, what is not, and that all replicas get the same receipt.

use outcall_tests::{
    gateway::Gateway,
    replica::{Outcall, Replica, Subnet, agreed},
    upstream::{Act, Reply, Script, Upstream},
};

use super::*;
use crate::stage::refused;

/// A route whose every member that matters is default, with the receipts of `now`.
async fn gateway(upstream: &Upstream, members: &str) -> Gateway {
    let route = format!(r#""/r": {{"upstream": "{}"{members}}}"#, upstream.url("/u"));
    Gateway::start(&format!("{{{route}, {}}}", signing("now"))).await
}

fn pay(key: &str) -> Outcall {
    Outcall::post("/r?a=%2Fb").key(key).json(r#"{"amount":5}"#)
}

#[tokio::test]
async fn thirteen_replicas_and_late_ones_get_one_receipt_that_holds_of_their_request() {
    let upstream = Upstream::start(Script::steps([Act::Varying, Act::Varying, Act::Varying])).await;
    let gateway = gateway(&upstream, "").await;
    let subnet = Subnet::new(gateway.addr(), 13);
    for outcall in [
        pay("k"),
        Outcall::get("/r").header("Accept", "b").header("accept", "a"),
        Outcall::get("/r").key("\"k-2\""),
    ] {
        let mut answers = subnet.burst(&outcall).await;
        answers.extend(subnet.burst(&outcall).await);
        let answer = agreed(&answers);
        let receipt =
            verified(&["now"], &outcall, answer).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
        assert_eq!(receipt.signed, ["content-type", "content-digest", "outcall-request"]);
        // The control: of the same with another body it does not hold.
        let other = outcall.clone().body("{}");
        assert_eq!(verified(&["now"], &other, answer), Err(ReceiptError::OtherRequest));
    }
    upstream.finish().await;
}

#[tokio::test]
async fn every_recorded_failure_is_signed() {
    for (act, status) in [
        (Act::CloseAfterReading, 502),
        (Act::Garbage, 502),
        (Act::Answer(Reply::too_large()), 502),
        (Act::Answer(Reply::unavailable()), 503),
        (Act::Answer(Reply::redirect(302, "/elsewhere")), 302),
    ] {
        let upstream = Upstream::start(Script::steps([act])).await;
        let gateway = gateway(&upstream, r#", "rate": {"per_second": 0.01, "burst": 1}"#).await;
        let subnet = Subnet::new(gateway.addr(), 13);
        for (key, status) in [("k-1", status), ("k-2", 429)] {
            let answers = subnet.burst(&pay(key)).await;
            assert_eq!(agreed(&answers).status, status);
            assert_eq!(
                verified(&["now"], &pay(key), &answers[0]).map(|receipt| receipt.created_s > 0),
                Ok(true)
            );
        }
        upstream.finish().await;
    }
}

#[tokio::test]
async fn what_has_no_body_is_signed_too() {
    for (act, status) in [(Reply::no_content(), 204), (Reply::not_modified(), 304)] {
        let upstream = Upstream::start(Script::steps([act.into(), Act::Varying])).await;
        let gateway = gateway(&upstream, "").await;
        let subnet = Subnet::new(gateway.addr(), 13);
        for (outcall, status) in [(Outcall::get("/r"), status), (Outcall::head("/r"), 200)] {
            let answers = subnet.burst(&outcall).await;
            let answer = agreed(&answers);
            assert_eq!(
                (answer.status, answer.body.len(), answer.header("content-length")),
                (status, 0, None)
            );
            assert!(verified(&["now"], &outcall, answer).is_ok(), "{answer:?}");
        }
        upstream.finish().await;
    }
}

#[tokio::test]
async fn what_is_not_recorded_is_not_signed() {
    let upstream = Upstream::start(Script::steps([Act::Varying])).await;
    let gateway = gateway(&upstream, r#", "methods": ["POST"]"#).await;
    let replica = Replica::new(gateway.addr());
    let send = async |outcall: Outcall| replica.send(&outcall).await.unwrap();
    assert!(verified(&["now"], &pay("k"), &send(pay("k")).await).is_ok());
    for (outcall, status, kind, executed) in [
        (pay("k").body("other"), 422, "key-reused", "no"),
        (Outcall::post("/r"), 400, "key-missing", "no"),
        (Outcall::post("/nowhere").key("k"), 404, "no-route", "unknown"),
        (Outcall::get("/r"), 405, "method-not-allowed", "unknown"),
    ] {
        let answer = send(outcall.clone()).await;
        refused(&answer, status, kind, executed);
        unsigned(&answer);
        assert_eq!(verified(&["now"], &outcall, &answer), Err(ReceiptError::Unsigned));
    }
    upstream.finish().await;
}

/// An upstream that has got hold of a receipt, of whatever, cannot have it passed on.
#[tokio::test]
async fn no_field_of_an_upstreams_own_poses_as_a_receipt() {
    let lent = "outcall=(\"@status\");created=1;keyid=\"now\";alg=\"ed25519\"";
    let reply = || {
        let fields = FIELDS.iter().fold(Reply::json("{}"), |reply, field| reply.header(field, lent));
        Act::Answer(fields)
    };
    let upstream = Upstream::start(Script::steps([reply(), reply()])).await;
    let signing = gateway(&upstream, "").await;
    let answer = Replica::new(signing.addr()).send(&pay("k")).await.unwrap();
    assert!(verified(&["now"], &pay("k"), &answer).is_ok());
    assert!(FIELDS.iter().all(|field| answer.headers(field).len() == 1), "{answer:?}");
    let plain = Gateway::start(&crate::config::route("/r", &upstream.url("/u"))).await;
    unsigned(&Replica::new(plain.addr()).send(&pay("k")).await.unwrap());
    upstream.finish().await;
}

#[tokio::test]
async fn an_answer_without_room_for_its_receipt_is_refused_and_that_is_signed() {
    let body = "x".repeat(900);
    for (max_bytes, status) in [(900 + 24 + 3 + 600, 200), (900 + 24 + 3 + 100, 502)] {
        let upstream = Upstream::start(Script::steps([Act::Answer(
            Reply::new(200).header("content-type", "text/plain").body(body.clone()),
        )]))
        .await;
        let gateway = gateway(&upstream, &format!(r#", "response": {{"max_bytes": {max_bytes}}}"#)).await;
        let answer = Replica::new(gateway.addr()).send(&pay("k")).await.unwrap();
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(verified(&["now"], &pay("k"), &answer).is_ok());
        if status == 502 {
            refused(&answer, 502, "answer-too-large", "yes");
        }
        upstream.finish().await;
    }
}
