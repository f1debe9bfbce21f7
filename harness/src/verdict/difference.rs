//! A difference in words: where, and what stands there in how many replicas.

use std::{fmt, ops::Range};

use super::json::Path;
use crate::outcall::Content;

#[cfg(test)]
mod tests;
mod vary;
mod view;

use view::View;

/// The most values that a difference prints.
const VALUES_PRINTED_MAX: usize = 4;
/// The longest text of a value that is printed, in characters.
const VALUE_CHARACTERS_MAX: usize = 60;
/// What is printed of the text before the first difference, where a value is too long.
const CONTEXT_CHARACTERS: usize = 12;

/// Where replicas differ.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Whether there is a response, a reject, or bytes that are neither; and which reject.
    Outcome,
    /// The status.
    Status,
    /// The values of the header with that name.
    Header(String),
    /// Only the order of the headers.
    HeaderOrder,
    /// The JSON body, there. Printed as `$.data.price`.
    Json(Path),
    /// Only the order of the members of the JSON object there.
    MemberOrder(Path),
    /// Only the order of the elements of the JSON array there.
    ElementOrder(Path),
    /// Only how the same JSON is written: space or escapes, from that byte of the body on.
    Spelling(usize),
    /// A body that is not JSON, from that byte on.
    Body(usize),
    /// A reply that is no Candid `http_response`, or the encoding of one, from that byte on.
    Reply(usize),
}

/// What stands somewhere, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The value, or `absent`; long, as it is.
    pub value: String,
    /// How many replicas have it.
    pub replicas: usize,
}

/// A place and what stands there. Printed as `$.data.price: "6.88" in 8 replicas, "6.89" in 5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub place: Place,
    /// The different values, that of most replicas first.
    pub values: Vec<Counted>,
}

/// All differences between several responses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variations {
    /// The differences: outcome, status, headers, body.
    pub found: Vec<Difference>,
    /// How many more there are: where nothing else is said, only the first 100 are listed.
    pub left_out: usize,
}

impl Difference {
    /// The first difference between the first two of these contents, told of all of them. Each comes with the
    /// number of its replicas, and those of most replicas come first. `None` when there are not two, or they are
    /// equal.
    ///
    /// Contents that are Candid `http_response`s are compared as such: the status, then the headers, then the body,
    /// as JSON where both are. Where they say the same, the bytes of the reply are compared.
    pub fn between(contents: &[(&Content, usize)]) -> Option<Self> {
        let views: Vec<(View, usize)> =
            contents.iter().map(|(content, replicas)| (View::of_content(content), *replicas)).collect();
        let place = match views.as_slice() {
            [(one, _), (other, _), ..] => one.differs_from(other)?,
            _ => return None,
        };
        let values = count(views.iter().map(|(view, replicas)| (view.at(&place), *replicas)));
        Some(Self { place, values })
    }
}

pub(crate) use vary::variations;

/// Counts equal values; those of most replicas come first, else in order of their first occurrence.
pub(crate) fn count(values: impl Iterator<Item = (String, usize)>) -> Vec<Counted> {
    let mut counted: Vec<Counted> = Vec::new();
    for (value, replicas) in values {
        match counted.iter_mut().find(|counted| counted.value == value) {
            Some(counted) => counted.replicas += replicas,
            None => counted.push(Counted { value, replicas }),
        }
    }
    counted.sort_by_key(|counted| std::cmp::Reverse(counted.replicas));
    counted
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Outcome => f.write_str("outcome"),
            Place::Status => f.write_str("status"),
            Place::Header(name) => write!(f, "header {name}"),
            Place::HeaderOrder => f.write_str("order of the headers"),
            Place::Json(path) => write!(f, "{path}"),
            Place::MemberOrder(path) => write!(f, "order of the members of {path}"),
            Place::ElementOrder(path) => write!(f, "order of the elements of {path}"),
            Place::Spelling(byte) => {
                write!(f, "the same JSON, written differently from byte {byte} of the body")
            }
            Place::Body(byte) => write!(f, "body, from byte {byte}"),
            Place::Reply(byte) => write!(f, "reply, from byte {byte}"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.values_told(VALUES_PRINTED_MAX))
    }
}

/// The values of a difference, and in how many replicas they are.
struct ValuesTold<'d> {
    difference: &'d Difference,
    values_max: usize,
}

impl fmt::Display for ValuesTold<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = &self.difference.values;
        let window = self.difference.window();
        for (position, Counted { value, replicas }) in values.iter().take(self.values_max).enumerate() {
            match position {
                0 if *replicas == 1 => write!(f, "{} in 1 replica", cut(value, &window))?,
                0 => write!(f, "{} in {replicas} replicas", cut(value, &window))?,
                _ => write!(f, ", {} in {replicas}", cut(value, &window))?,
            }
        }
        match values.len().saturating_sub(self.values_max) {
            0 => Ok(()),
            1 => f.write_str(" and another value"),
            more => write!(f, " and {more} other values"),
        }
    }
}

impl Difference {
    /// The values without their place: the first so many of them, and the number of the others.
    pub(crate) fn values_told(&self, values_max: usize) -> impl fmt::Display {
        ValuesTold { difference: self, values_max }
    }

    /// Which characters of the values are printed: all, unless one is too long; then those around the first
    /// difference.
    fn window(&self) -> Range<usize> {
        let characters = self.values.iter().map(|counted| counted.value.chars().count());
        if characters.max().unwrap_or(0) <= VALUE_CHARACTERS_MAX {
            return 0..usize::MAX;
        }
        let common =
            |one: &str, other: &str| one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
        let first = self.values.first().map_or("", |counted| &counted.value);
        let same = self.values.iter().skip(1).map(|counted| common(first, &counted.value)).min().unwrap_or(0);
        let start = same.saturating_sub(CONTEXT_CHARACTERS);
        start..start + VALUE_CHARACTERS_MAX
    }
}

/// The part of a value in the window, with an ellipsis for what is left out.
fn cut(value: &str, window: &Range<usize>) -> String {
    let mut rest = value.chars().skip(window.start);
    let shown: String = rest.by_ref().take(window.end - window.start).collect();
    let before = if window.start > 0 { "…" } else { "" };
    let after = if rest.next().is_some() { "…" } else { "" };
    format!("{before}{shown}{after}")
}
