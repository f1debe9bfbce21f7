//! Flexible outcalls: a committee asks, and the canister gets the responses one by one.

use std::collections::BTreeSet;

use candid::Reserved;
use ic_management_canister_types::{
    FlexibleHttpGlobalError, FlexibleHttpRequestArgs, FlexibleHttpRequestErr, FlexibleHttpRequestResult,
    HttpMethod, ReplicationCounts, TransformContext,
};

use super::{Server, attach, get, installed, rejection, subnet, usage_of, with_transform};
use crate::{
    flexible_result::node,
    rules::price::{self, Replication},
    schedule::Schedule,
    subnet::{Subnet, Update},
    verdict::Verdict,
};

fn flexible(server: &Server) -> FlexibleHttpRequestArgs {
    FlexibleHttpRequestArgs { url: server.url(), max_response_bytes: Some(1_000), ..Default::default() }
}

fn wanted(total_requests: u32, min_responses: u32, max_responses: u32) -> Option<ReplicationCounts> {
    Some(ReplicationCounts { min_responses, max_responses, total_requests })
}

fn transform(method: &str) -> Option<TransformContext> {
    with_transform(get(""), method).transform
}

async fn ask(subnet: &mut Subnet, args: &FlexibleHttpRequestArgs) -> Update {
    subnet.update("ask_flexibly", candid::encode_one(args).unwrap()).await
}

fn bodies(update: &Update) -> Vec<String> {
    match update.value().unwrap() {
        FlexibleHttpRequestResult::Ok(responses) => {
            responses.into_iter().map(|response| String::from_utf8(response.body).unwrap()).collect()
        }
        FlexibleHttpRequestResult::Err(error) => panic!("{error:?}"),
    }
}

fn error(update: &Update) -> FlexibleHttpRequestErr {
    match update.value().unwrap() {
        FlexibleHttpRequestResult::Err(error) => error,
        FlexibleHttpRequestResult::Ok(responses) => panic!("{} responses", responses.len()),
    }
}

#[tokio::test]
async fn everybody_asks_and_the_canister_gets_what_everybody_got() {
    for (nodes, least) in [(13, 9), (34, 23)] {
        let server = Server::answering(|number| format!("\r\n{number:02}")).await;
        let mut subnet = subnet(nodes).await;
        let before = subnet.canister().cycles();
        let update = ask(&mut subnet, &flexible(&server)).await;
        let got: BTreeSet<String> = bodies(&update).into_iter().collect();
        assert_eq!(got, (0..nodes).map(|number| format!("{number:02}")).collect());
        assert!(update.is_agreed(), "{update}");
        let round = &update.rounds[0];
        let Verdict::Gathered { numbers, .. } = &round.verdict else { panic!("{update}") };
        assert_eq!((numbers.len(), server.hits(), round.requests()), (nodes, nodes, nodes as u32));
        let replication = Replication::flexible_by_default(nodes);
        assert_eq!(round.replication, replication);
        let parts = (round.bill.base, round.bill.usage, round.bill.delivery);
        let base = price::base(nodes, server.url().len() as u64, replication);
        let bytes: Vec<u64> =
            round.replicas.iter().map(|record| record.content.as_ref().unwrap().bytes()).collect();
        assert_eq!(parts, (base, usage_of(round, 0..nodes), price::flexible_delivery(nodes, &bytes, least)));
        assert_eq!(before - subnet.canister().cycles(), round.bill.charged());
    }
}

#[tokio::test]
async fn a_committee_is_chosen_by_the_seed_and_nobody_else_asks() {
    let server = Server::answering(|number| format!("\r\n{number}")).await;
    let args = FlexibleHttpRequestArgs { replication: wanted(4, 2, 3), ..flexible(&server) };
    let mut committees = Vec::new();
    for seed in [7, 7, 8] {
        let mut subnet = installed(Subnet::embedded(34).seed(seed)).await;
        let update = ask(&mut subnet, &args).await;
        assert_eq!(bodies(&update).len(), 3, "{update}");
        let text = format!(
            "outcall 0, flexible, 2 to 3 of 4 responses wanted: GET {}\n  gathered: 3 responses, ",
            server.url()
        );
        assert!(update.to_string().starts_with(&text), "{update}");
        assert!(update.to_string().contains("\n  4 of 34 nodes, 4 requests: "), "{update}");
        let numbers: Vec<usize> = update.rounds[0].replicas.iter().map(|record| record.number).collect();
        assert_eq!(numbers.len(), 4);
        committees.push(numbers);
    }
    assert_eq!(server.hits(), 12);
    assert_eq!(committees[0], committees[1]);
    assert_ne!(committees[0], committees[2]);
}

#[tokio::test]
async fn one_of_one_may_put() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let put = FlexibleHttpRequestArgs { method: HttpMethod::PUT, ..flexible(&server) };
    let refused = ask(&mut subnet(13).await, &put).await;
    assert!(rejection(&refused).contains("min_responses = max_responses = total_requests"), "{refused}");
    assert_eq!((refused.charged(), server.hits()), (0, 0));
    let one = FlexibleHttpRequestArgs { replication: wanted(1, 1, 1), ..put };
    assert_eq!(bodies(&ask(&mut subnet(13).await, &one).await), ["4.23"]);
}

#[tokio::test]
async fn more_failures_than_can_be_spared_are_told_node_by_node_in_a_reply() {
    for (failing, enough) in [(4, true), (5, false)] {
        let size = move |number| if number < failing { 1_001 } else { 3 };
        let server = Server::answering(move |number| format!("\r\n{}", "4".repeat(size(number)))).await;
        let mut subnet = subnet(13).await;
        let before = subnet.canister().cycles();
        let update = ask(&mut subnet, &flexible(&server)).await;
        assert_eq!(update.is_agreed(), enough, "{update}");
        assert_eq!(before - subnet.canister().cycles(), update.charged());
        if enough {
            assert_eq!(bodies(&update), ["444"; 9]);
            continue;
        }
        let told = error(&update);
        assert_eq!(told.global_error, Some(FlexibleHttpGlobalError::TooManyRejects(Reserved)));
        let round = &update.rounds[0];
        let failed = round.replicas.iter().filter(|record| record.raw.as_ref().unwrap().is_err());
        let failed: BTreeSet<_> = failed.map(|record| node(record.number)).collect();
        assert_eq!(told.node_details.iter().map(|detail| detail.node_id).collect::<BTreeSet<_>>(), failed);
        for detail in told.node_details {
            let error = detail.error.unwrap();
            let text = "Http body exceeds size limit of 1000 bytes.";
            assert_eq!((error.code.as_str(), error.message.as_str()), ("SysFatal", text));
        }
        let text = "\n  failed: Too many rejects: 5 responses are rejects\n";
        assert!(update.to_string().contains(text), "{update}");
        assert!(round.bill.delivery > 0, "the rejects are delivered: {update}");
    }
}

#[tokio::test]
async fn five_silent_nodes_of_thirteen_let_the_time_run_out_and_four_do_not() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    for (silent, enough) in [(4, true), (5, false)] {
        let schedule = (0..silent).fold(Schedule::together(), Schedule::silent);
        let mut subnet = installed(Subnet::embedded(13).schedule(schedule)).await;
        let before = subnet.canister().time_nanos();
        let update = ask(&mut subnet, &flexible(&server)).await;
        if enough {
            assert_eq!(bodies(&update), ["4.23"; 9]);
            continue;
        }
        let told = error(&update);
        assert_eq!(told.global_error, Some(FlexibleHttpGlobalError::Timeout(Reserved)));
        assert_eq!((told.message.as_str(), told.node_details.len()), ("Flexible HTTP request timed out", 0));
        assert_eq!(subnet.canister().time_nanos() - before, 60_000_000_000);
        assert_eq!(update.charged(), update.rounds[0].bill.base);
        assert!(update.to_string().contains("\n  failed: Flexible HTTP request timed out\n"), "{update}");
    }
}

#[tokio::test]
async fn who_comes_late_is_not_delivered_and_pays_all_the_same() {
    let server = Server::answering(|number| format!("\r\n{number:02}")).await;
    let schedule = (0..4).fold(Schedule::together(), Schedule::late);
    let mut subnet = installed(Subnet::embedded(13).schedule(schedule)).await;
    let before = subnet.canister().cycles();
    let update = ask(&mut subnet, &flexible(&server)).await;
    let Verdict::Gathered { numbers, .. } = &update.rounds[0].verdict else { panic!("{update}") };
    assert_eq!(numbers.iter().copied().collect::<BTreeSet<_>>(), (4..13).collect());
    assert_eq!((bodies(&update).len(), server.hits()), (9, 13));
    assert_eq!(update.rounds[0].bill.usage, usage_of(&update.rounds[0], 0..13));
    assert_eq!(before - subnet.canister().cycles(), update.charged());
}

#[tokio::test]
async fn what_does_not_fit_into_a_block_is_left_out_or_too_large() {
    let server = Server::answering(|_| format!("\r\n{}", "4".repeat(400_000))).await;
    let args = FlexibleHttpRequestArgs { max_response_bytes: Some(500_000), ..flexible(&server) };
    let few = FlexibleHttpRequestArgs { replication: wanted(7, 3, 7), ..args.clone() };
    assert_eq!(bodies(&ask(&mut subnet(13).await, &few).await).len(), 5);
    let many = FlexibleHttpRequestArgs { replication: wanted(7, 6, 7), ..args };
    let update = ask(&mut subnet(13).await, &many).await;
    let told = error(&update);
    assert_eq!(told.global_error, Some(FlexibleHttpGlobalError::ResponsesTooLarge(Reserved)));
    let start = "Responses too large: need at least 6 OK responses to fit within 2097152 bytes, but even the smallest 6";
    assert!(told.message.starts_with(start), "{update}");
    assert_eq!((told.node_details.len(), update.rounds[0].bill.delivery), (7, 0));
}

#[tokio::test]
async fn what_a_transform_makes_must_be_a_response() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let trapping = FlexibleHttpRequestArgs { transform: transform("trapping"), ..flexible(&server) };
    let told = error(&ask(&mut subnet(13).await, &trapping).await);
    assert_eq!(
        (told.message.as_str(), told.node_details.len()),
        ("Too many rejects: 13 responses are rejects", 13)
    );
    assert_eq!(told.node_details[0].error.as_ref().unwrap().code, "CanisterError");
    let nonsense = FlexibleHttpRequestArgs { transform: transform("constant"), ..flexible(&server) };
    let update = ask(&mut subnet(13).await, &nonsense).await;
    assert_eq!(error(&update).global_error, Some(FlexibleHttpGlobalError::Timeout(Reserved)), "{update}");
}

#[tokio::test]
async fn too_few_cycles_are_refused_or_told_when_it_is_too_late() {
    let server = Server::answering(|_| format!("\r\n{}", "4".repeat(500))).await;
    let mut subnet = subnet(13).await;
    let base = price::base(13, server.url().len() as u64, Replication::flexible_by_default(13));
    attach(&mut subnet, base - 1).await;
    let text = rejection(&ask(&mut subnet, &flexible(&server)).await);
    let (there, required) = (base - 1, base);
    let expected = format!(
        "flexible_http_request request sent with {there} cycles, but {required} cycles are required."
    );
    assert_eq!((text, server.hits()), (expected, 0));

    // Each node can pay for its own part, with 500 bytes for all to see 325,000 and more, but not for the delivery.
    attach(&mut subnet, base + 13 * 1_500_000).await;
    let update = ask(&mut subnet, &flexible(&server)).await;
    let told = error(&update);
    assert_eq!(told.global_error, Some(FlexibleHttpGlobalError::OutOfCycles(Reserved)));
    assert!(told.message.starts_with("Out of cycles: 13 of the assigned replicas reported"), "{update}");
    assert!(told.node_details.iter().all(|detail| detail.error.as_ref().unwrap().code == "ok"));
    assert_eq!((server.hits(), update.rounds[0].bill.delivery), (13, 0));

    // A node whose part is used up rejects.
    attach(&mut subnet, base + 13 * 300_000).await;
    let update = ask(&mut subnet, &flexible(&server)).await;
    assert!(update.rounds[0].replicas.iter().all(|record| record.spent == 300_000), "{update}");
    assert_eq!(update.rounds[0].bill.refunded(), 0, "{update}");
}

#[tokio::test]
async fn counts_that_cannot_be_are_refused() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let rows = [
        ((0, 0, 0), "total_requests (0) must be at least 1"),
        ((14, 1, 1), "total_requests (14) must not exceed the number of available nodes (13)"),
        ((4, 3, 2), "min_responses (3) must not exceed max_responses (2)"),
        ((2, 1, 3), "max_responses (3) must not exceed total_requests (2)"),
    ];
    for ((total, min, max), text) in rows {
        let args = FlexibleHttpRequestArgs { replication: wanted(total, min, max), ..flexible(&server) };
        let update = ask(&mut subnet(13).await, &args).await;
        assert_eq!((rejection(&update).as_str(), update.charged()), (text, 0));
    }
    let nothing = FlexibleHttpRequestArgs { replication: wanted(13, 0, 0), ..flexible(&server) };
    assert_eq!(bodies(&ask(&mut subnet(13).await, &nothing).await), [""; 0]);
    assert_eq!(server.hits(), 13, "whoever wants nothing is asked for all the same");
}
