//! Outcalls that are not replicated: one node asks.

use std::collections::BTreeSet;

use ic_management_canister_types::{HttpMethod, HttpRequestArgs};

use super::{Server, ask, get, installed, rejection, subnet, usage_of, with_transform};
use crate::{
    rules::price::{self, Replication},
    schedule::Schedule,
    subnet::{Round, Subnet},
    verdict::Verdict,
};

fn alone(args: HttpRequestArgs) -> HttpRequestArgs {
    HttpRequestArgs { is_replicated: Some(false), ..args }
}

/// Which node asked.
fn asked(round: &Round) -> usize {
    let numbers: Vec<usize> = round.replicas.iter().map(|record| record.number).collect();
    assert_eq!(numbers.len(), 1, "{round}");
    numbers[0]
}

#[tokio::test]
async fn one_node_alone_asks_whatever_the_method_and_the_others_send_nothing() {
    for nodes in [13, 34] {
        let server = Server::answering(|number| format!("\r\n{number}")).await;
        let args = HttpRequestArgs { method: HttpMethod::PUT, ..alone(get(server.url())) };
        let mut subnet = subnet(nodes).await;
        let before = subnet.canister().cycles();
        let update = ask(&mut subnet, &args).await;
        let round = &update.rounds[0];
        assert!(matches!(round.verdict, Verdict::Agreed { replicas: 1, .. }), "{update}");
        assert_eq!((server.hits(), round.requests(), round.replication), (1, 1, Replication::Single));
        let text = format!("outcall 0, not replicated: PUT {}\n  agreed: 1 replicas, ", server.url());
        assert!(update.to_string().starts_with(&text), "{update}");
        assert!(update.to_string().contains(&format!("\n  1 of {nodes} nodes, 1 requests: A\n")), "{update}");
        let (r, bytes) = (server.url().len() as u64, update.reply.as_ref().unwrap().len() as u64);
        let parts = (round.bill.base, round.bill.usage, round.bill.delivery);
        let base = price::base(nodes, r, Replication::Single);
        assert_eq!(parts, (base, usage_of(round, [asked(round)]), price::delivery(nodes, bytes)));
        assert_eq!(before - subnet.canister().cycles(), round.bill.charged());
    }
}

/// The control: replicated, a method that must not race is refused.
#[tokio::test]
async fn all_nodes_together_may_not_put() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let args = HttpRequestArgs { method: HttpMethod::PUT, ..get(server.url()) };
    let text = rejection(&ask(&mut subnet(13).await, &args).await);
    assert_eq!(text, "The requested HTTP method is only allowed for non-replicated requests.");
    assert_eq!(server.hits(), 0);
}

#[tokio::test]
async fn the_seed_chooses_the_node_and_in_the_end_every_node_is_chosen() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let mut chosen = Vec::new();
    for seed in [7, 7] {
        let mut subnet = installed(Subnet::embedded(4).seed(seed)).await;
        let mut nodes = Vec::new();
        for _ in 0..40 {
            nodes.push(asked(&ask(&mut subnet, &alone(get(server.url()))).await.rounds[0]));
        }
        chosen.push(nodes);
    }
    assert_eq!(chosen[0], chosen[1]);
    assert_eq!(chosen[0].iter().collect::<BTreeSet<_>>().len(), 4, "{chosen:?}");
}

#[tokio::test]
async fn its_transform_runs_and_its_failure_is_the_outcome() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let update = ask(&mut subnet(13).await, &with_transform(alone(get(server.url())), "constant")).await;
    assert_eq!(update.reply, Ok(b"x".to_vec()), "{update}");
    assert!(update.rounds[0].replicas[0].transform_instructions > 0);

    let trapped = ask(&mut subnet(13).await, &with_transform(alone(get(server.url())), "trapping")).await;
    assert!(matches!(trapped.rounds[0].verdict, Verdict::Rejected { replicas: 1, .. }), "{trapped}");
    let args = HttpRequestArgs { max_response_bytes: Some(3), ..alone(get(server.url())) };
    let text = rejection(&ask(&mut subnet(13).await, &args).await);
    assert_eq!(text, "Header size exceeds specified response size limit 3");
}

#[tokio::test]
async fn nobody_steps_in_for_a_silent_node_and_one_that_is_late_is_waited_for() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let silent = (0..13).fold(Schedule::together(), Schedule::silent);
    let mut subnet = installed(Subnet::embedded(13).schedule(silent)).await;
    let before = (subnet.canister().cycles(), subnet.canister().time_nanos());
    let update = ask(&mut subnet, &alone(get(server.url()))).await;
    assert_eq!((rejection(&update).as_str(), server.hits()), ("Canister http request timed out", 0));
    assert_eq!(subnet.canister().time_nanos() - before.1, 60_000_000_000);
    let base = price::base(13, server.url().len() as u64, Replication::Single);
    assert_eq!((update.charged(), before.0 - subnet.canister().cycles()), (base, base));

    let late = (0..13).fold(Schedule::together().resend(0), Schedule::late);
    let update =
        ask(&mut installed(Subnet::embedded(13).schedule(late)).await, &alone(get(server.url()))).await;
    assert!(update.is_agreed() && !update.rounds[0].replicas[0].late, "{update}");
}
