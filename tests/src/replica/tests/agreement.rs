//! Do they agree? The rig's own control: without a gateway they do not.

use super::*;

fn answer(lines: &[&str], body: &str, raw: &str) -> Answer {
    let header_lines = lines.iter().map(|line| (*line).to_owned()).collect();
    Answer { status: 200, header_lines, body: body.into(), raw: raw.into() }
}

#[tokio::test]
async fn thirteen_replicas_diverge_at_a_varying_upstream() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let answers = Subnet::new(upstream.addr(), 13).burst(&pay()).await;
    assert_eq!(answers.len(), 13);
    assert!(answers.iter().any(|answer| *answer != answers[0]));
    assert_eq!(upstream.finish().await.len(), 13);
}

#[tokio::test]
async fn thirteen_replicas_agree_on_what_never_changes() {
    let upstream = Upstream::start(Script::always(Act::json(r#"{"price":1}"#))).await;
    let answers = Subnet::new(upstream.addr(), 13).burst(&Outcall::get("/price")).await;
    assert_eq!(agreed(&answers).json()["price"], 1);
    upstream.finish().await;
}

#[tokio::test]
async fn a_schedule_is_played_out() {
    for seed in 0..20 {
        let schedule = Schedule::random(seed, 5);
        let gate = Gate::new();
        let upstream = Upstream::start(Script::always(Act::json("{}").held_at(&gate))).await;
        let answers = Subnet::new(upstream.addr(), 5).burst_with(&pay(), &schedule, &gate).await;
        assert_eq!(answers.len(), schedule.answers());
        agreed(&answers);
        // Without a gateway every visit that wrote its whole request may have been executed.
        assert!(upstream.hits() >= schedule.answers() && upstream.hits() <= schedule.visits().len());
        upstream.finish().await;
    }
}

#[test]
#[should_panic(expected = "3 replicas, groups of [2, 1]: replicas 0 and 2 differ. Body at byte 1:")]
fn one_differing_byte_is_caught() {
    agreed(&[answer(&[], "12", "12"), answer(&[], "12", "12"), answer(&[], "13", "13")]);
}

#[test]
fn the_first_difference_is_named() {
    let one = answer(&["a: 1", "date: now"], "{}", "1");
    assert_eq!(first_difference(&one, &one), None);
    let difference = |other: &Answer| first_difference(&one, other).unwrap();
    let other = answer(&["a: 1", "date: then"], "{}", "2");
    assert_eq!(difference(&other), "Header line 1:\n  date: now\n  date: then");
    let other = answer(&["a: 1"], "{}", "2");
    assert_eq!(difference(&other), "Header line 1:\n  date: now\n  (none)");
    let other = answer(&["a: 1", "date: now"], "{}x", "2");
    assert_eq!(difference(&other), "Body at byte 2:\n  \"{}\"\n  \"{}x\"");
    let other = answer(&["a: 1", "date: now"], "{}", "12");
    assert_eq!(difference(&other), "Only the framing, at byte 1 of the wire:\n  \"1\"\n  \"12\"");
    assert!(difference(&Answer { status: 502, ..other }).starts_with("Status: 200 and 502."));
}

#[test]
#[should_panic(expected = "no answers to agree on")]
fn no_answers_are_no_agreement() {
    agreed(&[]);
}
