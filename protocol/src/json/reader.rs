//! Reads the tokens of a JSON text (RFC 8259), each where it stands, and knows how far it has come.

use std::borrow::Cow;

use super::{JsonError, JsonErrorKind};

/// A text and a place in it, always between two characters.
pub(crate) struct Reader<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// An error at this place, or the end of the text if this is it.
    pub(crate) fn error(&self, kind: JsonErrorKind) -> JsonError {
        let kind = if self.byte().is_none() { JsonErrorKind::UnexpectedEnd } else { kind };
        JsonError { offset: self.offset, kind }
    }

    /// The first byte of the next token, behind any space.
    pub(crate) fn peek(&mut self) -> Result<u8, JsonError> {
        self.skip_space();
        self.byte().ok_or(JsonError { offset: self.offset, kind: JsonErrorKind::UnexpectedEnd })
    }

    /// Goes past the byte that [`Self::peek`] found.
    pub(crate) fn skip(&mut self) {
        self.offset += 1;
    }

    /// Whether the next token is this one; if so, goes past it.
    pub(crate) fn take(&mut self, token: u8) -> Result<bool, JsonError> {
        let found = self.peek()? == token;
        self.offset += usize::from(found);
        Ok(found)
    }

    /// Goes past this token, which must be next.
    pub(crate) fn expect(&mut self, token: u8) -> Result<(), JsonError> {
        if self.take(token)? { Ok(()) } else { Err(self.error(JsonErrorKind::Unexpected)) }
    }

    /// Only space may be left.
    pub(crate) fn end(&mut self) -> Result<(), JsonError> {
        self.skip_space();
        match self.byte() {
            None => Ok(()),
            Some(_) => Err(self.error(JsonErrorKind::Trailing)),
        }
    }

    /// `true`, `false` or `null`.
    pub(crate) fn literal(&mut self) -> Result<&'a [u8], JsonError> {
        let rest = &self.text.as_bytes()[self.offset..];
        for literal in [b"true".as_slice(), b"false", b"null"] {
            if rest.starts_with(literal) {
                self.offset += literal.len();
                return Ok(literal);
            }
        }
        Err(self.error(JsonErrorKind::Unexpected))
    }

    /// A number, as it is written: `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?`.
    pub(crate) fn number(&mut self) -> Result<&'a [u8], JsonError> {
        let start = self.offset;
        self.optional(|byte| byte == b'-');
        if !self.optional(|byte| byte == b'0') {
            self.digits()?;
        }
        if self.optional(|byte| byte == b'.') {
            self.digits()?;
        }
        if self.optional(|byte| matches!(byte, b'e' | b'E')) {
            self.optional(|byte| matches!(byte, b'+' | b'-'));
            self.digits()?;
        }
        Ok(&self.text.as_bytes()[start..self.offset])
    }

    /// A string, unescaped; borrowed when it has no escape.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.expect(b'"')?;
        let mut string = Cow::Borrowed(self.run()?);
        while self.optional(|byte| byte == b'\\') {
            let character = self.escape()?;
            let string = string.to_mut();
            string.push(character);
            string.push_str(self.run()?);
        }
        self.expect(b'"')?;
        Ok(string)
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }

    fn skip_space(&mut self) {
        while self.optional(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {}
    }

    fn optional(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let found = self.byte().is_some_and(wanted);
        self.offset += usize::from(found);
        found
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !self.optional(|byte| byte.is_ascii_digit()) {
            return Err(self.error(JsonErrorKind::Unexpected));
        }
        while self.optional(|byte| byte.is_ascii_digit()) {}
        Ok(())
    }

    /// The characters up to the next quote or backslash.
    fn run(&mut self) -> Result<&'a str, JsonError> {
        let rest = &self.text[self.offset..];
        let special = |byte: u8| matches!(byte, b'"' | b'\\' | 0x00..0x20);
        let length = rest.bytes().position(special).unwrap_or(rest.len());
        self.offset += length;
        match self.byte() {
            Some(b'"' | b'\\') => Ok(&rest[..length]),
            _ => Err(self.error(JsonErrorKind::ControlCharacter)),
        }
    }

    /// The character that stands behind a backslash.
    fn escape(&mut self) -> Result<char, JsonError> {
        let backslash = self.offset - 1;
        let character = match self.byte() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.skip();
                return self.utf16(backslash);
            }
            _ => return Err(self.error(JsonErrorKind::BadEscape)),
        };
        self.skip();
        Ok(character)
    }

    /// One code unit behind `\u`, or two that make a pair.
    fn utf16(&mut self, backslash: usize) -> Result<char, JsonError> {
        let lone = JsonError { offset: backslash, kind: JsonErrorKind::LoneSurrogate };
        let high = self.code_unit()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high).ok_or(lone);
        }
        if !self.text.as_bytes()[self.offset..].starts_with(b"\\u") {
            return Err(lone);
        }
        self.offset += 2;
        let low = self.code_unit()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(lone);
        }
        char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)).ok_or(lone)
    }

    fn code_unit(&mut self) -> Result<u32, JsonError> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16));
            unit = unit * 16 + digit.ok_or_else(|| self.error(JsonErrorKind::BadEscape))?;
            self.skip();
        }
        Ok(unit)
    }
}
