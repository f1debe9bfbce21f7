use super::*;
use crate::{
    adapter::Fetched,
    http_response,
    outcall::RejectCode,
    rules::consensus::{faults, threshold},
};

fn response(price: &str) -> Response {
    Response { status: 200, headers: Vec::new(), body: format!(r#"{{"price":"{price}"}}"#).into_bytes() }
}

fn fetched(outcome: Result<Response, Reject>) -> Fetched {
    let took = Duration::from_millis(30);
    Fetched { outcome, attempts: 1, took, downloaded_bytes: 9 }
}

/// A replica that asked so many milliseconds after the round began and votes for that price.
fn voted(number: usize, asked: u64, price: &str) -> Replica {
    let content = Content::Success(http_response::encode(&response(price)).unwrap());
    Replica::fetched(number, Duration::from_millis(asked), fetched(Ok(response(price)))).voting(content)
}

/// So many replicas for each price, then silent ones up to `nodes`.
fn round(nodes: usize, counts: &[(usize, &str)]) -> Vec<Replica> {
    let prices = counts.iter().flat_map(|(count, price)| std::iter::repeat_n(*price, *count));
    let mut records: Vec<Replica> =
        prices.enumerate().map(|(number, price)| voted(number, number as u64, price)).collect();
    records.extend((records.len()..nodes).map(Replica::silent));
    records
}

#[test]
fn thirteen_that_agree_are_agreed_and_the_reply_is_theirs() {
    let mut records = round(13, &[(9, "6.88"), (4, "6.89")]);
    let verdict = judge(13, 7, &mut records);
    let reply = http_response::encode(&response("6.88")).unwrap();
    assert_eq!(verdict, Verdict::Agreed { replicas: 9, reply: reply.clone() });
    assert_eq!(verdict.to_string(), format!("agreed: 9 replicas, {} bytes", reply.len()));
    let groups: Vec<Option<usize>> = records.iter().map(|record| record.group).collect();
    assert_eq!(groups, [vec![Some(0); 9], vec![Some(1); 4]].concat());
    assert_eq!(records[0].hash, Some(share_hash(7, records[0].content.as_ref().unwrap())));
}

#[test]
fn eight_and_five_diverge_at_a_path_that_is_named() {
    let verdict = judge(13, 7, &mut round(13, &[(8, "6.88"), (5, "6.89")]));
    assert_eq!(verdict.to_string(), r#"diverged: $.price: "6.88" in 8 replicas, "6.89" in 5"#);
    let reject = verdict.outcome().unwrap().unwrap_err();
    assert_eq!(reject.code, RejectCode::SysTransient);
    let text =
        "No consensus could be reached. Replicas had different responses. Details: request_id: 7, hashes: [";
    assert!(reject.message.starts_with(text), "{reject}");
    assert!(!verdict.is_agreed());
}

#[test]
fn eight_and_four_with_one_silent_run_out_of_time() {
    let mut records = round(13, &[(8, "6.88"), (4, "6.89")]);
    let verdict = judge(13, 7, &mut records);
    assert_eq!(verdict.to_string(), r#"timed out: $.price: "6.88" in 8 replicas, "6.89" in 4"#);
    assert_eq!(verdict.outcome().unwrap().unwrap_err().message, "Canister http request timed out");
    assert_eq!((records[12].hash, records[12].group), (None, None));
    let silent = judge(4, 7, &mut round(4, &[]));
    assert_eq!(silent.to_string(), "timed out");
}

#[test]
fn every_size_agrees_at_its_threshold_and_not_below() {
    for nodes in [1, 4, 7, 13, 28, 31, 34, 40] {
        let enough = threshold(nodes);
        assert!(judge(nodes, 7, &mut round(nodes, &[(enough, "1")])).is_agreed(), "{nodes}");
        let below = judge(nodes, 7, &mut round(nodes, &[(enough - 1, "1"), (faults(nodes), "2")]));
        assert!(matches!(below, Verdict::TimedOut { .. }), "{nodes}: {below}");
    }
}

#[test]
fn replicas_agree_on_a_reject_as_they_do_on_a_response() {
    let failed = || Err(Reject::new(RejectCode::SysFatal, "Timeout expired"));
    let record = |number| Replica::fetched(number, Duration::ZERO, fetched(failed()));
    let mut records: Vec<Replica> = (0..13).map(record).collect();
    let verdict = judge(13, 7, &mut records);
    assert_eq!(verdict, Verdict::Rejected { replicas: 13, reject: failed().unwrap_err() });
    assert_eq!(verdict.to_string(), "rejected: 13 replicas, SysFatal: Timeout expired");
    let refused = Verdict::refused(Reject::new(RejectCode::CanisterReject, "url size 8193 exceeds 8192"));
    let told = "rejected before anything was sent: CanisterReject: url size 8193 exceeds 8192";
    assert_eq!(refused.to_string(), told);
}

#[test]
fn what_comes_late_is_grouped_and_decides_nothing() {
    let mut records = round(12, &[(8, "6.88"), (4, "6.89")]);
    records.push(voted(12, 500, "6.88").arriving_late());
    let verdict = judge(13, 7, &mut records);
    assert_eq!(verdict.to_string(), r#"timed out: $.price: "6.88" in 8 replicas, "6.89" in 4"#);
    assert_eq!(records[12].group, Some(0));
}

#[test]
fn an_answer_after_sixty_seconds_finds_the_time_over() {
    let mut records = round(4, &[(2, "1")]);
    records.extend([voted(2, 60_000, "1"), voted(3, 60_000, "1")]);
    records.retain(|record| record.content.is_some());
    assert!(matches!(judge(4, 7, &mut records), Verdict::TimedOut { difference: None, .. }));
    records[2].answered = Some(Duration::from_secs(60));
    assert!(judge(4, 7, &mut records).is_agreed());
}

#[test]
fn a_replica_that_sent_twice_counts_once_for_each_answer() {
    let mut records = round(13, &[(8, "6.88"), (4, "6.89")]);
    records.push(voted(0, 100, "6.88"));
    assert!(matches!(judge(13, 7, &mut records), Verdict::TimedOut { .. }), "still eight");
    records.push(voted(8, 100, "6.88"));
    assert!(judge(13, 7, &mut records).is_agreed(), "replica 8 has got the other answer too");
}

#[test]
fn votes_after_the_decision_are_told_all_the_same() {
    let prices = ["1", "2", "3", "4", "5", "6", "1", "1", "1", "1", "1", "1", "1"];
    let mut records: Vec<Replica> =
        prices.iter().enumerate().map(|(number, price)| voted(number, number as u64, price)).collect();
    let verdict = judge(13, 7, &mut records);
    let told = r#"diverged: $.price: "1" in 8 replicas, "#;
    assert!(verdict.to_string().starts_with(told), "{verdict}");
    let listed = verdict.outcome().unwrap().unwrap_err().message.matches("]").count();
    assert_eq!(listed, 6, "the reject names what was known when it was made");
}

#[test]
fn raw_responses_vary_where_transformed_ones_agree() {
    let dated = |number: usize| {
        let mut response = response("6.88");
        response.headers.push(("date".to_owned(), number.to_string()));
        let content = Content::Success(http_response::encode(&super::tests::response("6.88")).unwrap());
        Replica::fetched(number, Duration::ZERO, fetched(Ok(response))).voting(content)
    };
    let mut records: Vec<Replica> = (0..13).map(dated).collect();
    assert!(judge(13, 7, &mut records).is_agreed());
    let varying: Vec<String> = variations(&records).found.iter().map(Difference::to_string).collect();
    let told = r#"header date: "0" in 1 replica, "1" in 1, "2" in 1, "3" in 1 and 9 other values"#;
    assert_eq!(varying, [told]);
    let usage = records[0].usage().unwrap();
    assert_eq!((usage.raw_response_bytes, usage.roundtrip), (9, Duration::from_millis(30)));
}
