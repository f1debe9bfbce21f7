//! The one spelling of a JSON text: members in RFC 8785 order, its escapes, no space, numbers untouched.
//!
//! It differs from RFC 8785 in one thing, and on purpose: numbers keep their exact text. The RFC rounds them to
//! doubles, and `123456789012345678901` would become another amount of money. Member names compare by UTF-16 code
//! units. What two readers could read differently is an error: a name twice in one object, half a surrogate pair.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

pub(crate) mod reader;
#[cfg(test)]
mod tests;
pub mod tree;

use reader::Reader;

/// The deepest nesting of arrays and objects.
pub const DEPTH_MAX: usize = 128;

/// What is wrong with a text, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct JsonError {
    /// Bytes before the error.
    pub offset: usize,
    /// What is wrong there.
    pub kind: JsonErrorKind,
}

/// The ways in which a text is not JSON, or not unambiguous JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JsonErrorKind {
    /// The bytes are not UTF-8 (RFC 8259, section 8.1).
    #[error("invalid UTF-8")]
    NotUtf8,
    /// The text ends inside a value.
    #[error("unexpected end")]
    UnexpectedEnd,
    /// A byte that cannot stand here.
    #[error("unexpected character")]
    Unexpected,
    /// A backslash with something behind it that is no escape.
    #[error("invalid escape")]
    BadEscape,
    /// A raw control character in a string.
    #[error("unescaped control character")]
    ControlCharacter,
    /// An escaped surrogate without its other half: no Unicode text.
    #[error("lone surrogate")]
    LoneSurrogate,
    /// A member name that its object has already.
    #[error("duplicate member name")]
    DuplicateName,
    /// More than [`DEPTH_MAX`] arrays and objects inside each other.
    #[error("nesting deeper than 128")]
    TooDeep,
    /// Something behind the value.
    #[error("trailing characters")]
    Trailing,
}

/// Writes the canonical spelling of a JSON text.
///
/// # Errors
/// The first [`JsonError`] of the text; of several duplicate names in one object, the first that repeats.
pub fn canonicalise(text: &[u8]) -> Result<Vec<u8>, JsonError> {
    let text = std::str::from_utf8(text)
        .map_err(|error| JsonError { offset: error.valid_up_to(), kind: JsonErrorKind::NotUtf8 })?;
    let mut canonical = Canonical { reader: Reader::new(text), output: Vec::with_capacity(text.len()) };
    canonical.value(0)?;
    canonical.reader.end()?;
    Ok(canonical.output)
}

/// Whether a text is JSON that every reader reads the same: what [`canonicalise`] accepts.
///
/// # Errors
/// As [`canonicalise`].
pub fn check(text: &[u8]) -> Result<(), JsonError> {
    canonicalise(text).map(drop)
}

/// Reads a text and writes its canonical spelling behind the reader; objects are put in order as they close.
struct Canonical<'a> {
    reader: Reader<'a>,
    output: Vec<u8>,
}

/// A member of an open object: already written, not yet in its place.
struct Member<'a> {
    name: Cow<'a, str>,
    name_offset: usize,
    written: Range<usize>,
}

impl<'a> Canonical<'a> {
    fn value(&mut self, depth: usize) -> Result<(), JsonError> {
        match self.reader.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => {
                let string = self.reader.string()?;
                write_string(&string, &mut self.output);
                Ok(())
            }
            b'-' | b'0'..=b'9' => {
                self.output.extend_from_slice(self.reader.number()?);
                Ok(())
            }
            _ => {
                self.output.extend_from_slice(self.reader.literal()?);
                Ok(())
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), JsonError> {
        self.enter(depth)?;
        self.output.push(b'[');
        if !self.reader.take(b']')? {
            loop {
                self.value(depth + 1)?;
                if self.reader.take(b']')? {
                    break;
                }
                self.reader.expect(b',')?;
                self.output.push(b',');
            }
        }
        self.output.push(b']');
        Ok(())
    }

    fn object(&mut self, depth: usize) -> Result<(), JsonError> {
        self.enter(depth)?;
        self.output.push(b'{');
        if !self.reader.take(b'}')? {
            let first = self.output.len();
            let mut members = Vec::new();
            loop {
                members.push(self.member(depth + 1)?);
                if self.reader.take(b'}')? {
                    break;
                }
                self.reader.expect(b',')?;
                self.output.push(b',');
            }
            self.order(first, members)?;
        }
        self.output.push(b'}');
        Ok(())
    }

    /// Takes the opening bracket, unless it is one level too deep.
    fn enter(&mut self, depth: usize) -> Result<(), JsonError> {
        if depth == DEPTH_MAX {
            return Err(self.reader.error(JsonErrorKind::TooDeep));
        }
        self.reader.skip();
        Ok(())
    }

    fn member(&mut self, depth: usize) -> Result<Member<'a>, JsonError> {
        self.reader.peek()?;
        let name_offset = self.reader.offset();
        let name = self.reader.string()?;
        let start = self.output.len();
        write_string(&name, &mut self.output);
        self.reader.expect(b':')?;
        self.output.push(b':');
        self.value(depth)?;
        Ok(Member { name, name_offset, written: start..self.output.len() })
    }

    /// Puts the members, written from `first` on with commas between them, in the order of their names.
    fn order(&mut self, first: usize, mut members: Vec<Member<'a>>) -> Result<(), JsonError> {
        if members.is_sorted_by(|one, next| utf16_order(&one.name, &next.name).is_lt()) {
            return Ok(());
        }
        members.sort_by(|one, other| utf16_order(&one.name, &other.name));
        let repeated = members.windows(2).filter(|pair| pair[0].name == pair[1].name);
        if let Some(offset) = repeated.map(|pair| pair[1].name_offset).min() {
            return Err(JsonError { offset, kind: JsonErrorKind::DuplicateName });
        }
        let unordered = self.output.split_off(first);
        for (position, member) in members.iter().enumerate() {
            if position > 0 {
                self.output.push(b',');
            }
            let written = member.written.start - first..member.written.end - first;
            self.output.extend_from_slice(&unordered[written]);
        }
        Ok(())
    }
}

/// The order of two strings by UTF-16 code units, as RFC 8785, section 3.2.3, and JavaScript have it.
///
/// UTF-8 sorts by code points. The two orders differ in one place: U+E000 to U+FFFF (first byte EE or EF) come
/// behind the surrogate pairs of everything above U+FFFF (first byte F0 to F4).
fn utf16_order(left: &str, right: &str) -> Ordering {
    let rank = |byte: u8| if matches!(byte, 0xee | 0xef) { byte + 0x10 } else { byte };
    left.bytes().map(rank).cmp(right.bytes().map(rank))
}

/// Writes a string with the escapes of RFC 8785, section 3.2.2.2: no more than JSON demands, the short ones first.
pub(crate) fn write_string(string: &str, output: &mut Vec<u8>) {
    output.push(b'"');
    for byte in string.bytes() {
        match byte {
            b'"' => output.extend_from_slice(b"\\\""),
            b'\\' => output.extend_from_slice(b"\\\\"),
            0x08 => output.extend_from_slice(b"\\b"),
            b'\t' => output.extend_from_slice(b"\\t"),
            b'\n' => output.extend_from_slice(b"\\n"),
            0x0c => output.extend_from_slice(b"\\f"),
            b'\r' => output.extend_from_slice(b"\\r"),
            0x00..0x20 => output.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => output.push(byte),
        }
    }
    output.push(b'"');
}
