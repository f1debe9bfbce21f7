//! The page of a probe: the verdict, what each replica did, what differs and why, what would mend it, and what it costs.

use maud::{Markup, html};

use super::{compare, matrix, outcall, page::frame};
use crate::{
    outcall::Request,
    probe::{Cost, Remedy, Report, keeps_answer},
    subnet::Grouped,
    verdict::Verdict,
};

/// Rows of what differs; the rest is counted.
const FINDINGS_MAX: usize = 200;
/// What is shown of the canister's answer.
const ANSWER_CHARACTERS: usize = 2_000;

pub(super) fn page(probe: &Report, how: &str) -> Markup {
    let (method, url) = (&probe.request.method, &probe.request.url);
    let title = format!("{method} {url}");
    let head = html! {
        p { "Asked as a subnet would ask it: " (probe.nodes) " replicas, " (how) "." }
    };
    let main = html! {
        section {
            article {
                h2 { (outcall::badge(&probe.verdict)) " without a transform" }
                p.verdict { (verdict(probe)) }
                p.cost { (sent(probe)) }
                @for warning in probe.warnings() { p.warning { (warning) } }
                (matrix::told(&probe.replicas, "as Candid"))
                (compare::groups(&probe.replicas))
            }
            (findings(probe))
            (suspects(probe))
            @if let Some(transform) = &probe.transform {
                (remedy("A transform", "makes all answers one; it was tried on them.", transform, "", &[]))
            }
            @if let Some(route) = &probe.route {
                (remedy("A route of the gateway", "makes all answers one, which was tried on them, and asks once.", route,
                    alone(&probe.request), &probe.beside_route()))
            }
            (costs(probe))
        }
    };
    frame(&title, &head, &main)
}

fn verdict(probe: &Report) -> String {
    match (&probe.verdict, probe.unasked()) {
        (_, Some(reject)) => format!("nobody could be asked: {reject}"),
        (Verdict::Agreed { replicas, reply }, _) => {
            format!("{replicas} of {} replicas agree on {} bytes", probe.nodes, reply.len())
        }
        (other, _) => other.to_string(),
    }
}

fn sent(probe: &Report) -> String {
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    };
    let requests = count(probe.requests() as usize, "request");
    format!("{requests} sent, {}", count(probe.groups(), "different answer"))
}

/// What differs for one cause in many elements is one row, as on the screen.
fn findings(probe: &Report) -> Markup {
    let folded = probe.folded();
    let left_out = folded.len().saturating_sub(FINDINGS_MAX) + probe.left_out;
    html! {
        article {
            h2 { "What differs" }
            @if folded.is_empty() { p { "Nothing does." } } @else {
                table.differences {
                    caption { "Every place, why, and what stands there in how many replicas" }
                    thead { tr { th scope="col" { "where" } th scope="col" { "why" } th scope="col" { "what" } } }
                    tbody {
                        @for folded in folded.iter().take(FINDINGS_MAX) {
                            tr {
                                th scope="row" {
                                    (folded.place)
                                    @if folded.places > 1 { " (" (folded.places) " places)" }
                                }
                                td { (folded.first.cause) }
                                td { (outcall::values(&folded.first.difference)) }
                            }
                        }
                    }
                }
            }
            @if left_out > 0 { p { "and in " (left_out) " more places" } }
        }
    }
}

fn suspects(probe: &Report) -> Markup {
    html! {
        @if !probe.suspects.is_empty() {
            article {
                h2 { "What was the same, and will not be on a subnet or at another time" }
                table.differences {
                    thead { tr { th scope="col" { "where" } th scope="col" { "why" } th scope="col" { "what" } } }
                    tbody {
                        @for suspect in &probe.suspects {
                            tr {
                                th scope="row" { (suspect.place) }
                                td { (suspect.cause) }
                                td { code { (outcall::short(&suspect.value)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a route does not do alone; nothing, where it takes nothing away.
fn alone(request: &Request) -> &'static str {
    if keeps_answer(request) { "" } else { "What it takes away alone does not make all answers one:" }
}

fn remedy(what: &str, promise: &str, remedy: &Remedy, alone: &str, notes: &[&str]) -> Markup {
    html! {
        article {
            h2 { (what) }
            @match (&remedy.text, remedy.alike) {
                (Some(_), true) => { p { "This one " (promise) } }
                (Some(_), false) => {
                    p {
                        "This one makes the replicas agree, since it asks once and gives all of them that one answer."
                        " " (alone)
                    }
                }
                (None, _) => { p { "None helps:" } }
            }
            @if !remedy.why.is_empty() { ul.reasons { @for why in &remedy.why { li { (why) } } } }
            @if let Some(text) = &remedy.text {
                pre.paste tabindex="0" { code { (text) } }
                @for note in notes { p { (note) } }
            }
            @if let Some(answer) = &remedy.answer {
                h4 { "What the canister gets" }
                pre { (excerpt(&compare::of_response(answer))) }
            }
        }
    }
}

/// A body may have two million bytes.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(ANSWER_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn costs(probe: &Report) -> Markup {
    let of = |remedy: &Option<Remedy>| remedy.as_ref().and_then(|remedy| remedy.cost);
    let rows = [
        ("as it is", Some(probe.cost)),
        ("with the transform", of(&probe.transform)),
        ("with the route", of(&probe.route)),
    ];
    html! {
        article {
            h2 { "Bytes and cycles" }
            div.scroll tabindex="0" role="region" aria-label="Bytes and cycles" {
                table {
                    caption { "By price version 2, without the instructions of a transform" }
                    thead {
                        tr {
                            th scope="col" { "way" }
                            th.number scope="col" { "downloaded" }
                            th.number scope="col" { "delivered" }
                            th.number scope="col" { "cycles" }
                        }
                    }
                    tbody { @for (what, cost) in rows { @if let Some(cost) = cost { (cost_row(what, &cost)) } } }
                }
            }
        }
    }
}

fn cost_row(what: &str, cost: &Cost) -> Markup {
    let (least, most) = cost.downloaded_bytes;
    html! {
        tr {
            th scope="row" { (what) }
            td.number {
                @if least < most { (Grouped(least.into())) " to " }
                (Grouped(most.into()))
            }
            td.number { (Grouped(cost.delivered_bytes.into())) }
            td.number { (Grouped(cost.cycles)) }
        }
    }
}
