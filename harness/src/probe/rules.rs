//! What is taken away so that answers are alike. A transform and a route are two spellings of it.

use std::collections::BTreeMap;

use outcall_protocol::json::tree::Tree;

use super::{
    cause::Cause,
    finding::Finding,
    pattern::{Part, Pattern},
};
use crate::{outcall::Response, verdict::Place};

/// What is done to the JSON at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// A member goes; an element becomes `null`, so that the ones behind it keep their numbers.
    Drop,
    /// A number is rounded to so many decimals.
    Round(i32),
    /// Elements are put in the order of their texts.
    Sort,
}

/// What is taken away from every answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    /// The names of the headers that stay.
    pub(super) keep_headers: Vec<String>,
    /// Whether bodies that are JSON are written in one spelling; needed for every edit.
    pub(super) canonical: bool,
    /// What is done inside of them.
    pub(super) edits: Vec<(Pattern, Edit)>,
}

impl Rules {
    /// What the findings ask for. Of the headers the content's type stays, where it is one.
    pub(super) fn of(findings: &[Finding], responses: &[&Response]) -> Self {
        let mut rules = Self::default();
        let has_type =
            responses.iter().any(|response| response.headers.iter().any(|(name, _)| name == "content-type"));
        let type_differs = findings
            .iter()
            .any(|finding| finding.difference.place == Place::Header("content-type".to_owned()));
        if has_type && !type_differs {
            rules.keep_headers.push("content-type".to_owned());
        }
        for finding in findings {
            rules.take(finding);
        }
        // Whose answer came first must not show in what is printed.
        rules.edits.sort_by(|(one, _), (other, _)| one.cmp(other));
        rules
    }

    fn take(&mut self, finding: &Finding) {
        let (path, edit) = match (&finding.difference.place, finding.cause) {
            (Place::Json(path), Cause::FloatNoise { decimals }) => {
                (Pattern::general(path), Edit::Round(decimals))
            }
            (Place::Json(path), cause) if cause.is_noise() => (Pattern::general(path), Edit::Drop),
            (Place::ElementOrder(path), _) => (Pattern::general(path), Edit::Sort),
            (Place::Json(_) | Place::MemberOrder(_) | Place::Spelling(_), _) => {
                self.canonical = true;
                return;
            }
            _ => return,
        };
        self.canonical = true;
        match self.edits.iter_mut().find(|(other, _)| *other == path) {
            // One place, seen in several elements: the coarser rounding is right for all.
            Some((_, Edit::Round(decimals))) => {
                if let Edit::Round(others) = edit {
                    *decimals = (*decimals).min(others);
                }
            }
            Some(_) => {}
            None => self.edits.push((path, edit)),
        }
    }

    /// The places with that edit.
    pub(super) fn places(&self, wanted: Edit) -> Vec<&Pattern> {
        self.edits.iter().filter(|(_, edit)| *edit == wanted).map(|(pattern, _)| pattern).collect()
    }

    /// The one spelling of a JSON text, edited; none for a text that is no JSON.
    pub(super) fn tidied(&self, body: &[u8]) -> Option<String> {
        let tree = Tree::parse(body).ok()?;
        Some(self.edited(tree).canonical())
    }

    /// A tree, edited.
    pub(super) fn edited(&self, tree: Tree) -> Tree {
        let edits: Vec<Below<'_>> =
            self.edits.iter().map(|(pattern, edit)| (pattern.parts(), *edit)).collect();
        edited(tree, &edits)
    }
}

/// The steps that are still to go, and what is done at their end.
type Below<'r> = (&'r [Part], Edit);

fn edited(tree: Tree, edits: &[Below<'_>]) -> Tree {
    match tree {
        Tree::Object(members) => {
            // Of several members with one name the last one counts, as for most readers.
            let members: BTreeMap<String, Tree> = members.into_iter().collect();
            let kept = members.into_iter().filter_map(|(name, value)| {
                let below = step(edits, |part| matches!(part, Part::Member(known) if *known == name));
                (!is_dropped(&below)).then(|| (name, edited(value, &below)))
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
                if is_dropped(&below) { Tree::Literal("null".to_owned()) } else { edited(value, &below) }
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
pub(super) fn rounded(text: &str, decimals: i32) -> Option<String> {
    let scale = 10_f64.powi(decimals);
    // Adding zero makes zero of minus zero.
    let number = (text.parse::<f64>().ok()? * scale).round() / scale + 0.0;
    number.is_finite().then(|| number.to_string())
}
