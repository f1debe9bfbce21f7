//! Our side of PocketIC, against something that is none (`fake`): that no runtime is blocked, that the nodes' real
//! responses are handed over as they are wanted, that an update ends. What PocketIC makes of them is compared with the
//! embedded engine where a server is: `tests/whole/engines.rs`.

use std::collections::BTreeSet;

use pocket_ic::common::rest::{
    CanisterHttpHeader, CanisterHttpMethod, CanisterHttpPricingVersion, CanisterHttpReject,
    CanisterHttpReplication, CanisterHttpReply, CanisterHttpResponse, RawCanisterHttpRequest,
};

use super::{
    super::{InstallError, Subnet, Update, tests::Server},
    PocketIc,
};
use crate::{adapter::Network, schedule::Schedule, verdict::Verdict};

mod fake;

use fake::Fake;

/// A GET as PocketIC shows it: the canister's spelling, no transform.
fn outcall(request_id: u64, server: &Server, replication: CanisterHttpReplication) -> RawCanisterHttpRequest {
    RawCanisterHttpRequest {
        subnet_id: fake::subnet(),
        request_id,
        http_method: CanisterHttpMethod::GET,
        url: server.url(),
        headers: vec![CanisterHttpHeader { name: "X-Spelled".to_owned(), value: "Thus".to_owned() }],
        body: Vec::new(),
        max_response_bytes: Some(1_000),
        replication,
        pricing_version: CanisterHttpPricingVersion::PayAsYouGo,
    }
}

async fn installed(fake: &Fake, nodes: usize, schedule: Schedule) -> Subnet<PocketIc> {
    let builder = Subnet::pocket_ic(nodes).server(fake.url()).network(Network::trusting_nobody().unwrap());
    builder.schedule(schedule).install(b"\0asm\x01\0\0\0", []).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn update(fake: &Fake, nodes: usize, schedule: Schedule) -> Update {
    installed(fake, nodes, schedule).await.update("ask", []).await
}

/// The bodies that were given for an outcall, a reject in brackets.
fn given(fake: &Fake, id: u64) -> Vec<String> {
    let body = |response: &CanisterHttpResponse| match response {
        CanisterHttpResponse::CanisterHttpReply(reply) => String::from_utf8(reply.body.clone()).unwrap(),
        CanisterHttpResponse::CanisterHttpReject(reject) => {
            format!("[{}: {}]", reject.reject_code, reject.message)
        }
    };
    fake.story(|story| {
        let of: Vec<_> = story.given.iter().filter(|(given, _)| *given == id).collect();
        assert_eq!(of.len(), 1, "given once");
        of[0].1.iter().map(body).collect()
    })
}

#[tokio::test]
async fn every_node_sends_its_own_request_and_its_response_is_handed_over_as_it_came() {
    for nodes in [13, 34] {
        let server = Server::answering(|number| format!("X-Number: {number:02}\r\n\r\n{number:02}")).await;
        let fake =
            Fake::telling(vec![vec![outcall(5, &server, CanisterHttpReplication::FullyReplicated)]], b"done")
                .await;
        let update = update(&fake, nodes, Schedule::together()).await;
        assert_eq!((update.reply.as_deref(), server.hits()), (Ok(b"done".as_slice()), nodes), "{update}");
        let bodies: BTreeSet<String> = given(&fake, 5).into_iter().collect();
        assert_eq!(bodies, (0..nodes).map(|number| format!("{number:02}")).collect());
        // The adapter's part, which PocketIC leaves out.
        fake.story(|story| match &story.given[0].1[0] {
            CanisterHttpResponse::CanisterHttpReply(CanisterHttpReply { status: 200, headers, body }) => {
                let number = String::from_utf8(body.clone()).unwrap();
                assert_eq!((headers[0].name.as_str(), &headers[0].value), ("x-number", &number));
            }
            other => panic!("{other:?}"),
        });
        let round = &update.rounds[0];
        assert_eq!(
            (round.id, round.requests(), &round.verdict),
            (5, nodes as u32, &Verdict::HandedOver { responses: nodes })
        );
        assert_eq!(round.variations().found.len(), 2, "{update}");
        let text =
            format!("\n  handed over: {nodes} responses\n  {nodes} of {nodes} nodes, {nodes} requests: ???");
        assert!(update.to_string().contains(&text), "{update}");
    }
}

#[tokio::test]
async fn a_response_beyond_the_cap_is_the_adapters_reject() {
    let server =
        Server::answering(|number| format!("\r\n{}", "4".repeat(if number == 0 { 1_001 } else { 3 }))).await;
    let fake =
        Fake::telling(vec![vec![outcall(0, &server, CanisterHttpReplication::FullyReplicated)]], b"").await;
    update(&fake, 13, Schedule::together()).await;
    let given = given(&fake, 0);
    assert_eq!(given.iter().filter(|body| *body == "444").count(), 12);
    assert!(given.contains(&"[1: Http body exceeds size limit of 1000 bytes.]".to_owned()), "{given:?}");
}

#[tokio::test]
async fn outcalls_that_are_out_together_are_made_together_and_those_that_follow_follow() {
    // Nobody is answered before 26 have asked.
    let server = Server::answering_together(26).await;
    let full = CanisterHttpReplication::FullyReplicated;
    let groups = vec![
        vec![outcall(0, &server, full.clone()), outcall(1, &server, full.clone())],
        vec![outcall(2, &server, full.clone()), outcall(3, &server, full)],
    ];
    let fake = Fake::telling(groups, b"done").await;
    let update = update(&fake, 13, Schedule::together()).await;
    assert_eq!((update.reply.as_deref(), server.hits()), (Ok(b"done".as_slice()), 52), "{update}");
    assert_eq!(update.rounds.iter().map(|round| round.id).collect::<Vec<_>>(), [0, 1, 2, 3]);
    let order: Vec<u64> = fake.story(|story| story.given.iter().map(|(id, _)| *id).collect());
    assert!(order[..2].iter().all(|id| *id < 2), "{order:?}");
}

#[tokio::test]
async fn one_node_alone_hands_over_one_response() {
    let server = Server::answering(|number| format!("\r\n{number}")).await;
    let fake =
        Fake::telling(vec![vec![outcall(0, &server, CanisterHttpReplication::NonReplicated)]], b"done").await;
    let update = update(&fake, 13, Schedule::together()).await;
    assert_eq!((given(&fake, 0), server.hits()), (vec!["0".to_owned()], 1), "{update}");
}

#[tokio::test]
async fn a_committee_hands_over_what_those_have_who_are_in_time() {
    let server = Server::answering(|number| format!("\r\n{number}")).await;
    let counts =
        CanisterHttpReplication::Flexible { total_requests: 13, min_responses: 9, max_responses: 13 };
    let fake = Fake::telling(vec![vec![outcall(0, &server, counts)]], b"done").await;
    let update = update(&fake, 13, Schedule::together().silent(0).late(1)).await;
    assert_eq!((given(&fake, 0).len(), server.hits()), (11, 12), "{update}");
    let asked = fake.story(|story| story.asked.join(" "));
    assert!(
        asked.contains("update/mock_flexible_canister_http") && !asked.contains("mock_canister_http"),
        "{asked}"
    );
    assert_eq!(update.rounds[0].replicas.iter().filter(|record| record.late).count(), 1);
}

#[tokio::test]
async fn nodes_that_are_missing_are_counted_against_nobody_else() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let fake =
        Fake::telling(vec![vec![outcall(0, &server, CanisterHttpReplication::FullyReplicated)]], b"done")
            .await;
    let schedule = Schedule::together().silent(0).silent(1).silent(2).late(3);
    let update = update(&fake, 13, schedule).await;
    let given = given(&fake, 0);
    assert_eq!((given.iter().filter(|body| *body == "4.23").count(), given.len()), (9, 13), "{update}");
    assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), 5, "{given:?}");
    assert_eq!(server.hits(), 10, "the late one has asked, too");
}

#[tokio::test]
async fn with_too_few_responses_sixty_one_seconds_pass() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let fake =
        Fake::telling(vec![vec![outcall(0, &server, CanisterHttpReplication::FullyReplicated)]], b"done")
            .await;
    let schedule = (0..5).fold(Schedule::together(), Schedule::silent);
    let update = update(&fake, 13, schedule).await;
    assert_eq!(update.reply.as_deref(), Ok(b"done".as_slice()), "{update}");
    assert_eq!(update.rounds[0].verdict, Verdict::HandedOver { responses: 0 });
    fake.story(|story| {
        assert!(story.given.is_empty() && story.asked.iter().any(|path| path == "update/set_time"))
    });
}

#[tokio::test]
async fn a_library_that_panics_is_an_error_and_no_panic_of_ours() {
    let nobody = Subnet::pocket_ic(13).server("http://127.0.0.1:1/").install(b"", []).await;
    let error = nobody.err().unwrap();
    assert!(matches!(error, InstallError::PocketIc(_)), "{error}");
    let sizes = Subnet::pocket_ic(7).install(b"", []).await;
    assert!(matches!(sizes, Err(InstallError::PocketIcNodes(7))));
}

#[test]
fn rejects_are_cut_to_what_a_node_would_send() {
    let long = CanisterHttpReject { reject_code: 1, message: "n".repeat(1_024) };
    let reject = crate::outcall::Reject::new(crate::outcall::RejectCode::SysFatal, "n".repeat(2_000));
    assert_eq!(super::handover::refusal(reject), CanisterHttpResponse::CanisterHttpReject(long));
}
