//! The keys of late, and to how many replicas each was served.

use maud::{Markup, html};

use super::numbers::{age, count, micros};
use crate::{
    app::App,
    error::Problem,
    ledger::Timestamp,
    limits,
    stats::{Key, Seen},
};

pub(super) fn table(app: &App) -> Markup {
    let latest = app.stats.recent.latest();
    let now = app.ledger.now();
    html! {
        section aria-labelledby="keys" {
            h2 #keys { "Keys of late" }
            @if latest.is_empty() { p { "No key has been led here yet." } } @else {
                p.faint {
                    "The last " (latest.len().min(limits::PAGE_KEYS)) ", and to how many replicas each was served: its leader, those who waited, those who came when
                     the answer was known, and those who came more than a minute after it."
                }
                div.scroll tabindex="0" role="region" aria-label="Table of keys" {
                    table {
                        caption.hidden { "Keys of late, the latest first" }
                        thead {
                            tr {
                                th scope="col" { "Key" }
                                th scope="col" { "Route" }
                                th scope="col" { "State" }
                                th scope="col" .number { "Age" }
                                th scope="col" .number { "Replicas" }
                                th scope="col" .number { "Leader" }
                                th scope="col" .number { "Followers" }
                                th scope="col" .number { "Replays" }
                                th scope="col" .number { "Late" }
                                th scope="col" .number { "Took" }
                                th scope="col" { "Caller" }
                            }
                        }
                        tbody { @for seen in latest.iter().take(limits::PAGE_KEYS) { (row(seen, now)) } }
                    }
                }
            }
        }
    }
}

fn row(Seen { key, replicas }: &Seen, now: Timestamp) -> Markup {
    let (class, state) = state(key, now);
    let took = key.ended.and_then(|ended| ended.took);
    html! {
        tr {
            th scope="row" { code { (key.id.short()) } }
            td { code { (key.method) " " (key.route) } }
            td class=(class) { (state) }
            td.number { (age(now.since(key.since))) }
            td.number { strong { (count(replicas.all())) } }
            td.number { (replicas.lead) }
            td.number { (replicas.follow) }
            td.number { (replicas.replay) }
            td.number { (replicas.late) }
            td.number { (took.map_or("–".to_owned(), |took| micros(took.as_micros() as u64))) }
            td { @if key.caller.is_empty() { "–" } @else { (key.caller) } }
        }
    }
}

/// What became of it, and how that looks.
fn state(key: &Key, now: Timestamp) -> (&'static str, String) {
    let Some(ended) = &key.ended else {
        let text = if key.led_here { "in flight" } else { "led elsewhere" };
        return ("faint", text.to_owned());
    };
    let expired = if ended.expires <= now { ", expired" } else { "" };
    match (ended.problem, ended.upstream_status) {
        (None, _) => {
            let class = if ended.status.as_u16() < 400 { "good" } else { "warn" };
            (class, format!("{}{expired}", ended.status.as_u16()))
        }
        (Some(Problem::OutcomeUnknown), _) => ("bad", format!("outcome unknown{expired}")),
        (Some(problem), Some(upstream)) => (
            "warn",
            format!("{} {}, upstream {upstream}{expired}", ended.status.as_u16(), problem.facts().kind),
        ),
        (Some(problem), None) => {
            ("warn", format!("{} {}{expired}", ended.status.as_u16(), problem.facts().kind))
        }
    }
}
