//! Each expectation, met and not met; what is said when it is not, word for word.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use crate::{
    adapter::Fetched,
    http_response,
    outcall::{Content, Reject, RejectCode, Request, Response},
    replica::Replica,
    rules::price::Replication,
    subnet::{Bill, Pricing, Round, Update},
    verdict::{Verdict, judge},
};

mod messages;

/// An answer with that date.
fn dated(second: usize) -> Response {
    let date = format!("Tue, 24 Nov 2026 12:00:{second:02} GMT");
    Response { status: 200, headers: vec![("date".to_owned(), date)], body: b"4.23".to_vec() }
}

fn voted(number: usize, outcome: Result<Response, Reject>) -> Replica {
    let content = outcome.as_ref().ok().map(|response| http_response::encode(response).unwrap());
    let fetched = Fetched { outcome, attempts: 1, took: Duration::from_millis(30), downloaded_bytes: 9 };
    let record = Replica::fetched(number, Duration::from_millis(number as u64), fetched);
    match content {
        Some(content) => record.voting(Content::Success(content)),
        None => record,
    }
}

fn round(mut replicas: Vec<Replica>) -> Round {
    let nodes = replicas.len();
    let verdict = judge(nodes, 7, &mut replicas);
    let bill = Bill { pricing: Pricing::Version2, attached: 2_000, base: 1_000, usage: 100, delivery: 70 };
    let request = Request::get("https://api.example.com/price");
    Round { id: 7, nodes, request, transform: None, replication: Replication::Full, replicas, verdict, bill }
}

/// What thirteen get by this rule.
fn thirteen(rule: impl Fn(usize) -> Result<Response, Reject>) -> Round {
    round((0..13).map(|number| voted(number, rule(number))).collect())
}

fn agreed() -> Round {
    thirteen(|_| Ok(dated(0)))
}

/// Eight and five.
fn diverged() -> Round {
    thirteen(|number| Ok(dated(usize::from(number >= 8))))
}

/// Eight, and five that never send.
fn timed_out() -> Round {
    let replica = |number| if number < 8 { voted(number, Ok(dated(0))) } else { Replica::silent(number) };
    round((0..13).map(replica).collect())
}

fn rejected() -> Round {
    thirteen(|_| Err(Reject::new(RejectCode::SysFatal, "Timeout expired")))
}

fn update(rounds: Vec<Round>, reply: Result<Vec<u8>, Reject>) -> Update {
    Update { method: "get_price".to_owned(), reply, rounds, instructions: 0, stopped: None }
}

fn replied(rounds: Vec<Round>) -> Update {
    update(rounds, Ok(candid::encode_one("4.23").unwrap()))
}

/// What is said when it panics.
fn said<T>(expectation: impl FnOnce() -> T) -> String {
    let panicked = match catch_unwind(AssertUnwindSafe(expectation)) {
        Ok(_) => panic!("the expectation was met"),
        Err(panicked) => panicked,
    };
    panicked.downcast_ref::<String>().unwrap().clone()
}

/// The first line of it.
fn first_line<T>(expectation: impl FnOnce() -> T) -> String {
    said(expectation).lines().next().unwrap().to_owned()
}

#[test]
fn what_is_met_is_given_back_and_goes_on() {
    let update = replied(vec![agreed(), agreed()]);
    let price: String = update.expect_agreed().expect_outcalls(2).expect_requests(26).expect_reply();
    assert_eq!(price, "4.23");
    let round = &update.rounds[0];
    assert_eq!(round.expect_agreed().expect_requests(13).expect_response(), dated(0));
    let mixed = replied(vec![agreed(), diverged(), timed_out(), rejected()]);
    mixed.expect_diverged().expect_diverged().expect_differing(&["header date"]);
    mixed.expect_timed_out().expect_timed_out().expect_differing(&[]);
    assert_eq!(mixed.expect_rejected().expect_rejected().message, "Timeout expired");
    let trapped = super::tests::update(vec![agreed()], Err(Reject::new(RejectCode::CanisterError, "no")));
    assert_eq!(trapped.expect_agreed().expect_rejection().message, "no");
}

#[test]
fn each_expectation_of_a_round_fails_at_every_other_end() {
    type Expectation = fn(&Round) -> u64;
    let expectations: [(&str, &str, Expectation); 4] = [
        ("agree", "agreed", |round| round.expect_agreed().id),
        ("diverge", "diverged", |round| round.expect_diverged().id),
        ("run out of time", "ran out of time", |round| round.expect_timed_out().id),
        ("be rejected", "was rejected", |round| round.expect_rejected().message.len() as u64),
    ];
    for (round, is) in [
        (agreed(), "agreed"),
        (diverged(), "diverged"),
        (timed_out(), "ran out of time"),
        (rejected(), "was rejected"),
    ] {
        for (wanted, end, expectation) in expectations {
            if end == is {
                expectation(&round);
                continue;
            }
            let expected = format!("expected the replicas to {wanted}, but the outcall {is}");
            assert_eq!(first_line(|| expectation(&round)), expected);
        }
    }
}

#[test]
fn an_update_is_held_to_all_its_outcalls_or_to_one_of_them() {
    let mixed = replied(vec![agreed(), diverged()]);
    let expected = "expected every outcall to agree in get_price, but outcall 7 diverged";
    assert_eq!(first_line(|| mixed.expect_agreed()), expected);
    let fine = replied(vec![agreed()]);
    for (wanted, said) in [
        ("diverge", first_line(|| fine.expect_diverged())),
        ("run out of time", first_line(|| fine.expect_timed_out())),
        ("be rejected", first_line(|| fine.expect_rejected())),
    ] {
        assert_eq!(said, format!("expected an outcall to {wanted} in get_price, but outcall 7 agreed"));
    }
    let none = replied(Vec::new());
    let expected = "expected every outcall to agree in get_price, but it made none";
    assert_eq!(first_line(|| none.expect_agreed()), expected);
    let expected = "expected an outcall to diverge in get_price, but it made none";
    assert_eq!(first_line(|| none.expect_diverged()), expected);
    assert_eq!(first_line(|| fine.expect_outcalls(2)), "expected 2 outcalls, but it made 1");
    assert_eq!(first_line(|| fine.expect_requests(1)), "expected 1 requests, but 13 went out");
    assert_eq!(first_line(|| fine.rounds[0].expect_requests(1)), "expected 1 requests, but 13 went out");
}

#[test]
fn an_answer_is_of_a_type_or_a_rejection() {
    let fine = replied(vec![agreed()]);
    let expected = "expected the update to be rejected, but it has a reply";
    assert_eq!(first_line(|| fine.expect_rejection()), expected);
    let other = first_line(|| fine.expect_reply::<u64>());
    assert!(other.starts_with("expected another reply: the reply is not what was expected"), "{other}");
    let rejected = update(vec![diverged()], Err(Reject::new(RejectCode::SysTransient, "No consensus")));
    let said = said(|| rejected.expect_reply::<String>());
    assert!(said.starts_with("expected a reply, but the update was rejected\n\noutcall 7: GET "), "{said}");
    assert!(said.contains("the time of the answer"), "and why: {said}");
}

#[test]
fn places_that_differ_are_named_all_of_them() {
    let expected = "expected votes that differ in $.price, but they differ in header date";
    assert_eq!(first_line(|| diverged().expect_differing(&["$.price"]).id), expected);
    let expected = "expected votes that differ in nothing, but they differ in header date";
    assert_eq!(first_line(|| diverged().expect_differing(&[]).id), expected);
    let expected = "expected votes that differ in header date, but they differ in nothing";
    assert_eq!(first_line(|| agreed().expect_differing(&["header date"]).id), expected);
}

#[test]
fn what_is_no_response_is_none_and_what_nobody_tells_is_not_agreed() {
    let mut agreed = agreed();
    agreed.verdict = Verdict::Agreed { replicas: 13, reply: b"x".to_vec() };
    let said = first_line(|| agreed.expect_response());
    assert!(said.starts_with("expected the replicas to agree on a response: not a Candid"), "{said}");
    agreed.verdict = Verdict::HandedOver { responses: 13 };
    let expected = "expected the replicas to agree, but the outcall was decided by an engine that tells the canister \
                    alone: expect something of its reply";
    assert_eq!(first_line(|| agreed.expect_agreed().id), expected);
}
