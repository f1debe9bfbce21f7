//! What is wrong with a file, said so that it can be mended: where, what was found, what was expected.

use std::fmt;

use jsonc_parser::{
    ast::Value,
    common::{Range, Ranged},
};

use super::locate::{Lines, Place, Step, spelled};
use crate::limits;

/// Everything that is wrong with a configuration; never empty.
///
/// `Display` prints one line for each problem, in the order of the file:
/// `proxy_conf.json:3:12: /price.ttl: found "2 fortnights", expected …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    file: String,
    problems: Vec<Problem>,
    unlisted: usize,
}

/// One thing that is wrong. Its texts hold no injected value, no password and no query of an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The member, such as `/price.methods[1]`; empty where the file as a whole is meant.
    pub member: String,
    /// What was found.
    pub found: String,
    /// What was expected instead.
    pub expected: String,
}

impl ConfigError {
    /// The name under which the file is printed; `proxy_conf.json` unless given.
    #[must_use]
    pub fn with_file(mut self, file: impl Into<String>) -> Self {
        self.file = file.into();
        self
    }

    /// The problems in the order of the file, at most [`limits::CONFIG_PROBLEMS_MAX`].
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{}:{problem}", self.file)?;
        }
        match self.unlisted {
            0 => Ok(()),
            unlisted => write!(f, "\n{}: and {unlisted} more", self.file),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.member.is_empty() {
            write!(f, "{}: ", self.member)?;
        }
        write!(f, "found {}, expected {}", self.found, self.expected)
    }
}

/// Collects problems while a file is judged, so that one of them does not hide the others.
pub(super) struct Problems<'a> {
    lines: Lines<'a>,
    list: Vec<(usize, Problem)>,
    unlisted: usize,
}

impl<'a> Problems<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { lines: Lines::new(text), list: Vec::new(), unlisted: 0 }
    }

    /// The value at `place` is not as expected.
    pub(super) fn value(&mut self, place: &Place<'_>, expected: impl Into<String>) {
        let found = match place.value {
            Value::Object(_) => "an object".to_owned(),
            Value::Array(_) => "an array".to_owned(),
            _ if place.secret => "a value that is not shown".to_owned(),
            value => shown(self.lines.source(value.range())),
        };
        self.at(place, found, expected);
    }

    /// As [`Problems::value`], with other words for what was found.
    pub(super) fn at(&mut self, place: &Place<'_>, found: impl Into<String>, expected: impl Into<String>) {
        self.push(place.value.range().start, &place.path, found.into(), expected.into());
    }

    /// The name of the member at `place` is not as expected.
    pub(super) fn name(&mut self, place: &Place<'_>, found: impl Into<String>, expected: impl Into<String>) {
        self.push(place.name.start, &place.path, found.into(), expected.into());
    }

    /// Something is wrong with the text of a range, to which `path` leads.
    pub(super) fn at_step(&mut self, range: Range, path: &[Step<'_>], found: &str, expected: &str) {
        let member = if self.is_full() { String::new() } else { spelled(path) };
        self.push(range.start, &member, found.to_owned(), expected.to_owned());
    }

    /// Something is wrong that belongs to no member.
    pub(super) fn at_offset(&mut self, offset: usize, found: impl Into<String>, expected: impl Into<String>) {
        self.push(offset, "", found.into(), expected.into());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether no more problems are listed, so that looking for more is idle.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= limits::CONFIG_PROBLEMS_MAX
    }

    /// Whether something has been found at this member or in it, so that what follows from it need not be said.
    pub(super) fn cover(&self, place: &Place<'_>) -> bool {
        self.list.iter().any(|(_, problem)| {
            let rest = problem.member.strip_prefix(&place.path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// The text of a range, as it was written.
    pub(super) fn source(&self, range: Range) -> &'a str {
        self.lines.source(range)
    }

    pub(super) fn into_error(mut self) -> ConfigError {
        self.list.sort_by_key(|(offset, _)| *offset);
        let problems = self.list.into_iter().map(|(_, problem)| problem).collect();
        ConfigError { file: "proxy_conf.json".to_owned(), problems, unlisted: self.unlisted }
    }

    fn push(&mut self, offset: usize, member: &str, found: String, expected: String) {
        if self.is_full() {
            self.unlisted += 1;
            return;
        }
        let (line, column) = self.lines.line_and_column(offset);
        self.list.push((offset, Problem { line, column, member: shortened(member), found, expected }));
    }
}

/// A piece of the file for a message: on one line, not too long, and without the parts of a URL that may be secret.
pub(super) fn shown(source: &str) -> String {
    if source.contains("://") { shown_url(source.trim_matches('"')) } else { shortened(source) }
}

/// A URL for a message, in quotes, without query and without all that may be user information. One that lacks its
/// scheme is treated as one.
pub(super) fn shown_url(url: &str) -> String {
    let (scheme, after) = url.split_at(url.find("://").map_or(0, |at| at + "://".len()));
    let (place, ellipsis) = match after.find(['?', '#']) {
        Some(cut) => (after.split_at(cut + 1).0, "…"),
        None => (after, ""),
    };
    // A password may hold a slash, so this looks beyond what is the authority by the book.
    let (hidden, place) = match place.rsplit_once('@') {
        Some((_, place)) => ("…@", place),
        None => ("", place),
    };
    format!("\"{}\"", shortened(&format!("{scheme}{hidden}{place}{ellipsis}")))
}

/// On one line, and cut where it would be too long to read.
fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 120;
    let mut text = one_line(text);
    if let Some((cut, _)) = text.char_indices().nth(CHARS_MAX) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

/// Escapes what would break or forge a line of output.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    line
}
