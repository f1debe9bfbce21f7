//! A stranger's canister through the gateway: two outcalls in one update, at once and in turn, are two requests to the
//! upstream, on both sizes of subnet.

use super::{nodes_watching, report, seen, update};
use crate::config::route;
use outcall_tests::{
    gateway::Gateway,
    upstream::{Script, Upstream},
};

#[tokio::test]
async fn two_outcalls_of_one_update_are_two_requests_however_many_replicas_ask() {
    for nodes in [13, 34] {
        for method in ["observe", "observe_in_turn"] {
            let upstream =
                Upstream::start(Script::each(|seen| report(seen.order, &seen.target).into())).await;
            let gateway = Gateway::start(&route("/weather", &upstream.url(""))).await;
            let station = |name: &str| format!("http://{}/weather/{name}", gateway.addr());
            let stations = [station("harbour"), station("summit")];
            let mut subnet = nodes_watching(nodes, &stations, 0).await;
            let observed = update(&mut subnet, method, ()).await;
            let places: Vec<String> = seen(&observed).into_iter().map(|(station, _)| station).collect();
            assert_eq!(places, stations, "{method} on {nodes}: {observed}");
            for round in &observed.rounds {
                assert_eq!(
                    (round.votes(), round.requests() as usize),
                    ("A".repeat(nodes), nodes),
                    "{method}"
                );
                assert_eq!(
                    round.variations().found,
                    [],
                    "{method}: not even what the transform would remove"
                );
            }
            let mut targets: Vec<String> =
                upstream.finish().await.into_iter().map(|seen| seen.target).collect();
            targets.sort_unstable();
            assert_eq!(targets, ["/harbour", "/summit"], "{method} on {nodes}");
        }
    }
}
