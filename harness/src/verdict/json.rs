//! Paths in JSON bodies: those at which trees differ, and what stands at one.

use std::{fmt, ops::ControlFlow};

use outcall_protocol::json::tree::Tree;

mod walk;

pub(crate) use walk::{Kind, walk};

/// A way into a tree. Printed as `$.data.prices[3]["a b"]`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(Vec<Step>);

/// One step of a way.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The member of that name; of several with one name the one with that number, from 0.
    Member(String, usize),
    /// The element with that number, from 0.
    Element(usize),
}

/// The first path at which two trees say something else; if there is none, the first at which they say it in another
/// order.
pub(super) fn first_difference(one: &Tree, other: &Tree) -> Option<(Kind, Path)> {
    let (mut value, mut order) = (None, None);
    let _ = walk(&[one, other], &mut |kind, path, _| {
        if kind == Kind::Value {
            value = Some((kind, path.clone()));
            return ControlFlow::Break(());
        }
        order.get_or_insert_with(|| (kind, path.clone()));
        ControlFlow::Continue(())
    });
    value.or(order)
}

/// What stands at a path.
pub(crate) fn at<'a>(tree: &'a Tree, path: &Path) -> Option<&'a Tree> {
    path.0.iter().try_fold(tree, |tree, step| match (tree, step) {
        (Tree::Object(members), Step::Member(name, number)) => {
            members.iter().filter(|(other, _)| other == name).nth(*number).map(|(_, value)| value)
        }
        (Tree::Array(elements), Step::Element(index)) => elements.get(*index),
        _ => None,
    })
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

/// The elements of an array in short, in their order.
pub(crate) fn elements(tree: &Tree) -> String {
    match tree {
        Tree::Array(elements) => elements.iter().map(Tree::canonical).collect::<Vec<_>>().join(", "),
        other => brief(other),
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

impl Path {
    /// To a member of the whole.
    #[cfg(feature = "probe")]
    pub(crate) fn member(name: &str) -> Self {
        Self(vec![Step::Member(name.to_owned(), 0)])
    }

    /// Its steps, from the root.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
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
