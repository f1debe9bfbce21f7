//! What differs, everything of it, and why.
//!
//! Answers are compared with those of the same status: what an error page has not is no news. JSON is compared as
//! JSON even where it came compressed. And what only looks different because elements changed places is told as that,
//! also where the elements hold ids that are never the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use outcall_protocol::json::tree::Tree;

use crate::{
    outcall::{Reject, RejectCode, Response},
    verdict::{
        Counted, Difference, Path, Place,
        difference::variations,
        json::{self, Kind, Step, walk},
    },
};

pub(crate) mod cause;
pub(crate) mod coding;
mod edit;
pub(crate) mod pattern;
pub(crate) mod votes;

pub use cause::Cause;
use cause::{header, value};
pub(crate) use edit::{Edit, edited};
pub use pattern::Pattern;

/// How many places are listed; no honest service comes near.
const FOUND_MAX: usize = 10_000;

/// So many places of one kind are told one by one.
const FOLDED_OVER: usize = 3;

/// A place at which answers differ, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where, and what stands there in how many replicas.
    pub difference: Difference,
    /// Why, as far as that can be told.
    pub cause: Cause,
}

/// What is known beside the answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    /// When, in seconds since 1970.
    pub(crate) at_seconds: f64,
    /// What is of no interest, as somebody has said.
    pub(crate) unwanted: Vec<Pattern>,
}

/// All findings, and how many more there are than are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The findings.
    pub found: Vec<Finding>,
    /// How many more there are.
    pub left_out: usize,
}

impl Findings {
    /// The findings for people: what differs for one cause in many elements of an array is told once.
    pub fn folded(&self) -> Vec<Folded<'_>> {
        folded(&self.found)
    }
}

/// Everything in which these outcomes differ.
pub(crate) fn findings(raw: &[&Result<Response, Reject>], asked: &Asked) -> Findings {
    let mut findings = Findings::default();
    for difference in variations(raw, FOUND_MAX).found {
        let cause = match difference.place {
            Place::Outcome => outcome(raw),
            Place::Status if raw.iter().any(|raw| matches!(raw, Ok(response) if response.status == 429)) => {
                Cause::TooMany
            }
            Place::Status => Cause::Status,
            _ => continue,
        };
        findings.found.push(Finding { difference, cause });
    }
    for class in classes(raw) {
        let (found, left_out) = Class::new(&class).findings(asked);
        findings.left_out += left_out;
        for finding in found {
            let is_known =
                findings.found.iter().any(|known| known.difference.place == finding.difference.place);
            if !is_known {
                findings.found.push(finding);
            }
        }
    }
    findings
}

fn outcome(raw: &[&Result<Response, Reject>]) -> Cause {
    let mut rejects = raw.iter().filter_map(|raw| raw.as_ref().err());
    if rejects.all(is_size_cap) { Cause::SizeCap } else { Cause::Failure }
}

/// Whether a replica refused a response for its size, in the adapter's words or, behind a transform, the replica's.
pub(crate) fn is_size_cap(reject: &Reject) -> bool {
    let words = [
        "Http body exceeds size limit",
        "Header size exceeds specified response size limit",
        "Transformed http response exceeds limit",
    ];
    reject.code == RejectCode::SysFatal && words.iter().any(|start| reject.message.starts_with(start))
}

/// Responses of one status each; successes first, then those with more replicas.
pub(crate) fn classes<'r>(raw: &[&'r Result<Response, Reject>]) -> Vec<Vec<&'r Response>> {
    let mut classes: BTreeMap<u16, Vec<&Response>> = BTreeMap::new();
    for response in raw.iter().filter_map(|raw| raw.as_ref().ok()) {
        classes.entry(response.status).or_default().push(response);
    }
    let mut classes: Vec<_> = classes.into_iter().collect();
    classes.sort_by_key(|(status, responses)| {
        (!(200..300).contains(status), std::cmp::Reverse(responses.len()))
    });
    classes.into_iter().map(|(_, responses)| responses).collect()
}

/// Responses of one status, with their bodies as they are read.
struct Class<'r> {
    responses: &'r [&'r Response],
    readable: Vec<Result<Response, Reject>>,
    /// All bodies, if all are JSON.
    trees: Option<Vec<Tree>>,
}

impl<'r> Class<'r> {
    fn new(responses: &'r [&'r Response]) -> Self {
        let readable = responses.iter().map(|response| {
            let body =
                coding::decoded(response).map_or_else(|_| response.body.clone(), |body| body.into_owned());
            Ok(Response { body, ..(*response).clone() })
        });
        let trees = responses.iter().map(|response| Tree::parse(&coding::decoded(response).ok()?).ok());
        Self { responses, readable: readable.collect(), trees: trees.collect() }
    }

    fn findings(&self, asked: &Asked) -> (Vec<Finding>, usize) {
        let readable: Vec<&Result<Response, Reject>> = self.readable.iter().collect();
        let varies = variations(&readable, FOUND_MAX);
        let found = varies.found.into_iter();
        let mut found: Vec<Finding> = found
            .map(|difference| Finding { cause: self.cause(&difference.place, asked), difference })
            .collect();
        self.find_reordered(&mut found);
        found.extend(self.packed_differently());
        (found, varies.left_out)
    }

    fn cause(&self, place: &Place, asked: &Asked) -> Cause {
        match place {
            Place::Header(name) => header::cause(name, &self.values(name), asked.at_seconds),
            Place::HeaderOrder | Place::MemberOrder(_) | Place::ElementOrder(_) => Cause::Order,
            Place::Json(path) => self.cause_at(path, asked),
            Place::Spelling(_) => Cause::Spelling,
            Place::Body(_) if self.responses.iter().any(|response| !coding::codings(response).is_empty()) => {
                Cause::Coding
            }
            Place::Body(_) if self.readable.iter().flatten().all(value::is_own_address) => Cause::OwnAddress,
            Place::Outcome | Place::Status | Place::Body(_) | Place::Reply(_) => Cause::Unknown,
        }
    }

    fn cause_at(&self, path: &Path, asked: &Asked) -> Cause {
        if asked.unwanted.iter().any(|pattern| pattern.covers(path)) {
            return Cause::Unwanted;
        }
        let trees = self.trees.as_deref().unwrap_or_default();
        let values: Vec<Option<&Tree>> = trees.iter().map(|tree| json::at(tree, path)).collect();
        let name = path.steps().iter().rev().find_map(|step| match step {
            Step::Member(name, _) => Some(name.as_str()),
            Step::Element(_) => None,
        });
        value::cause(name.unwrap_or_default(), &values, asked.at_seconds)
    }

    /// The values of a header, for each response.
    fn values(&self, name: &str) -> Vec<Option<String>> {
        let values = self.responses.iter().map(|response| {
            let named = response.headers.iter().filter(|(other, _)| other == name);
            let values: Vec<&str> = named.map(|(_, value)| value.as_str()).collect();
            (!values.is_empty()).then(|| values.join(", "))
        });
        values.collect()
    }

    /// Takes the noise away and looks once more: what then is only another order is told as such.
    fn find_reordered(&self, found: &mut Vec<Finding>) {
        let Some(trees) = &self.trees else { return };
        let noise = found.iter().filter(|finding| finding.cause.is_noise()).filter_map(Finding::path);
        // One place stands for thousands.
        let noise: BTreeSet<Pattern> = noise.map(Pattern::general).collect();
        let noise: Vec<(Pattern, Edit)> = noise.into_iter().map(|pattern| (pattern, Edit::Drop)).collect();
        if noise.is_empty() {
            return;
        }
        let quiet: Vec<Tree> = trees.iter().map(|tree| edited(tree.clone(), &noise)).collect();
        let mut reordered = Vec::new();
        let _ = walk(&quiet.iter().collect::<Vec<_>>(), &mut |kind, path, values| {
            if kind == Kind::ElementOrder {
                let values = values.iter().flatten().map(|tree| json::elements(tree));
                reordered.push((path.clone(), counted(values)));
            }
            ControlFlow::Continue(())
        });
        for (path, values) in reordered {
            let is_inside = |finding: &Finding| {
                finding.path().is_some_and(|inner| inner.steps().starts_with(path.steps()))
                    && !finding.cause.is_noise()
            };
            found.retain(|finding| !is_inside(finding));
            let difference = Difference { place: Place::ElementOrder(path), values };
            found.push(Finding { difference, cause: Cause::Order });
        }
    }

    /// Bodies that say the same and were compressed into other bytes.
    fn packed_differently(&self) -> Option<Finding> {
        let plain: Vec<&[u8]> = self.readable.iter().flatten().map(|response| &*response.body).collect();
        let is_same_inside = plain.windows(2).all(|pair| pair[0] == pair[1]);
        let is_same = self.responses.windows(2).all(|pair| pair[0].body == pair[1].body);
        if !is_same_inside || is_same {
            return None;
        }
        let first = self.responses.first()?;
        let bytes = self.responses.iter().filter(|other| other.body != first.body);
        let common =
            bytes.map(|other| first.body.iter().zip(&other.body).take_while(|(one, two)| one == two).count());
        let values = counted(self.responses.iter().map(|response| format!("{} bytes", response.body.len())));
        let difference = Difference { place: Place::Body(common.min()?), values };
        Some(Finding { difference, cause: Cause::Coding })
    }
}

impl Finding {
    /// The place in the JSON body whose value differs.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.difference.place {
            Place::Json(path) => Some(path),
            _ => None,
        }
    }
}

/// Findings that are told in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded<'f> {
    /// The place, or one with `[*]` that stands for several.
    pub place: String,
    /// How many places there are.
    pub places: usize,
    /// The first of them.
    pub first: &'f Finding,
}

/// The findings with what differs for one cause in many elements of an array told once.
pub(crate) fn folded(findings: &[Finding]) -> Vec<Folded<'_>> {
    let key = |finding: &Finding| Some((Pattern::widest(finding.path()?), finding.cause.name()));
    let mut counts: BTreeMap<(Pattern, &str), usize> = BTreeMap::new();
    for key in findings.iter().filter_map(key) {
        *counts.entry(key).or_default() += 1;
    }
    let mut folded = Vec::new();
    for first in findings {
        match key(first) {
            Some(key) if counts.get(&key).is_none_or(|places| *places > FOLDED_OVER) => {
                // Gone when it was told.
                if let Some(places) = counts.remove(&key) {
                    folded.push(Folded { place: key.0.to_string(), places, first });
                }
            }
            _ => folded.push(Folded { place: first.difference.place.to_string(), places: 1, first }),
        }
    }
    folded
}

fn counted(values: impl Iterator<Item = String>) -> Vec<Counted> {
    crate::verdict::difference::count(values.map(|value| (value, 1)))
}
