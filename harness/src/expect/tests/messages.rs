//! Whole messages.

use super::{dated, diverged, replied, round, said, thirteen, timed_out, voted};
use crate::{
    finding::Cause,
    outcall::{Reject, RejectCode, Request, Response},
    replica::Replica,
    rules::limits,
};

const DIVERGED: &str = r#"expected every outcall to agree in get_price, but outcall 7 diverged

outcall 7: GET https://api.example.com/price
  diverged: header date: "Tue, 24 Nov 2026 12:00:00 GMT" in 8 replicas, "Tue, 24 Nov 2026 12:00:01 GMT" in 5
  because: header date (the time of the answer)
  13 of 13 nodes, 13 requests: AAAAAAAABBBBB
  responses differ in: header date
  cycles: 1,170 charged = base 1,000 + nodes 100 + delivery 70; 2,000 attached, 830 refunded
get_price: replied, 12 bytes

groups, of which one must have 9
  A  8 replicas: 0 1 2 3 4 5 6 7
  B  5 replicas: 8 9 10 11 12

the first difference, between A and B
  A  …Tue, 24 Nov 2026 12:00:00 GMT\n\n4.23
  B  …Tue, 24 Nov 2026 12:00:01 GMT\n\n4.23
                              ^

what differs, why, and what to do
  header date: the time of the answer
      leave it behind in the transform: keep of the body what the canister reads, and no header"#;

const TIMED_OUT: &str = "expected the replicas to agree, but the outcall ran out of time

outcall 7: GET https://api.example.com/price
  timed out
  8 of 13 nodes, 8 requests: AAAAAAAA·····
  cycles: 1,170 charged = base 1,000 + nodes 100 + delivery 70; 2,000 attached, 830 refunded

groups, of which one must have 9
  A  8 replicas: 0 1 2 3 4 5 6 7
  never sent: 5 replicas: 8 9 10 11 12";

/// Behind the round's own story.
const OF_MANY: &str = r#"

groups, of which one must have 9
  A  1 replica: 10
  B  1 replica: 4
  C  1 replica: 7
  D  1 replica: 6
  and 9 more

the first difference, between A and B
  A  …00\nset-cookie: session=10\n\n{"mean":0.30000000000000000,"items":[{"sku":0,"id":"1f850d3ff45bd6…
  B  …00\nset-cookie: session=4\n\n{"mean":0.30000000000000000,"items":[{"sku":0,"id":"0cfa8cfc37711c2…
                              ^

what differs, why, and what to do
  header set-cookie: a cookie for each caller
  $.items[*].id: a random id, new in each answer
      leave it behind in the transform: keep of the body what the canister reads, and no header
  $.mean: float noise: the same number, not quite, or in other digits
      round it in the transform, to 12 decimals at most"#;

#[test]
fn a_divergence_is_told_with_its_groups_its_bytes_its_cause_and_what_to_do() {
    assert_eq!(said(|| replied(vec![diverged()]).expect_agreed().rounds.len()), DIVERGED);
}

/// Who only leaves behind what differs has an agreement, and thirteen orders.
#[test]
fn of_a_post_that_diverged_it_is_said_first_that_it_was_sent_by_all() {
    let mut order = diverged();
    order.request = Request::post("https://api.example.com/orders", "{}");
    let words = said(|| replied(vec![order]).expect_agreed().rounds.len());
    let first = "what differs, why, and what to do
  a POST was sent 13 times, and perhaps carried out as often
      send it through a gateway, under an Idempotency-Key: it asks once, and all get that one answer
  header date: the time of the answer";
    assert!(words.contains(first), "{words}");
}

#[test]
fn those_who_never_sent_are_told_where_time_ran_out() {
    assert_eq!(said(|| timed_out().expect_agreed().id), TIMED_OUT);
}

#[test]
fn thirteen_answers_with_several_causes_are_told_in_a_few_lines() {
    let many = thirteen(|number| {
        let id = |item: usize| (number * 5 + item + 1) as u64 * 0x009e_3779_b97f_4a7c;
        let items: Vec<String> =
            (0..5).map(|item| format!(r#"{{"sku":{item},"id":"{:016x}"}}"#, id(item))).collect();
        let mean = ["0.30000000000000000", "0.30000000000000004"][number % 2];
        let body = format!(r#"{{"mean":{mean},"items":[{}]}}"#, items.join(","));
        let headers = vec![("set-cookie".to_owned(), format!("session={number}"))];
        Ok(Response { status: 200, headers, body: body.into() })
    });
    let because = "\n  because: header set-cookie (a cookie for each caller), $.mean (float noise: the same number, not \
                   quite, or in other digits), $.items[*].id (a random id, new in each answer)\n";
    assert!(many.to_string().contains(because), "{many}");
    many.expect_differing(&["header set-cookie", "$.mean", "$.items[*].id"]);
    let said = said(|| many.expect_agreed().id);
    assert_eq!(said.split_once("refunded").unwrap().1, OF_MANY);
}

#[test]
fn the_cap_is_named_where_the_transform_exceeds_it_and_no_other_reject_is_it() {
    let rejected_by_some = |reject: &Reject| {
        let round = thirteen(|number| if number < 6 { Ok(dated(0)) } else { Err(reject.clone()) });
        round.divergence().found[0].cause
    };
    let beyond = limits::check_transformed(Ok(&[0; 2_001]), Some(2_000)).unwrap_err();
    assert_eq!(rejected_by_some(&beyond), Cause::SizeCap);
    assert_eq!(rejected_by_some(&Reject::new(RejectCode::SysFatal, "Timeout expired")), Cause::Failure);
}

#[test]
fn what_comes_too_late_is_told_and_is_no_cause() {
    let late = round(
        (0..13)
            .map(|number| match number {
                0..8 => voted(number, Ok(dated(0))),
                8 => voted(number, Ok(dated(1))).arriving_late(),
                _ => Replica::silent(number),
            })
            .collect(),
    );
    assert_eq!(late.divergence().found, []);
    let told = "groups, of which one must have 9\n  A  8 replicas: 0 1 2 3 4 5 6 7\n  never sent: 4 replicas: 9 10 11 \
                12\n  too late: 1 replica: 8";
    let said = said(|| late.expect_agreed().id);
    assert!(said.ends_with(told), "{said}");
}
