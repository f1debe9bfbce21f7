//! Two outcalls in one update, at once and in a row: each has a round of its own, and the gateway tells them apart by
//! their keys alone.

use outcall_tests::{
    gateway::Gateway,
    upstream::{Act, Script, Upstream},
};

use super::{
    SIZES,
    asker::{ask, asker, get},
    gateway_url,
};

const TWICE: [&str; 2] = ["ask_twice_at_once", "ask_twice_in_a_row"];

#[tokio::test]
async fn two_outcalls_with_one_key_are_one_request_to_the_upstream() {
    for nodes in SIZES {
        for method in TWICE {
            let upstream = Upstream::start(Script::steps([Act::Varying])).await;
            let gateway = Gateway::start(&crate::config::route("/u", &upstream.url("/u"))).await;
            let args = get(format!("{}/u", gateway_url(&gateway)), Some("k-1"));
            let update = ask(&mut asker(nodes).await, method, &args).await;
            assert!(update.is_agreed() && update.reply.is_ok(), "{method}: {update}");
            let [one, other] = &update.rounds[..] else { panic!("two outcalls: {update}") };
            assert_eq!(one.verdict.outcome(), other.verdict.outcome(), "{method}");
            assert_eq!((one.requests() as usize, other.requests() as usize), (nodes, nodes), "{method}");
            upstream.finish().await;
        }
    }
}

#[tokio::test]
async fn without_the_gateway_both_diverge_and_every_replica_asks_twice() {
    for nodes in SIZES {
        for (method, outcalls) in [(TWICE[0], 2), (TWICE[1], 1)] {
            let upstream = Upstream::start(Script::always(Act::Varying)).await;
            let args = get(upstream.url("/u"), Some("k-1"));
            let update = ask(&mut asker(nodes).await, method, &args).await;
            let message = update.reply.clone().unwrap_err().message;
            assert!(message.starts_with("No consensus could be reached."), "{method}: {update}");
            assert_eq!(
                update.rounds.len(),
                outcalls,
                "{method}: the second in a row waits for the first: {update}"
            );
            assert_eq!(upstream.hits(), outcalls * nodes, "{method}");
        }
    }
}
