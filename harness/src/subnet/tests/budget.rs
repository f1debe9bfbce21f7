//! Outcalls at price version 2 whose canister attached too little.

use ic_management_canister_types::HttpRequestArgs;

use super::{Server, ask, attach, get, rejection, subnet, usage_of};
use crate::{
    outcall::RejectCode,
    rules::price::{self, Replication},
    verdict::Verdict,
};

/// A reply of about 60 bytes, behind a body of 2,000 that costs 100,000 cycles on each node.
async fn server() -> Server {
    Server::answering(|_| format!("\r\n{}", "4".repeat(2_000))).await
}

fn args(server: &Server) -> HttpRequestArgs {
    HttpRequestArgs { max_response_bytes: Some(3_000), ..get(server.url()) }
}

#[tokio::test]
async fn a_node_whose_part_does_not_pay_for_its_response_votes_for_a_reject() {
    for (replication, voters) in [(Replication::Full, 13), (Replication::Single, 1)] {
        let server = server().await;
        let mut subnet = subnet(13).await;
        let base = price::base(13, server.url().len() as u64, replication);
        attach(&mut subnet, base + voters * 100_000).await;
        let before = subnet.canister().cycles();
        let args = HttpRequestArgs { is_replicated: Some(voters > 1), ..args(&server) };
        let update = ask(&mut subnet, &args).await;
        let round = &update.rounds[0];
        // A single node pays for telling its reject to the others, too: it has nothing left for that, or for its
        // delivery.
        let text = rejection(&update);
        assert!(text.starts_with("Out of cycles: "), "{update}");
        assert!(round.replicas.iter().all(|record| record.spent == 100_000), "{update}");
        assert_eq!(server.hits() as u128, voters, "the requests were sent all the same");
        assert_eq!((round.bill.charged(), round.bill.refunded()), (base + voters * 100_000, 0));
        assert_eq!(before - subnet.canister().cycles(), round.bill.charged());
    }
}

/// Thirteen have 100,000 each and use it up; the cheapest thing that could be delivered is their reject.
#[tokio::test]
async fn what_was_spent_and_left_and_needed_is_told() {
    let server = server().await;
    let mut subnet = subnet(13).await;
    let base = price::base(13, server.url().len() as u64, Replication::Full);
    attach(&mut subnet, base + 1_300_000).await;
    let reject = ask(&mut subnet, &args(&server)).await.reply.unwrap_err();
    let least = price::delivery(13, 1 + "Insufficient cycles".len() as u64);
    let text = format!(
        "Out of cycles: 13 of the assigned replicas reported a collective spend of 1300000 cycles, leaving 0 cycles of \
         the attached payment (after base fee deduction). Delivering a response would cost at least {least} cycles."
    );
    assert_eq!((reject.code, reject.message), (RejectCode::CanisterReject, text));
}

#[tokio::test]
async fn nodes_that_can_pay_for_their_own_part_but_not_for_the_delivery_have_asked_for_nothing() {
    let server = server().await;
    let mut subnet = subnet(13).await;
    let base = price::base(13, server.url().len() as u64, Replication::Full);
    // Delivering 2,000 bytes and more costs above 18,980,000.
    attach(&mut subnet, base + 13 * 1_400_000).await;
    let update = ask(&mut subnet, &args(&server)).await;
    let round = &update.rounds[0];
    assert!(rejection(&update).starts_with("Out of cycles: 13 of"), "{update}");
    assert!(matches!(round.verdict, Verdict::Rejected { replicas: 13, .. }), "{update}");
    assert_eq!((round.bill.usage, round.bill.delivery), (usage_of(round, 0..13), 0));
    assert!(round.bill.refunded() > 13 * 1_000_000, "what was left comes back: {update}");
}

/// The control: what `ic0.cost_http_request_v2` quotes is enough.
#[tokio::test]
async fn what_is_quoted_is_enough() {
    for replicated in [true, false] {
        let server = server().await;
        let mut subnet = subnet(13).await;
        let replication = if replicated { Replication::Full } else { Replication::Single };
        let usage = price::Usage::by_default(Some(3_000), false);
        attach(&mut subnet, price::quote(13, server.url().len() as u64, &usage, replication)).await;
        let args = HttpRequestArgs { is_replicated: Some(replicated), ..args(&server) };
        assert!(ask(&mut subnet, &args).await.is_agreed());
    }
}

/// The price of version 1 was paid in advance: nobody meters.
#[tokio::test]
async fn at_version_1_nobody_runs_out_of_cycles() {
    let server = server().await;
    let mut subnet = subnet(13).await;
    attach(&mut subnet, price::version_1(13, server.url().len() as u64, Some(3_000))).await;
    let args = HttpRequestArgs { pricing_version: None, ..args(&server) };
    let update = ask(&mut subnet, &args).await;
    assert!(
        update.is_agreed() && update.rounds[0].replicas.iter().all(|record| record.spent == 0),
        "{update}"
    );
}
