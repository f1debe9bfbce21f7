//! Several outcalls in one update, made by raw calls at the old price.

use std::collections::BTreeSet;

use candid::decode_args;
use outcall_harness::subnet::{Pricing, Round};
use outcall_tests::{
    gate::Gate,
    upstream::{Act, Script, Upstream},
};

use super::{Refusal, Response, installed, report, seen, tidied, update, weather};

/// Stations behind a gate.
async fn gated(gate: &Gate) -> Upstream {
    let gate = gate.clone();
    let answer = move |order, target: &str| Act::from(report(order, target)).held_at(&gate);
    Upstream::start(Script::each(move |seen| answer(seen.order, &seen.target))).await
}

/// All 26 requests stand at the gate before the first is answered.
#[tokio::test]
async fn two_stations_are_asked_at_once() {
    let gate = Gate::new();
    let upstream = gated(&gate).await;
    let stations = [upstream.url("/harbour"), upstream.url("/summit")];
    let mut subnet = installed(&stations).await;
    let all_there = async {
        gate.reached_by(26).await;
        gate.release();
    };
    let (observed, ()) = tokio::join!(update(&mut subnet, "observe", ()), all_there);
    let [harbour, summit] = stations;
    assert_eq!(seen(&observed), [(harbour, tidied("harbour")), (summit, tidied("summit"))]);
    assert_eq!((observed.rounds.len(), observed.is_agreed()), (2, true), "{observed}");
    assert_eq!(upstream.finish().await.len(), 26);
}

/// The control: in turn, the second station is asked when the first has answered.
#[tokio::test]
async fn two_stations_are_asked_in_turn() {
    let upstream = weather().await;
    let mut subnet = installed(&[upstream.url("/harbour"), upstream.url("/summit")]).await;
    let observed = update(&mut subnet, "observe_in_turn", ()).await;
    let texts: Vec<String> = seen(&observed).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, [tidied("harbour"), tidied("summit")]);
    let targets: Vec<String> = upstream.finish().await.into_iter().map(|seen| seen.target).collect();
    let expected = [["/harbour"; 13], ["/summit"; 13]].concat();
    assert_eq!(targets, expected);
}

/// `49,140,000 + 5,200·r + 10,400·max`, as published for 13 nodes.
fn published(round: &Round, max: u128) -> u128 {
    let transform = round.transform.as_ref().unwrap();
    let request = round.request.url.len() + transform.method.len() + transform.context.len();
    49_140_000 + 5_200 * request as u128 + 10_400 * max
}

#[tokio::test]
async fn a_raw_call_pays_the_price_of_version_1_and_nothing_comes_back() {
    let upstream = weather().await;
    let mut subnet = installed(&[upstream.url("/harbour"), upstream.url("/summit")]).await;
    let before = subnet.canister().cycles();
    let observed = update(&mut subnet, "observe", ()).await;
    for round in &observed.rounds {
        let price = published(round, 2_000);
        assert_eq!((round.bill.pricing, round.bill.attached), (Pricing::Version1, price), "{observed}");
        assert_eq!((round.bill.charged(), round.bill.refunded()), (price, 0), "{observed}");
        assert_eq!(round.request.max_response_bytes, Some(2_000));
    }
    assert_eq!(before - subnet.canister().cycles(), observed.charged());
}

#[tokio::test]
async fn every_replica_sends_the_same_post_with_the_nonce_that_the_subnet_drew() {
    let upstream = weather().await;
    let mut subnet = installed(&[]).await;
    let mut nonces = BTreeSet::new();
    for hits in [26, 52] {
        let reported = update(&mut subnet, "report", (upstream.url("/harbour"), "fog, no wind")).await;
        let reply = reported.reply.as_ref().unwrap_or_else(|_| panic!("{reported}"));
        let (sent, nonce): (Result<Response, Refusal>, String) = decode_args(reply).unwrap();
        assert_eq!(sent.unwrap().body, tidied("harbour").into_bytes());
        let requests = upstream.requests();
        let posts: Vec<_> = requests[hits - 26..].iter().filter(|seen| seen.method == "POST").collect();
        assert_eq!((requests.len(), posts.len(), nonce.len()), (hits, 13, 64));
        for post in posts {
            assert_eq!((post.text().as_str(), post.headers("x-nonce")), ("fog, no wind", vec![&*nonce]));
            assert_eq!(post.header_names(), ["x-nonce", "user-agent", "host", "content-length"]);
        }
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 2);
}
