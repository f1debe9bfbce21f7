//! What stands on the page, and what never does.

use std::time::Duration;

use super::*;
use crate::{
    adapter::Fetched,
    http_response,
    outcall::{Content, Reject, RejectCode, Request, Response},
    replica::Replica,
    rules::price::Replication,
    subnet::{Bill, Pricing, Round},
    verdict::judge,
};

/// What a server that means ill puts where it can.
const MARKUP: &str = "<script src=https://evil.example/x.js></script>";

fn response(price: &str) -> Response {
    let headers = vec![("x-note".to_owned(), MARKUP.to_owned())];
    Response { status: 200, headers, body: format!(r#"{{"price":"{price}"}}"#).into_bytes() }
}

fn sending(number: usize, outcome: Result<Response, Reject>) -> Replica {
    let reply = outcome.as_ref().ok().map(|response| http_response::encode(response).unwrap());
    let took = Duration::from_millis(30);
    let fetched = Fetched { outcome, attempts: 1, took, downloaded_bytes: 1_234 };
    let record = Replica::fetched(number, Duration::from_millis(number as u64), fetched);
    match reply {
        Some(reply) => record.voting(Content::Success(reply)),
        None => record,
    }
}

fn round(mut replicas: Vec<Replica>) -> Round {
    let nodes = replicas.len();
    let verdict = judge(nodes, 7, &mut replicas);
    let bill = Bill { pricing: Pricing::Version2, attached: 2_000, base: 1_000, usage: 100, delivery: 70 };
    let request = Request::get(format!("https://prices.example/?q={MARKUP}"));
    Round { id: 7, nodes, request, transform: None, replication: Replication::Full, replicas, verdict, bill }
}

fn update(rounds: Vec<Round>) -> Update {
    let reject = Reject::new(RejectCode::CanisterError, MARKUP);
    Update { method: "get_price".to_owned(), reply: Err(reject), rounds, instructions: 0, stopped: None }
}

/// Eight and five, of whom one comes late; one never sends, and one fails.
fn diverged() -> Round {
    let mut replicas: Vec<Replica> = (0..11)
        .map(|number| sending(number, Ok(response(if number < 6 { "6.88" } else { "6.89" }))))
        .collect();
    replicas[10] = replicas[10].clone().arriving_late();
    replicas.push(Replica::silent(11));
    replicas.push(sending(12, Err(Reject::new(RejectCode::SysTransient, MARKUP))));
    round(replicas)
}

fn agreed() -> Round {
    round((0..13).map(|number| sending(number, Ok(response("6.88")))).collect())
}

fn page(rounds: Vec<Round>) -> String {
    Report::new("A title").scene(Scene::of("a scene", &update(rounds)).upstream_requests(13)).html()
}

#[test]
fn every_replica_has_a_row_with_what_it_did() {
    let page = page(vec![diverged()]);
    let rows: Vec<&str> = page.split("<tr class=").skip(1).collect();
    assert_eq!(rows.len(), 13);
    for (number, row) in rows.iter().enumerate() {
        assert!(row.contains(&format!("<th scope=\"row\">{number}")), "{row}");
    }
    assert!(
        rows[0].contains(r#"<span class="vote">A</span>"#)
            && rows[6].contains(r#"<span class="vote">B</span>"#)
    );
    assert!(rows[5].contains("5.0 ms") && rows[5].contains("35.0 ms") && rows[5].contains("1,234"));
    assert!(rows[10].contains("10 late"));
    assert!(rows[11].contains("never sent"));
    assert!(rows[12].contains("SysTransient"));
}

#[test]
fn a_divergence_is_told_in_words_and_side_by_side() {
    let page = page(vec![diverged()]);
    assert!(page.contains("✗ timed out") || page.contains("✗ diverged"));
    assert!(page.contains("Group A, 6 votes") && page.contains("Group B, 5 votes"));
    // Only the last digit differs.
    assert!(page.contains("6.8<mark>8</mark>&quot;") && page.contains("6.8<mark>9</mark>&quot;"));
    assert!(page.contains("$.price"));
    assert!(page.contains("Requests that reached the upstream: <strong>13</strong>"));
    assert!(page.contains("<strong>1,170</strong> charged of 2,000 attached, 830 refunded"));
}

#[test]
fn who_agrees_is_compared_with_nobody() {
    let page = page(vec![agreed()]);
    assert!(page.contains("✓ agreed") && page.contains("The outcall agreed; its replicas sent 13 requests."));
    assert!(!page.contains("<mark>") && !page.contains("In what the responses differ"));
}

#[test]
fn what_a_transform_has_taken_away_is_shown() {
    let mut replicas: Vec<Replica> =
        (0..13).map(|number| sending(number, Ok(response(if number == 3 { "7" } else { "8" })))).collect();
    replicas.iter_mut().for_each(|record| record.content = Some(Content::Success(b"same".to_vec())));
    let page = page(vec![round(replicas)]);
    assert!(page.contains("✓ agreed") && page.contains("What came before the transform"));
    assert!(page.contains("Replica 0") && page.contains("Replica 3") && page.contains("<mark>7</mark>"));
}

#[test]
fn nothing_that_a_server_sent_is_markup_and_nothing_is_loaded() {
    let page = page(vec![diverged(), agreed()]);
    assert!(
        page.contains("&lt;script src=https://evil.example/x.js&gt;"),
        "the control: it is there as text"
    );
    assert!(!page.contains("<script"));
    for loading in ["src=\"", "<link", "@import", "url(", "href=\"http"] {
        assert!(!page.contains(loading), "{loading}");
    }
    assert!(page.contains("default-src &#39;none&#39;") || page.contains("default-src 'none'"));
}

#[test]
fn the_same_run_is_the_same_page() {
    assert_eq!(page(vec![diverged(), agreed()]), page(vec![diverged(), agreed()]));
    assert_ne!(page(vec![diverged()]), page(vec![agreed()]));
}

#[test]
fn several_scenes_have_a_table_of_contents() {
    let update = update(vec![agreed()]);
    let one = Report::new("t").scene(Scene::of("first", &update));
    assert!(!one.html().contains("<nav"));
    let two = one.scene(Scene::of("second", &update)).html();
    assert!(two.contains(r##"<a href="#scene-1">second</a>"##) && two.contains(r#"<section id="scene-1">"#));
    assert!(two.contains("All 2 outcalls agreed; their replicas sent 26 requests."));
}

#[test]
fn texts_without_a_common_character_are_marked_whole_and_long_ones_are_cut() {
    let long = |end: &str| Response { body: [vec![b'x'; 10_000], end.into()].concat(), ..response("") };
    let replicas =
        (0..13).map(|number| sending(number, Ok(long(if number < 7 { "ab" } else { "cb" })))).collect();
    let page = page(vec![round(replicas)]);
    assert!(
        page.contains("<pre>…xxx") && page.contains("<mark>a</mark>b") && page.contains("<mark>c</mark>b")
    );
    assert!(!page.contains(&"x".repeat(200)), "the whole body is on the page");
}

#[test]
fn a_long_reply_is_folded_and_a_short_one_is_not() {
    let update = update(vec![agreed()]);
    let page = |told: &str| Report::new("t").scene(Scene::of("s", &update).told(told)).html();
    let long = format!("{}end", "word ".repeat(100));
    let folded = page(&long);
    assert!(
        folded.contains("… <details><summary>all of it</summary><pre>word")
            || folded.contains("…<details><summary>")
    );
    assert!(folded.contains("word end</pre></details>"), "the whole of it is there: {folded}");
    assert!(!page("word").contains("<details>"), "the control");
}

#[test]
fn what_is_seen_is_also_said() {
    let page = page(vec![diverged()]);
    assert!(page.contains(r#"role="img" aria-label="from 5.0 ms to 35.0 ms""#), "{page}");
    let heads = page.matches("<th").count() - page.matches("<thead").count();
    assert_eq!(heads, page.matches("scope=\"").count(), "a head of nothing");
    assert!(
        page.contains("Who got no response, and why") && page.contains("SysTransient: &lt;script"),
        "{page}"
    );
    assert!(!self::page(vec![agreed()]).contains("Who got no response"), "the control");
}
