//! One outcall: the verdict, what it cost, and every replica's sending in a row of its own.

use std::time::Duration;

use maud::{Markup, html};

use super::compare;
use crate::{
    outcall::Content,
    replica::Replica,
    subnet::{Grouped, Round},
    verdict::{Difference, Variations, Verdict},
};

/// How many groups have a colour of their own.
const COLOURS: usize = 8;
/// How many values of one difference are listed.
const VALUES_MAX: usize = 5;
/// Digits of a hash that tell it from the others.
const HASH_DIGITS: usize = 8;

pub(super) fn told(round: &Round) -> Markup {
    html! {
        article {
            h3 {
                (badge(&round.verdict)) " "
                span.method { (round.request.method) } " " span.url { (round.request.url) }
            }
            p.verdict { (round.verdict) }
            p.cost {
                (round.nodes) " nodes, " (round.requests()) " requests sent. Cycles: " (cycles(round))
            }
            @if !round.replicas.is_empty() { (matrix(&round.replicas)) }
            (compare::groups(round))
            (differences(&round.variations()))
        }
    }
}

/// The verdict in a word and a sign, for those who see no colour.
pub(super) fn badge(verdict: &Verdict) -> Markup {
    let (class, sign, word) = match verdict {
        Verdict::Agreed { .. } => ("good", "✓", "agreed"),
        Verdict::Gathered { .. } => ("good", "✓", "gathered"),
        Verdict::Rejected { .. } => ("bad", "✗", "rejected"),
        Verdict::Diverged { .. } => ("bad", "✗", "diverged"),
        Verdict::TimedOut { .. } => ("bad", "✗", "timed out"),
        Verdict::Failed { .. } => ("bad", "✗", "failed"),
        Verdict::HandedOver { .. } => ("", "→", "handed over"),
    };
    html! { span class={ "badge " (class) } { (sign) " " (word) } }
}

fn cycles(round: &Round) -> Markup {
    let bill = &round.bill;
    html! {
        strong { (Grouped(bill.charged())) } " charged of " (Grouped(bill.attached)) " attached, "
        (Grouped(bill.refunded())) " refunded"
    }
}

/// Replicas and phases. The bar repeats in a picture what the two columns before it say.
fn matrix(replicas: &[Replica]) -> Markup {
    let end = replicas.iter().filter_map(|record| record.answered.or(record.asked)).max().unwrap_or_default();
    html! {
        div.scroll tabindex="0" role="region" aria-label="What each replica did" {
            table {
                caption { "What each replica did" }
                thead {
                    tr {
                        th scope="col" { "replica" }
                        th scope="col" { "vote" }
                        th scope="col" { "sent at" }
                        th scope="col" { "answer at" }
                        th scope="col" aria-hidden="true" { "0 to " (milliseconds(end)) }
                        th scope="col" { "got" }
                        th scope="col" { "bytes" }
                        th scope="col" { "transformed" }
                        th scope="col" { "hash" }
                    }
                }
                tbody { @for record in replicas { (row(record, end)) } }
            }
        }
    }
}

fn row(record: &Replica, end: Duration) -> Markup {
    html! {
        tr class=(colour(record.group)) {
            th scope="row" {
                (record.number)
                @if record.late { " late" }
                @if record.attempts > 1 { " ×" (record.attempts) }
            }
            td { (vote(record)) }
            @match record.asked {
                Some(asked) => {
                    td.number { (milliseconds(asked)) }
                    td.number { @if let Some(answered) = record.answered { (milliseconds(answered)) } }
                    td.when aria-hidden="true" { (bar(asked, record.answered.unwrap_or(end), end)) }
                    td { (got(record)) }
                    td.number { (Grouped(record.downloaded_bytes.into())) }
                    td.number { (transformed(record)) }
                    td { code { (hash(record)) } }
                }
                None => { td colspan="7" { "never sent" } }
            }
        }
    }
}

fn vote(record: &Replica) -> Markup {
    html! { @if let Some(group) = record.group { span.vote { (letter(group)) } } }
}

fn got(record: &Replica) -> Markup {
    html! {
        @match &record.raw {
            Some(Ok(response)) => { (response.status) }
            Some(Err(reject)) => { span.reject title=(reject.message) { (format!("{:?}", reject.code)) } }
            None => {}
        }
    }
}

fn transformed(record: &Replica) -> Markup {
    html! {
        @match &record.content {
            Some(Content::Success(reply)) => { (Grouped(reply.len() as u128)) }
            Some(Content::Reject(_)) => { "reject" }
            None => {}
        }
    }
}

fn hash(record: &Replica) -> String {
    record.hash.map(|hash| hash.to_string().chars().take(HASH_DIGITS).collect()).unwrap_or_default()
}

fn bar(from: Duration, to: Duration, end: Duration) -> Markup {
    let share = |time: Duration| 100.0 * time.as_secs_f64() / end.as_secs_f64().max(f64::MIN_POSITIVE);
    let (left, width) = (share(from), share(to.saturating_sub(from)));
    html! { span.bar style={ "left:" (format!("{left:.2}%")) ";width:" (format!("{width:.2}%")) } {} }
}

/// Everything in which the raw responses differ, whether a transform takes it away or not.
fn differences(variations: &Variations) -> Markup {
    html! {
        @if !variations.found.is_empty() {
            table.differences {
                caption { "In what the responses differ, before any transform" }
                thead { tr { th scope="col" { "where" } th scope="col" { "what, in how many replicas" } } }
                tbody { @for difference in &variations.found { (difference_row(difference)) } }
            }
            @if variations.left_out > 0 { p { "and in " (variations.left_out) " more places" } }
        }
    }
}

fn difference_row(difference: &Difference) -> Markup {
    let more = difference.values.len().saturating_sub(VALUES_MAX);
    html! {
        tr {
            th scope="row" { (difference.place) }
            td {
                ul {
                    @for counted in difference.values.iter().take(VALUES_MAX) {
                        li { code { (short(&counted.value)) } " in " (counted.replicas) }
                    }
                    @if more > 0 { li { "and " (more) " more" } }
                }
            }
        }
    }
}

/// A value may be a whole document.
fn short(value: &str) -> String {
    const CHARACTERS_MAX: usize = 160;
    match value.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// The letter of a group, as in [`Round::votes`].
pub(super) fn letter(group: usize) -> char {
    char::from(b'A' + u8::try_from(group.min(25)).unwrap_or(25))
}

/// The class of a group; those that are too many for a colour share one.
pub(super) fn colour(group: Option<usize>) -> String {
    match group {
        Some(group) if group < COLOURS => format!("group group-{group}"),
        Some(_) => "group group-more".to_owned(),
        None => String::new(),
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}
