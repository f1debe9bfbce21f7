//! What waiting costs: one node's look, now and then.

use outcall_canister::cost::Costs;

use super::*;

/// Printed with `--nocapture`: the figures of the documentation.
#[tokio::test]
async fn an_idle_poll_costs_a_fraction_of_its_quote() {
    for nodes in SIZES {
        let mut asking = Asking::signed(nodes).await;
        asking.ask().await;
        let idle = asking.passes(5).await;
        let [poll] = &idle[..] else { panic!("one poll: {idle:?}") };
        let costs = asking.subnet.query("outcall_cost", encode_args(()).unwrap()).await.unwrap();
        let quote = candid::decode_one::<Costs>(&costs).unwrap().poll.cycles;
        println!("{nodes} nodes: an idle poll {} cycles of {quote} attached", poll.bill.charged());
        assert!(poll.bill.attached <= quote, "{poll}");
        assert!(poll.bill.charged() < quote / 2, "{poll}");
    }
}
