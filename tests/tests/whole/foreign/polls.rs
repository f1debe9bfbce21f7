//! Outcalls on which nobody has to agree, made by the management canister's library at the price of version 2.

use std::collections::BTreeSet;

use outcall_harness::{
    rules::price::{self, Replication, Usage},
    schedule::Schedule,
    subnet::{Pricing, Round, Subnet, Update},
    verdict::Verdict,
};
use outcall_tests::upstream::{Reply, Script, Upstream};

use super::{Refusal, installed, nodes_watching, tidied, update, weather};

/// An upstream whose answers differ in what is of interest: no two observers read the same.
async fn readings() -> Upstream {
    let reading = |order: usize| format!(r#"{{"celsius":{order}.5,"served_by":{order}}}"#);
    Upstream::start(Script::each(move |seen| Reply::json(&reading(seen.order)).into())).await
}

fn polled(update: &Update) -> Result<Vec<String>, Refusal> {
    update.value().unwrap_or_else(|error| panic!("{error}: {update}"))
}

/// What the library attaches: the quote for what the canister expects.
fn quoted(round: &Round) -> u128 {
    let transform = round.transform.as_ref().unwrap();
    let bytes =
        round.request.url.len() + round.request.body.len() + transform.method.len() + transform.context.len();
    let expected = Usage {
        raw_response_bytes: 2_000,
        roundtrip: std::time::Duration::from_secs(5),
        transform_instructions: 50_000_000,
        transformed_bytes: 3_024,
    };
    price::quote(round.nodes, bytes as u64, &expected, round.replication)
}

#[tokio::test]
async fn every_observer_is_heard_each_through_its_own_transform() {
    for nodes in [13_u32, 34] {
        let upstream = readings().await;
        let mut subnet = nodes_watching(nodes as usize, &[], 0).await;
        let before = subnet.canister().cycles();
        let args = (upstream.url("/harbour"), nodes, nodes / 2, nodes);
        let polled_all = update(&mut subnet, "poll", args).await;
        let heard: BTreeSet<String> = polled(&polled_all).unwrap().into_iter().collect();
        assert_eq!(heard, (0..nodes).map(|order| format!(r#"{{"celsius":{order}.5}}"#)).collect());
        let round = &polled_all.rounds[0];
        assert!(
            matches!(&round.verdict, Verdict::Gathered { numbers, .. } if numbers.len() == nodes as usize)
        );
        assert_eq!(
            (round.bill.pricing, round.bill.attached),
            (Pricing::Version2, quoted(round)),
            "{polled_all}"
        );
        assert!(round.bill.refunded() > 0, "{polled_all}");
        assert_eq!(before - subnet.canister().cycles(), round.bill.charged());
        assert_eq!(upstream.finish().await.len(), nodes as usize);
    }
}

/// The control: replicated, the same answers diverge.
#[tokio::test]
async fn the_same_observers_agree_on_nothing() {
    let upstream = readings().await;
    let looked = update(&mut installed(&[]).await, "look", (upstream.url("/harbour"), "tidy")).await;
    assert!(matches!(looked.rounds[0].verdict, Verdict::Diverged { .. }), "{looked}");
}

#[tokio::test]
async fn a_few_observers_are_enough_and_no_others_are_asked() {
    let upstream = readings().await;
    let polled_few =
        update(&mut installed(&[]).await, "poll", (upstream.url("/harbour"), 5_u32, 2_u32, 3_u32)).await;
    assert_eq!(polled(&polled_few).unwrap().len(), 3, "{polled_few}");
    assert_eq!(upstream.finish().await.len(), 5);
}

#[tokio::test]
async fn the_canister_learns_why_too_few_were_heard() {
    // Whatever is no weather report makes `tidy` trap.
    let upstream = Upstream::start(Script::each(|seen| match seen.order {
        0..5 => Reply::json("none of your business").into(),
        order => Reply::json(&format!(r#"{{"celsius":{order}.5}}"#)).into(),
    }))
    .await;
    let args = (upstream.url("/harbour"), 13_u32, 9_u32, 13_u32);
    let failed = update(&mut installed(&[]).await, "poll", args).await;
    let text = "Too many rejects: 5 responses are rejects".to_owned();
    assert_eq!(polled(&failed), Err(Refusal { code: 0, text }));
    assert!(failed.reply.is_ok() && !failed.is_agreed(), "{failed}");

    let refused =
        update(&mut installed(&[]).await, "poll", (upstream.url("/harbour"), 14_u32, 9_u32, 13_u32)).await;
    let text = "total_requests (14) must not exceed the number of available nodes (13)".to_owned();
    assert_eq!(polled(&refused), Err(Refusal { code: 4, text }));
}

#[tokio::test]
async fn a_flag_is_hung_out_once_by_one_node_and_its_answer_is_believed() {
    let upstream = weather().await;
    let mut subnet = installed(&[]).await;
    let before = subnet.canister().cycles();
    let hung_out = update(&mut subnet, "hang_out", (upstream.url("/harbour"), "red")).await;
    let told: Result<String, Refusal> = hung_out.value().unwrap();
    assert_eq!(told, Ok(tidied("harbour")));
    let round = &hung_out.rounds[0];
    assert_eq!((round.replication, round.requests()), (Replication::Single, 1));
    assert!(matches!(round.verdict, Verdict::Agreed { replicas: 1, .. }), "{hung_out}");
    assert_eq!((round.bill.pricing, round.bill.attached), (Pricing::Version2, quoted(round)), "{hung_out}");
    assert_eq!(before - subnet.canister().cycles(), round.bill.charged());
    let seen = upstream.finish().await;
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].text().as_str()), ("PUT", "red"));
}

#[tokio::test]
async fn a_silent_node_that_was_chosen_leaves_the_canister_without_an_answer() {
    let mut subnet: Subnet = installed(&[]).await;
    subnet.set_schedule((0..13).fold(Schedule::together(), Schedule::silent));
    let hung_out = update(&mut subnet, "hang_out", ("http://127.0.0.1:1/", "red")).await;
    let told: Result<String, Refusal> = hung_out.value().unwrap();
    let text = "Canister http request timed out".to_owned();
    assert_eq!(told, Err(Refusal { code: 2, text }));
}
