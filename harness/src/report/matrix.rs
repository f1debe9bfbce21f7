//! Every replica's sending in a row of its own.

use std::time::Duration;

use maud::{Markup, html};

use crate::{
    outcall::{Content, Reject},
    replica::{Replica, letter},
    subnet::Grouped,
};

/// How many groups have a colour of their own.
const COLOURS: usize = 8;
/// Digits of a hash that tell it from the others.
const HASH_DIGITS: usize = 8;

/// Replicas and phases. The bar repeats in a picture what the two columns before it say, and says it to those who
/// cannot see it.
pub(super) fn told(replicas: &[Replica], voted: &str) -> Markup {
    let end = replicas.iter().filter_map(|record| record.answered.or(record.asked)).max().unwrap_or_default();
    html! {
        div.scroll tabindex="0" role="region" aria-label="What each replica did" {
            table {
                caption { "What each replica did" }
                thead {
                    tr {
                        th scope="col" { "replica" }
                        th scope="col" { "vote" }
                        th.number scope="col" { "sent at" }
                        th.number scope="col" { "answer at" }
                        th.when scope="col" { "0 to " (milliseconds(end)) }
                        th scope="col" { "got" }
                        th.number scope="col" { "bytes" }
                        th.number scope="col" { (voted) }
                        th scope="col" { "hash" }
                    }
                }
                tbody { @for record in replicas { (row(record, end)) } }
            }
        }
        (rejects(replicas))
    }
}

/// What the columns name by its code alone, in full.
fn rejects(replicas: &[Replica]) -> Markup {
    let mut told: Vec<(&Reject, Vec<String>)> = Vec::new();
    for record in replicas {
        let Some(Err(reject)) = &record.raw else { continue };
        let number = record.number.to_string();
        match told.iter_mut().find(|(known, _)| *known == reject) {
            Some((_, numbers)) => numbers.push(number),
            None => told.push((reject, vec![number])),
        }
    }
    html! {
        @if !told.is_empty() {
            h4 { "Who got no response, and why" }
            ul.reasons {
                @for (reject, numbers) in told { li { (reject) " (" (numbers.join(", ")) ")" } }
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
                    td.when { (bar(asked, record.answered.unwrap_or(end), end)) }
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
            Some(Err(reject)) => { (format!("{:?}", reject.code)) }
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
    let alternative = format!("from {} to {}", milliseconds(from), milliseconds(to));
    html! {
        span.bar role="img" aria-label=(alternative)
            style={ "left:" (format!("{left:.2}%")) ";width:" (format!("{width:.2}%")) } {}
    }
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
