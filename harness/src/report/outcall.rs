//! One outcall: the verdict, what it cost, what each replica did, and in what they differ.

use maud::{Markup, html};

use super::{compare, matrix};
use crate::{
    subnet::{Grouped, Round},
    verdict::{Difference, Variations, Verdict},
};

/// How many values of one difference are listed.
const VALUES_MAX: usize = 3;

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
            @if !round.replicas.is_empty() { (matrix::told(&round.replicas, "transformed")) }
            (compare::groups(&round.replicas))
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
    html! { tr { th scope="row" { (difference.place) } td { (values(difference)) } } }
}

/// What stands there, and how often.
pub(super) fn values(difference: &Difference) -> Markup {
    let more = difference.values.len().saturating_sub(VALUES_MAX);
    html! {
        ul {
            @for counted in difference.values.iter().take(VALUES_MAX) {
                li { code { (short(&counted.value)) } " in " (counted.replicas) }
            }
            @if more > 0 { li { "and " (more) " more" } }
        }
    }
}

/// A value may be a whole document.
pub(super) fn short(value: &str) -> String {
    const CHARACTERS_MAX: usize = 160;
    match value.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
