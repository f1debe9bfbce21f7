use std::time::{Duration, Instant};

use ic_management_canister_types::HttpRequestArgs;

use super::{Server, ask, get, installed, rejection, subnet, usage_of, with_transform};
use crate::{
    http_response,
    rules::price,
    schedule::Schedule,
    subnet::Subnet,
    verdict::{Place, Verdict},
};

#[tokio::test]
async fn thirteen_nodes_ask_and_agree_and_the_canister_gets_the_response() {
    let server = Server::answering(|_| "x-price: 4\r\n\r\n4.23".to_owned()).await;
    let mut subnet = subnet(13).await;
    let before = subnet.canister().cycles();
    let update = ask(&mut subnet, &get(server.url())).await;
    let response = http_response::decode(update.reply.as_ref().unwrap()).unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, b"4.23".as_slice()));
    assert_eq!(server.hits(), 13);
    let round = &update.rounds[0];
    assert!(matches!(round.verdict, Verdict::Agreed { replicas: 13, .. }), "{update}");
    assert_eq!((round.requests(), round.votes().as_str()), (13, "AAAAAAAAAAAAA"));
    assert!(round.bill.charged() > 38_417_600, "{}", round.bill);
    assert_eq!(before - subnet.canister().cycles(), round.bill.charged());
}

#[tokio::test]
async fn a_header_that_differs_diverges_and_the_caller_sees_the_subnets_words() {
    let server = Server::answering(|number| format!("date: {}\r\n\r\n4.23", number % 2)).await;
    let update = ask(&mut subnet(13).await, &get(server.url())).await;
    let round = &update.rounds[0];
    let hash = |letter: char| {
        let index = round.votes().chars().position(|vote| vote == letter).unwrap();
        round.replicas[index].hash.unwrap()
    };
    let start =
        "No consensus could be reached. Replicas had different responses. Details: request_id: 0, hashes: [";
    let text = rejection(&update);
    assert!(text.starts_with(start), "{text}");
    assert!(text.contains(&hash('A').to_string()) && text.contains(&hash('B').to_string()), "{text}");
    let words = round.verdict.to_string();
    assert_eq!(words, r#"diverged: header date: "0" in 7 replicas, "1" in 6"#);
    assert_eq!(server.hits(), 13);
}

#[tokio::test]
async fn a_transform_takes_the_difference_away() {
    let server = Server::answering(|number| format!("date: {number}\r\n\r\n4.23")).await;
    let args = get(server.url());
    let update = ask(&mut subnet(13).await, &with_transform(args.clone(), "constant")).await;
    assert_eq!(update.reply, Ok(b"x".to_vec()), "{update}");
    assert!(update.rounds[0].replicas.iter().all(|replica| replica.transform_instructions > 0));
    assert_eq!(update.rounds[0].variations().found[0].place, Place::Header("date".to_owned()));
    let control = ask(&mut subnet(13).await, &with_transform(args, "unchanged")).await;
    assert!(matches!(control.rounds[0].verdict, Verdict::Diverged { .. }), "{control}");
}

/// The management canister's principal is the empty one.
#[tokio::test]
async fn a_transform_is_called_by_the_management_canister() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let mut subnet = subnet(4).await;
    let update = ask(&mut subnet, &with_transform(get(server.url()), "caller")).await;
    assert_eq!(update.reply, Ok(Vec::new()), "{update}");
    assert_eq!(subnet.query("caller", []).await, Ok(vec![4]), "by whoever asks, otherwise");
}

#[tokio::test]
async fn the_subnets_clock_moves_by_the_time_that_a_round_takes() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let schedule = Schedule::skewed(7, Duration::from_millis(30));
    let mut subnet = installed(Subnet::embedded(4).schedule(schedule)).await;
    let before = subnet.canister().time_nanos();
    let update = ask(&mut subnet, &get(server.url())).await;
    let passed = Duration::from_nanos(subnet.canister().time_nanos() - before);
    let last = update.rounds[0].replicas.iter().filter_map(|record| record.answered).max().unwrap();
    assert!(passed >= last && last > Duration::ZERO, "{passed:?} for {last:?}");
}

#[tokio::test]
async fn a_cap_that_five_responses_exceed_diverges_and_four_do_not_matter() {
    for (large, agreed) in [(4, true), (5, false)] {
        let size = move |number| if number < large { 101 } else { 60 };
        let server = Server::answering(move |number| format!("\r\n{}", "4".repeat(size(number)))).await;
        let args = HttpRequestArgs { max_response_bytes: Some(80), ..get(server.url()) };
        // The header content-length takes 17 of the 80 bytes.
        let update = ask(&mut subnet(13).await, &args).await;
        assert_eq!(update.is_agreed(), agreed, "{update}");
        if !agreed {
            assert_eq!(update.rounds[0].verdict.difference().unwrap().place, Place::Outcome);
        }
    }
}

#[tokio::test]
async fn four_silent_nodes_do_not_matter_and_the_late_one_asks_all_the_same() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let schedule = Schedule::together().silent(0).silent(1).silent(2).late(3).resend(4);
    let mut subnet = installed(Subnet::embedded(13).schedule(schedule)).await;
    let before = subnet.canister().cycles();
    let update = ask(&mut subnet, &get(server.url())).await;
    assert!(matches!(update.rounds[0].verdict, Verdict::Agreed { replicas: 9, .. }), "{update}");
    assert_eq!(update.rounds[0].votes(), "···AAAAAAAAAAa");
    assert!(update.to_string().contains("\n  10 of 13 nodes, 11 requests: ···AA"), "{update}");
    assert_eq!((server.hits(), update.rounds[0].requests()), (11, 11));
    let used = usage_of(&update.rounds[0], 3..13);
    assert_eq!(update.rounds[0].bill.usage, used, "each once, the late one when it has sent");
    assert_eq!(before - subnet.canister().cycles(), update.charged());
}

#[tokio::test]
async fn whatever_a_node_votes_for_it_pays_for_and_what_nobody_agrees_on_is_not_delivered() {
    for (others, agreed) in [(4, true), (5, false)] {
        let body = move |number| if number < others { "\r\nx" } else { "\r\n4.23" };
        let server = Server::answering(move |number| body(number).to_owned()).await;
        let update = ask(&mut subnet(13).await, &get(server.url())).await;
        let round = &update.rounds[0];
        assert_eq!(update.is_agreed(), agreed, "{update}");
        assert_eq!(round.bill.usage, usage_of(round, 0..13));
        let bytes = update.reply.as_ref().map_or(0, Vec::len);
        assert_eq!(round.bill.delivery, price::delivery(13, bytes as u64));
    }
}

#[tokio::test]
async fn with_five_nodes_missing_the_time_runs_out_on_the_subnets_clock_only() {
    let server = Server::answering(|_| "\r\n4.23".to_owned()).await;
    let schedule = (0..4).fold(Schedule::together().late(4), Schedule::silent);
    let mut subnet = installed(Subnet::embedded(13).schedule(schedule)).await;
    let (began, before) = (Instant::now(), subnet.canister().time_nanos());
    let update = ask(&mut subnet, &get(server.url())).await;
    assert_eq!(rejection(&update), "Canister http request timed out");
    assert_eq!(subnet.canister().time_nanos() - before, 60_000_000_000);
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(server.hits(), 9, "eight in time, one when all was over");
}
