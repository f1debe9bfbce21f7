//! A text that somebody wrote, and where in it something is wrong.

use candid_parser::{
    Error,
    token::{Token, Tokenizer},
};

/// How much of a line is shown around a place, in characters: before it and from it on.
const SHOWN: (usize, usize) = (60, 20);

/// Nothing that people write comes near these bounds. Beyond them, what reads Candid takes minutes, or runs out of stack.
const TEXT_BYTES_MAX: usize = 256 << 10;
const NESTING_MAX: usize = 100;

/// Candid text from the command line, from a file or from a module.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// What the user knows it by: `--args`, or a file's name.
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// Reads the text with this parser of Candid.
    ///
    /// # Errors
    /// The place and what is wrong there.
    pub(super) fn parse<T>(&self, parser: impl FnOnce(&str) -> Result<T, Error>) -> Result<T, String> {
        let bytes = self.text.len();
        if bytes > TEXT_BYTES_MAX {
            return Err(format!("{}: found {bytes} bytes, expected at most {TEXT_BYTES_MAX}", self.name));
        }
        if let Some(at) = too_deep(self.text) {
            return Err(
                self.told(at, &format!("expected nothing that is nested more than {NESTING_MAX} times"))
            );
        }
        parser(self.text).map_err(|error| self.tell(&error))
    }

    /// The place and what is wrong there: `--args:1:9: found ")", expected one of ";", "}"`, and the line below.
    /// An error that knows no place is told as it is.
    fn tell(&self, error: &Error) -> String {
        let report = error.report();
        let Some(label) = report.labels.first() else {
            return format!("{}: {}", self.name, report.message);
        };
        let (start, end) = (self.boundary(label.range.start), self.boundary(label.range.end));
        let token = self.text.get(start..end).filter(|token| !token.is_empty());
        let found = token.map_or("the end".to_owned(), |token| format!("{token:?}"));
        match expected(&report.notes) {
            Some(expected) => self.told(start, &format!("found {found}, expected {expected}")),
            None => self.told(start, &label.message),
        }
    }

    fn told(&self, at: usize, wrong: &str) -> String {
        let (before, rest) = self.text.split_at(self.boundary(at));
        let line_number = before.matches('\n').count() + 1;
        let line_before = before.rsplit('\n').next().unwrap_or(before);
        let column = line_before.chars().count() + 1;
        let line_after = rest.split('\n').next().unwrap_or(rest);
        let (excerpt, indent) = excerpt(line_before, line_after);
        format!("{}:{line_number}:{column}: {wrong}\n    {excerpt}\n    {:indent$}^", self.name, "")
    }

    /// The parser counts the end of the text, and one byte beyond it, as places.
    fn boundary(&self, at: usize) -> usize {
        self.text.floor_char_boundary(at.min(self.text.len()))
    }
}

/// Where a text is nested more deeply than it may be, if anywhere: in brackets, or behind `opt` and `vec`.
fn too_deep(text: &str) -> Option<usize> {
    // For each open bracket the words since its last separator.
    let mut open = vec![0];
    for token in Tokenizer::new(text) {
        // What is no token is for the parser to tell.
        let (at, token, _) = token.ok()?;
        match (token, open.last_mut()) {
            (Token::LParen | Token::LBrace, _) | (_, None) => open.push(0),
            (Token::RParen | Token::RBrace, _) => _ = open.pop(),
            (Token::Opt | Token::Vec, Some(words)) => *words += 1,
            (Token::Semi | Token::Comma, Some(words)) => *words = 0,
            _ => {}
        }
        if open.len() + open.iter().sum::<usize>() > NESTING_MAX {
            return Some(at);
        }
    }
    None
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
