//! What can be done to JSON at a place, so that trees are alike.

use std::collections::BTreeMap;

use outcall_protocol::json::tree::Tree;

use super::pattern::{Part, Pattern};

/// What is done to the JSON at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "probe"), expect(dead_code, reason = "only what a probe proposes rounds and sorts"))]
pub(crate) enum Edit {
    /// A member goes; an element becomes `null`, so that the ones behind it keep their numbers.
    Drop,
    /// A number is rounded to so many decimals.
    Round(i32),
    /// Elements are put in the order of their texts.
    Sort,
}

/// A tree, edited.
pub(crate) fn edited(tree: Tree, edits: &[(Pattern, Edit)]) -> Tree {
    let edits: Vec<Below<'_>> = edits.iter().map(|(pattern, edit)| (pattern.parts(), *edit)).collect();
    within(tree, &edits)
}

/// The steps that are still to go, and what is done at their end.
type Below<'r> = (&'r [Part], Edit);

fn within(tree: Tree, edits: &[Below<'_>]) -> Tree {
    match tree {
        Tree::Object(members) => {
            // Of several members with one name the last one counts, as for most readers.
            let members: BTreeMap<String, Tree> = members.into_iter().collect();
            let kept = members.into_iter().filter_map(|(name, value)| {
                let below = step(edits, |part| matches!(part, Part::Member(known) if *known == name));
                (!is_dropped(&below)).then(|| (name, within(value, &below)))
            });
            Tree::Object(kept.collect())
        }
        Tree::Array(elements) => {
            let kept = elements.into_iter().enumerate().map(|(index, value)| {
                let below = step(edits, |part| match part {
                    Part::Each => true,
                    Part::Element(known) => *known == index,
                    Part::Member(_) => false,
                });
                if is_dropped(&below) { Tree::Literal("null".to_owned()) } else { within(value, &below) }
            });
            let mut kept: Vec<Tree> = kept.collect();
            if edits.iter().any(|(rest, edit)| rest.is_empty() && *edit == Edit::Sort) {
                kept.sort_by_cached_key(Tree::canonical);
            }
            Tree::Array(kept)
        }
        Tree::Number(text) => {
            let decimals = edits.iter().find_map(|(rest, edit)| match edit {
                Edit::Round(decimals) if rest.is_empty() => Some(*decimals),
                _ => None,
            });
            Tree::Number(decimals.and_then(|decimals| rounded(&text, decimals)).unwrap_or(text))
        }
        other => other,
    }
}

fn step<'r>(edits: &[Below<'r>], leads: impl Fn(&Part) -> bool) -> Vec<Below<'r>> {
    let gone = edits.iter().filter_map(|(parts, edit)| Some((parts.split_first()?, *edit)));
    gone.filter(|((first, _), _)| leads(first)).map(|((_, rest), edit)| (rest, edit)).collect()
}

fn is_dropped(below: &[Below<'_>]) -> bool {
    below.iter().any(|(rest, edit)| rest.is_empty() && *edit == Edit::Drop)
}

/// A number with so many decimals, as Rust writes it: what the printed transform does.
fn rounded(text: &str, decimals: i32) -> Option<String> {
    let scale = 10_f64.powi(decimals);
    // Adding zero makes zero of minus zero.
    let number = (text.parse::<f64>().ok()? * scale).round() / scale + 0.0;
    number.is_finite().then(|| number.to_string())
}
