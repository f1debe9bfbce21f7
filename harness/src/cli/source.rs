//! A text that somebody wrote, and where in it something is wrong.

use candid_parser::Error;

/// How much of a line is shown around a place, in characters: before it and from it on.
const SHOWN: (usize, usize) = (60, 20);

/// Candid text from the command line, from a file or from a module.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// What the user knows it by: `--args`, or a file's name.
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// The place and what is wrong there: `--args:1:9: found ")", expected one of ";", "}"`, and the line below.
    /// An error that knows no place is told as it is.
    pub(super) fn tell(&self, error: &Error) -> String {
        let report = error.report();
        let Some(label) = report.labels.first() else {
            return format!("{}: {}", self.name, report.message);
        };
        let (start, end) = (self.boundary(label.range.start), self.boundary(label.range.end));
        let (before, rest) = self.text.split_at(start);
        let line_number = before.matches('\n').count() + 1;
        let line_before = before.rsplit('\n').next().unwrap_or(before);
        let column = line_before.chars().count() + 1;
        let token = self.text.get(start..end).filter(|token| !token.is_empty());
        let found = token.map_or("the end".to_owned(), |token| format!("{token:?}"));
        let wrong = match expected(&report.notes) {
            Some(expected) => format!("found {found}, expected {expected}"),
            None => label.message.clone(),
        };
        let line_after = rest.split('\n').next().unwrap_or(rest);
        let (excerpt, indent) = excerpt(line_before, line_after);
        format!("{}:{line_number}:{column}: {wrong}\n    {excerpt}\n    {:indent$}^", self.name, "")
    }

    /// The parser counts the end of the text, and one byte beyond it, as places.
    fn boundary(&self, at: usize) -> usize {
        self.text.floor_char_boundary(at.min(self.text.len()))
    }
}

/// What would have been right, in the parser's words.
fn expected(notes: &[String]) -> Option<String> {
    let words = notes.first()?.split_whitespace().collect::<Vec<_>>().join(" ");
    words.strip_prefix("Expects ").map(str::to_owned)
}

/// The line around a place, and how far in the place is.
fn excerpt(before: &str, after: &str) -> (String, usize) {
    let plain = |character: char| if character.is_control() { ' ' } else { character };
    let skipped = before.chars().count().saturating_sub(SHOWN.0);
    let shown: String = before.chars().skip(skipped).map(plain).collect();
    let indent = shown.chars().count();
    (shown + &after.chars().take(SHOWN.1).map(plain).collect::<String>(), indent)
}
