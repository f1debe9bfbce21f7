//! Where things stand in the file: from a byte to its line and column, and from a member to its place in the tree.

use jsonc_parser::{
    ast::{ObjectProp, Value},
    common::{Range, Ranged},
};
use serde_path_to_error::Segment;

/// The starts of the lines of a text.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The line and the column, in characters, of the byte at `offset`; both count from 1.
    pub(super) fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or("");
        (line, before.chars().count() + 1)
    }

    /// The text of a range, as it was written.
    pub(super) fn source(&self, range: Range) -> &'a str {
        self.text.get(range.start..range.end).unwrap_or("")
    }
}

/// A value of the file, with its member path and the position of its name.
#[derive(Clone)]
pub(super) struct Place<'a> {
    /// The value.
    pub(super) value: &'a Value<'a>,
    /// The member path, such as `/price.methods[1]`; empty for the file as a whole.
    pub(super) path: String,
    /// Where the member's name stands; the value itself where it has none.
    pub(super) name: Range,
    /// Whether the value may be a secret, so that no error shows it.
    pub(super) secret: bool,
}

impl<'a> Place<'a> {
    pub(super) fn root(value: &'a Value<'a>) -> Self {
        Self { value, path: String::new(), name: value.range(), secret: false }
    }

    /// The place of a member that is known to exist.
    pub(super) fn of(&self, member: &'a ObjectProp<'a>) -> Self {
        let name = member.name.as_str();
        Self {
            value: &member.value,
            path: join(&self.path, name),
            name: member.name.range(),
            secret: self.secret || name == "inject" || (self.path == "receipts" && name == "key")
                // Somebody may have written the token itself.
                || (self.path.starts_with("callers.") && name == "tokens_sha256"),
        }
    }

    /// The place of the member `name`. One that was not written stands where its object stands.
    pub(super) fn member(&self, name: &str) -> Self {
        match self.value.as_object().and_then(|object| object.get(name)) {
            Some(member) => self.of(member),
            None => Self { path: join(&self.path, name), ..self.clone() },
        }
    }

    /// The place of an element of an array.
    pub(super) fn element(&self, index: usize) -> Self {
        let value = self.value.as_array().and_then(|array| array.elements.get(index)).unwrap_or(self.value);
        let path = format!("{}[{index}]", self.path);
        Self { value, path, name: value.range(), secret: self.secret }
    }

    /// The place that a path of serde's leads to, seen from here.
    pub(super) fn follow<'s>(&self, path: impl Iterator<Item = &'s Segment>) -> Self {
        path.fold(self.clone(), |place, segment| match segment {
            Segment::Seq { index } => place.element(*index),
            Segment::Map { key } => place.member(key),
            Segment::Enum { .. } | Segment::Unknown => place,
        })
    }
}

/// One step of a member path.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// Into the member of this name.
    Member(&'a str),
    /// Into the element at this index.
    Element(usize),
}

/// A member path, spelled out.
pub(super) fn spelled(steps: &[Step<'_>]) -> String {
    steps.iter().fold(String::new(), |path, step| match step {
        Step::Member(name) => join(&path, name),
        Step::Element(index) => format!("{path}[{index}]"),
    })
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    }
}
