//! Paths in JSON bodies: the first at which two trees differ, what stands at one, and all the leaves of a tree.

use std::{collections::HashMap, fmt};

use outcall_protocol::json::tree::Tree;

/// A way into a tree. Printed as `$.data.prices[3]["a b"]`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Step {
    /// The member of that name; of several with one name the one with that number, from 0.
    Member(String, usize),
    Element(usize),
}

/// What differs first.
pub(super) enum Found {
    /// The values there, or there is one in one of the trees only.
    Value(Path),
    /// Only the order of the members of the object there, which may be the whole text.
    Order(Path),
}

/// The first path at which two trees say something else; if there is none, the first at which they say it in another
/// order.
pub(super) fn first_difference(one: &Tree, other: &Tree) -> Option<Found> {
    value_difference(one, other)
        .map(|steps| Found::Value(Path::from_the_end(steps)))
        .or_else(|| order_difference(one, other).map(Found::Order))
}

/// The first object whose members come in another order, of those that both have.
pub(super) fn order_difference(one: &Tree, other: &Tree) -> Option<Path> {
    order_steps(one, other).map(Path::from_the_end)
}

/// What stands at a path.
pub(super) fn at<'a>(tree: &'a Tree, path: &Path) -> Option<&'a Tree> {
    path.0.iter().try_fold(tree, |tree, step| match (tree, step) {
        (Tree::Object(members), Step::Member(name, number)) => {
            members.iter().filter(|(other, _)| other == name).nth(*number).map(|(_, value)| value)
        }
        (Tree::Array(elements), Step::Element(index)) => elements.get(*index),
        _ => None,
    })
}

/// The paths and values of everything that holds nothing else: scalars, and empty arrays and objects. None when there
/// are more than `max`.
pub(super) fn leaves(tree: &Tree, max: usize) -> Option<Vec<(Path, String)>> {
    let mut found = Vec::new();
    collect(tree, &mut Path(Vec::new()), max, &mut found);
    (found.len() <= max).then_some(found)
}

/// A value in short: a scalar as it is written, of others the kind and the size.
pub(super) fn brief(tree: &Tree) -> String {
    match tree {
        Tree::Literal(text) | Tree::Number(text) => text.clone(),
        Tree::String(text) => format!("{text:?}"),
        Tree::Array(elements) => format!("[{} elements]", elements.len()),
        Tree::Object(members) => format!("{{{} members}}", members.len()),
    }
}

/// The names of an object's members, in their order.
pub(super) fn names(tree: &Tree) -> String {
    match tree {
        Tree::Object(members) => {
            let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
            names.join(", ")
        }
        other => brief(other),
    }
}

/// The steps to the first difference, last one first.
fn value_difference(one: &Tree, other: &Tree) -> Option<Vec<Step>> {
    match (one, other) {
        (one, other) if one == other => None,
        (Tree::Object(one), Tree::Object(other)) if aligned(one, other) => {
            one.iter().zip(other).enumerate().find_map(|(index, ((_, value), (_, other)))| {
                then(value_difference(value, other)?, step_at(one, index))
            })
        }
        (Tree::Object(one), Tree::Object(other)) => {
            let (in_one, in_other) = (indexed(one), indexed(other));
            let changed = numbered(one).find_map(|(name, number, value)| {
                let steps = match in_other.get(&(name, number)) {
                    Some(other) => value_difference(value, other)?,
                    None => Vec::new(),
                };
                then(steps, member(name, number))
            });
            let mut added =
                numbered(other).filter(|(name, number, _)| !in_one.contains_key(&(*name, *number)));
            changed.or_else(|| added.next().map(|(name, number, _)| vec![member(name, number)]))
        }
        (Tree::Array(one), Tree::Array(other)) => {
            (0..one.len().max(other.len())).find_map(|index| match (one.get(index), other.get(index)) {
                (Some(one), Some(other)) => then(value_difference(one, other)?, Step::Element(index)),
                _ => Some(vec![Step::Element(index)]),
            })
        }
        _ => Some(Vec::new()),
    }
}

/// As [`value_difference`], for the order of the members that both have.
fn order_steps(one: &Tree, other: &Tree) -> Option<Vec<Step>> {
    match (one, other) {
        (one, other) if one == other => None,
        (Tree::Object(one), Tree::Object(other)) if aligned(one, other) => {
            one.iter().zip(other).enumerate().find_map(|(index, ((_, value), (_, other)))| {
                then(order_steps(value, other)?, step_at(one, index))
            })
        }
        (Tree::Object(one), Tree::Object(other)) => {
            let (in_one, in_other) = (indexed(one), indexed(other));
            let name = |(name, number, _)| (name, number);
            let order = numbered(one).map(name).filter(|name| in_other.contains_key(name));
            if !order.eq(numbered(other).map(name).filter(|name| in_one.contains_key(name))) {
                return Some(Vec::new());
            }
            numbered(one).find_map(|(name, number, value)| {
                then(order_steps(value, in_other.get(&(name, number))?)?, member(name, number))
            })
        }
        (Tree::Array(one), Tree::Array(other)) => one
            .iter()
            .zip(other)
            .enumerate()
            .find_map(|(index, (one, other))| then(order_steps(one, other)?, Step::Element(index))),
        _ => None,
    }
}

/// Puts the step before those that are already found, which is behind them here.
fn then(mut steps: Vec<Step>, step: Step) -> Option<Vec<Step>> {
    steps.push(step);
    Some(steps)
}

/// Whether two objects have the same names in the same order, as most do that differ in a value.
fn aligned(one: &[(String, Tree)], other: &[(String, Tree)]) -> bool {
    one.iter().map(|(name, _)| name).eq(other.iter().map(|(name, _)| name))
}

/// The step to the member at that position.
fn step_at(members: &[(String, Tree)], index: usize) -> Step {
    let name = &members[index].0;
    member(name, members[..index].iter().filter(|(other, _)| other == name).count())
}

/// Stops when there is one too many.
fn collect(tree: &Tree, path: &mut Path, max: usize, found: &mut Vec<(Path, String)>) {
    let mut enter = |step, tree| {
        path.0.push(step);
        collect(tree, path, max, found);
        path.0.pop();
        found.len() > max
    };
    match tree {
        Tree::Object(members) if !members.is_empty() => {
            numbered(members).any(|(name, number, value)| enter(member(name, number), value));
        }
        Tree::Array(elements) if !elements.is_empty() => {
            elements.iter().enumerate().any(|(index, value)| enter(Step::Element(index), value));
        }
        leaf => found.push((path.clone(), brief(leaf))),
    }
}

/// Each member with its number among those of its name.
fn numbered(members: &[(String, Tree)]) -> impl Iterator<Item = (&str, usize, &Tree)> {
    let mut seen = HashMap::<&str, usize>::new();
    members.iter().map(move |(name, value)| {
        let count = seen.entry(name).or_default();
        *count += 1;
        (name.as_str(), *count - 1, value)
    })
}

/// By name and number, so that objects with many members are compared in one go.
fn indexed(members: &[(String, Tree)]) -> HashMap<(&str, usize), &Tree> {
    numbered(members).map(|(name, number, value)| ((name, number), value)).collect()
}

fn member(name: &str, number: usize) -> Step {
    Step::Member(name.to_owned(), number)
}

impl Path {
    fn from_the_end(mut steps: Vec<Step>) -> Self {
        steps.reverse();
        Self(steps)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.0 {
            match step {
                Step::Element(index) => write!(f, "[{index}]")?,
                Step::Member(name, number) => {
                    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
                    if !name.is_empty() && name.chars().all(word) {
                        write!(f, ".{name}")?;
                    } else {
                        write!(f, "[{name:?}]")?;
                    }
                    if *number > 0 {
                        write!(f, " (repeated, {})", number + 1)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
