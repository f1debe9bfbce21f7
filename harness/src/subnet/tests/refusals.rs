use candid::Principal;
use ic_management_canister_types::HttpRequestArgs;

use super::{Server, ask, get, rejection, send, subnet, with_transform};
use crate::verdict::Verdict;

const CYCLES: u128 = 100_000_000_000_000;

#[tokio::test]
async fn what_the_management_canister_refuses_is_not_sent_and_costs_nothing() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let long = format!("{}{}", server.url(), "a".repeat(8_193 - server.url().len()));
    let mut foreign = with_transform(get(server.url()), "constant");
    if let Some(transform) = &mut foreign.transform {
        transform.function.0.principal = Principal::anonymous();
    }
    let rows = [
        (get(long), "url size 8193 exceeds 8192"),
        (
            HttpRequestArgs { max_response_bytes: Some(2_000_001), ..get(server.url()) },
            "max_response_bytes expected to be in the range [0..2000000], got 2000001",
        ),
        (foreign, "transform principal id expected to be rrkah-fqaaa-aaaaa-aaaaq-cai, got 2vxsx-fae"),
    ];
    for (args, text) in rows {
        let mut subnet = subnet(13).await;
        let update = ask(&mut subnet, &args).await;
        assert_eq!(rejection(&update), text);
        assert!(matches!(update.rounds[0].verdict, Verdict::Rejected { replicas: 0, .. }), "{update}");
        assert_eq!(subnet.canister().cycles(), CYCLES);
    }
    assert_eq!(server.hits(), 0);
}

#[tokio::test]
async fn too_few_cycles_for_the_fee_in_advance_are_named_and_come_back() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let r = server.url().len() as u128;
    let version_2 = 38_417_600 + 650 * r;
    let version_1 = 49_140_000 + 5_200 * r + 10_400 * 1_000;
    for (pricing_version, required) in [(Some(2), version_2), (Some(1), version_1), (None, version_1)] {
        let mut subnet = subnet(13).await;
        let args = HttpRequestArgs { pricing_version, ..get(server.url()) };
        let text = rejection(&send(&mut subnet, "ask_poorly", &args).await);
        let expected =
            format!("http_request request sent with 7 cycles, but {required} cycles are required.");
        assert_eq!(text, expected);
        assert_eq!(subnet.canister().cycles(), CYCLES);
        let update = ask(&mut subnet, &args).await;
        assert_eq!(update.rounds[0].bill.base, required);
        assert_eq!(update.charged() == required, pricing_version != Some(2), "{update}");
    }
}

#[tokio::test]
async fn arguments_that_are_no_candid_are_refused() {
    let update = subnet(13).await.update("ask", b"DIDL").await;
    assert!(rejection(&update).starts_with("Error decoding candid: "), "{update}");
}

#[tokio::test]
async fn a_transform_that_traps_or_is_not_there_is_the_reject_that_all_agree_on() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    for (method, text) in [("trapping", "Canister trapped"), ("missing", "has no query method 'missing'")] {
        let update = ask(&mut subnet(13).await, &with_transform(get(server.url()), method)).await;
        assert!(rejection(&update).contains(text), "{update}");
        assert!(matches!(update.rounds[0].verdict, Verdict::Rejected { replicas: 13, .. }), "{update}");
    }
}

#[tokio::test]
async fn what_a_transform_makes_is_held_to_the_cap_again() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    // The raw response has 19 bytes, its Candid form more than 60.
    let args = HttpRequestArgs { max_response_bytes: Some(60), ..get(server.url()) };
    let update = ask(&mut subnet(13).await, &with_transform(args.clone(), "unchanged")).await;
    assert_eq!(rejection(&update), "Transformed http response exceeds limit: 60");
    assert!(ask(&mut subnet(13).await, &args).await.is_agreed(), "without a transform nothing is held to it");
}
