//! An answer as it stood on the wire, and the question the whole product is about: are they all the same?

use std::fmt;

use serde_json::Value;

use crate::wire;

/// One answer. Two answers are equal when all their bytes are, framing and spelling included.
#[derive(Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header lines in order, spelled as they came.
    pub header_lines: Vec<String>,
    /// The body, without chunks; not decompressed.
    pub body: Vec<u8>,
    /// Every byte from the status line to the end of the body.
    pub raw: Vec<u8>,
}

impl Answer {
    /// The first value of that header, without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).first().copied()
    }

    /// All values of that header, in order.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        wire::values(&self.header_lines, name)
    }

    /// The body as text, where bytes that are not UTF-8 show as replacement characters.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in the body of {self:?}"))
    }

    /// The body of one of the gateway's own errors.
    ///
    /// # Panics
    /// When the answer is not `application/problem+json`.
    pub fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "in {self:?}");
        self.json()
    }

    /// Everything as text, for a snapshot.
    pub fn raw_text(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }
}

impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for Answer {}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer {} {:?} body {}", self.status, self.header_lines, excerpt(&self.body, 0))
    }
}

/// Asserts that all answers are the same bytes, and returns them once.
///
/// # Panics
/// When there are none, or when two differ: the message names the replicas and the first difference.
#[track_caller]
pub fn agreed(answers: &[Answer]) -> &Answer {
    let first = answers.first().expect("no answers to agree on");
    let groups = groups(answers);
    if let Some(at) = answers.iter().position(|answer| answer != first) {
        let difference = first_difference(first, &answers[at]).unwrap_or_default();
        panic!("{} replicas, groups of {groups:?}: replicas 0 and {at} differ. {difference}", answers.len());
    }
    first
}

/// The first thing in which two answers differ, in words; `None` when they are the same bytes.
pub fn first_difference(one: &Answer, other: &Answer) -> Option<String> {
    if one == other {
        return None;
    }
    if one.status != other.status {
        return Some(format!("Status: {} and {}.\n  {one:?}\n  {other:?}", one.status, other.status));
    }
    let lines = one.header_lines.len().max(other.header_lines.len());
    for number in 0..lines {
        let (left, right) = (one.header_lines.get(number), other.header_lines.get(number));
        if left != right {
            let [left, right] = [left, right].map(|line| line.map_or("(none)", String::as_str));
            return Some(format!("Header line {number}:\n  {left}\n  {right}"));
        }
    }
    if let Some(at) = offset_of_difference(&one.body, &other.body) {
        let [left, right] = [one, other].map(|answer| excerpt(&answer.body, at));
        return Some(format!("Body at byte {at}:\n  {left}\n  {right}"));
    }
    let at = offset_of_difference(&one.raw, &other.raw).unwrap_or_default();
    let [left, right] = [one, other].map(|answer| excerpt(&answer.raw, at));
    Some(format!("Only the framing, at byte {at} of the wire:\n  {left}\n  {right}"))
}

fn offset_of_difference(one: &[u8], other: &[u8]) -> Option<usize> {
    let common = one.iter().zip(other).take_while(|(left, right)| left == right).count();
    (common < one.len().max(other.len())).then_some(common)
}

/// The sizes of the groups of equal answers, largest first.
fn groups(answers: &[Answer]) -> Vec<usize> {
    let mut groups: Vec<(&Answer, usize)> = Vec::new();
    for answer in answers {
        match groups.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, count)) => *count += 1,
            None => groups.push((answer, 1)),
        }
    }
    let mut sizes: Vec<_> = groups.into_iter().map(|(_, count)| count).collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    sizes
}

/// A readable piece around that offset.
fn excerpt(bytes: &[u8], at: usize) -> String {
    let from = at.saturating_sub(40).min(bytes.len());
    let to = (at + 160).min(bytes.len());
    let [before, after] = [from > 0, to < bytes.len()].map(|cut| if cut { "…" } else { "" });
    format!("{before}{:?}{after}", String::from_utf8_lossy(&bytes[from..to]))
}
