//! The cycles of `docs/choosing.md`, computed anew by the harness' prices, which are the subnet's.

use std::time::Duration;

use outcall_harness::rules::{
    consensus::threshold,
    price::{Replication, Usage, base, charged, flexible_delivery, per_node, quote, version_1},
};

use super::Page;

const REQUEST_BYTES: u64 = 300;
const INSTRUCTIONS: u64 = 1_000_000;

/// An answer without a receipt and one with it: before and after the transform, in bytes.
const PLAIN: (u64, u64) = (500, 150);
const SIGNED: (u64, u64) = (950, 600);

fn usage((raw_response_bytes, transformed_bytes): (u64, u64), roundtrip: Duration) -> Usage {
    Usage { raw_response_bytes, roundtrip, transform_instructions: INSTRUCTIONS, transformed_bytes }
}

/// Every node that sends answers, and each answer is delivered.
fn flexible(nodes: usize, total: usize, min: usize, usage: Usage) -> u128 {
    let replication =
        Replication::Flexible { total_requests: total, min_responses: min, max_responses: total };
    let used: u128 = (0..total).map(|_| per_node(nodes, &usage, replication)).sum();
    let delivered = flexible_delivery(nodes, &vec![usage.transformed_bytes; total], min);
    base(nodes, REQUEST_BYTES, replication) + used + delivered
}

fn all(nodes: usize, usage: Usage) -> u128 {
    charged(nodes, REQUEST_BYTES, Replication::Full, &vec![usage; nodes], usage.transformed_bytes)
}

fn one(nodes: usize, usage: Usage) -> u128 {
    charged(nodes, REQUEST_BYTES, Replication::Single, &[usage], usage.transformed_bytes)
}

/// A ticket with its receipt, and an answer with its, before and after the transform.
const TICKET: (u64, u64) = (800, 770);
const LONG: (u64, u64) = (2_600, 2_600);
/// Polls that find nothing, 5, 15, 35 and 75 s after the question.
const IDLE_POLLS: u128 = 4;

/// The table of what takes 90 s: each row for 13 and for 34 nodes.
fn minutes() -> Vec<String> {
    let fast = Duration::from_millis(50);
    let waited = |nodes| all(nodes, usage((0, 0), Duration::from_secs(30)));
    let question = |nodes| all(nodes, usage(TICKET, fast));
    let idle = |nodes| one(nodes, usage(TICKET, fast));
    let found = |nodes| one(nodes, usage(LONG, fast));
    let whole = |nodes| question(nodes) + IDLE_POLLS * idle(nodes) + found(nodes);
    let sizes = |cost: &dyn Fn(usize) -> u128| [13, 34].map(cost);
    vec![
        row("waiting for it: *Timeout expired* after 30 s, and no answer", sizes(&waited)),
        row("the question, by all nodes", sizes(&question)),
        row("an idle poll, by one node", sizes(&idle)),
        row("the poll that finds the answer", sizes(&found)),
        row("in all: the question, four idle polls, the answer", sizes(&whole)),
    ]
}

/// In millions, with one decimal and commas.
fn millions(cycles: u128) -> String {
    let tenths = (cycles + 50_000) / 100_000;
    let (whole, tenth) = (tenths / 10, tenths % 10);
    let grouped =
        if whole >= 1_000 { format!("{},{:03}", whole / 1_000, whole % 1_000) } else { whole.to_string() };
    format!("{grouped}.{tenth}")
}

fn row(name: &str, cycles: impl IntoIterator<Item = u128>) -> String {
    let cells: Vec<String> = cycles.into_iter().map(millions).collect();
    format!("| {name} | {} |", cells.join(" | "))
}

/// The tables of what is charged and what is attached, as they have to stand on the page.
fn tables() -> Vec<String> {
    let fast = Duration::from_millis(50);
    let slow = Duration::from_secs(5);
    let cases = [(13, fast), (13, slow), (34, fast), (34, slow)];
    let charged = |cost: &dyn Fn(usize, Duration) -> u128| cases.map(|(nodes, after)| cost(nodes, after));
    let quoted = |usage: Usage| [13, 34].map(|nodes| quote(nodes, REQUEST_BYTES, &usage, Replication::Full));
    let bounded = Usage { transformed_bytes: 1_024, ..usage((1_024, 0), Duration::from_secs(30)) };
    vec![
        row("all nodes", charged(&|nodes, after| all(nodes, usage(PLAIN, after)))),
        row("one node and a receipt", charged(&|nodes, after| one(nodes, usage(SIGNED, after)))),
        row(
            "four nodes and receipts, two must answer",
            charged(&|nodes, after| flexible(nodes, 4, 2, usage(SIGNED, after))),
        ),
        row(
            "flexible by default: all nodes, each answer delivered",
            charged(&|nodes, after| flexible(nodes, nodes, 2 * nodes / 3 + 1, usage(PLAIN, after))),
        ),
        row("nothing", quoted(Usage::by_default(None, true))),
        row("`max_response_bytes` = 1,024", quoted(Usage::by_default(Some(1_024), true))),
        row("that, 30 s of waiting, 1,024 bytes, a million instructions", quoted(bounded)),
        row(
            "the old price version 1, nothing: charged whole, no refund",
            [13, 34].map(|nodes| version_1(nodes, REQUEST_BYTES, None)),
        ),
        row(
            "version 1, `max_response_bytes` = 1,024: charged whole",
            [13, 34].map(|nodes| version_1(nodes, REQUEST_BYTES, Some(1_024))),
        ),
    ]
}

#[test]
fn the_cycles_on_the_page_are_those_of_the_prices() {
    let page = Page::read("docs/choosing.md");
    let missing: Vec<String> = tables()
        .into_iter()
        .chain(minutes())
        .filter(|row| !page.text.lines().any(|line| line == row))
        .collect();
    assert!(missing.is_empty(), "these rows belong on the page: {missing:#?}");
}

/// The README shows the two ends of one table: what cannot work, and what does.
#[test]
fn the_cycles_in_the_readme_are_those_of_the_prices() {
    let readme = Page::read("README.md");
    let rows = minutes();
    for row in [rows.first(), rows.last()].into_iter().flatten() {
        assert!(readme.text.lines().any(|line| line == row), "{row}");
    }
}

/// `docs/consensus.md` tells how many must agree, for each size of a subnet.
#[test]
fn the_thresholds_on_the_page_are_those_of_the_rules() {
    let page = Page::read("docs/consensus.md");
    for nodes in [1, 4, 7, 13, 28, 31, 34, 40] {
        let agree = threshold(nodes);
        let row = format!("| {nodes} | {} | {agree} | {} |", (nodes - 1) / 3, (nodes - 1) / 3 + 1);
        assert!(page.text.contains(&row), "{row}");
    }
}
