//! What belief in a receipt saves, and what its verification takes.

use super::*;

/// Cycles charged for the outcall of one price, and instructions of the whole update.
async fn spent(nodes: usize, method: &str) -> (u128, u64) {
    let mut scene = Scene::of(nodes, Script::always(Act::Varying), honest).await;
    // The first call fetches the secret as well.
    scene.price(method).await;
    let (told, update) = scene.price(method).await;
    assert!(told.parse::<f64>().is_ok(), "{told}: {update}");
    let [round] = &update.rounds[..] else { panic!("one outcall: {update}") };
    (round.bill.charged(), update.instructions)
}

/// Printed with `--nocapture`: the figures of the documentation.
#[tokio::test]
async fn a_verified_price_of_one_node_costs_less_than_one_that_all_agree_on() {
    for nodes in SIZES {
        let (replicated, plain) = spent(nodes, "get_price").await;
        let (single, verifying) = spent(nodes, "get_price_cheap").await;
        let (several, _) = spent(nodes, "get_price_quorum").await;
        println!(
            "{nodes} nodes: replicated {replicated}, one node {single}, four nodes {several} cycles; \
             instructions {plain} and {verifying}"
        );
        assert!(single < replicated && single < several, "{single}, {several}, {replicated}");
        assert!(verifying - plain < 100_000_000, "verification takes {} instructions", verifying - plain);
    }
}
