//! The `Idempotency-Key`: parsed at the border, so that no invalid one exists behind it.
//!
//! The IETF draft writes it as a structured-field string (`"abc"`, RFC 9651), most services write it bare (`abc`);
//! both are the same key here. A bare value is verbatim, so that keys in use elsewhere need no change.

use std::fmt;

use crate::digest;

/// The longest key, in characters, after unquoting.
pub const KEY_CHARS_MAX: usize = 255;

/// 1 to 255 visible ASCII characters. `Debug` prints a digest: whoever knows a key may ask for its answer.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Box<str>);

/// Why a request has no usable `Idempotency-Key`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// The request has no such field.
    #[error("the Idempotency-Key is missing")]
    Missing,
    /// The request has the field more than once.
    #[error("the Idempotency-Key is there more than once")]
    Repeated,
    /// The field has no character, or only a pair of quotes.
    #[error("the Idempotency-Key is empty")]
    Empty,
    /// More than [`KEY_CHARS_MAX`] characters.
    #[error("the Idempotency-Key is longer than 255 characters")]
    TooLong,
    /// A space, a control character or something beyond ASCII.
    #[error("the Idempotency-Key has a character that is not visible ASCII")]
    NotVisibleAscii,
    /// A quote in a bare value, or a quoted value that is not one complete string.
    #[error("the Idempotency-Key is neither a bare key without quotes nor one complete quoted string")]
    BadQuoting,
}

impl IdempotencyKey {
    /// Reads the values of all `Idempotency-Key` fields of a request.
    pub fn parse<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, KeyError> {
        let mut fields = fields.into_iter();
        let field = fields.next().ok_or(KeyError::Missing)?;
        if fields.next().is_some() {
            return Err(KeyError::Repeated);
        }
        let key = match field {
            [b'"', rest @ ..] => unquoted(rest)?,
            bare if bare.contains(&b'"') => return Err(KeyError::BadQuoting),
            bare => bare.to_vec(),
        };
        match key.len() {
            0 => Err(KeyError::Empty),
            1..=KEY_CHARS_MAX => Self::visible(key),
            _ => Err(KeyError::TooLong),
        }
    }

    fn visible(key: Vec<u8>) -> Result<Self, KeyError> {
        if !key.iter().all(u8::is_ascii_graphic) {
            return Err(KeyError::NotVisibleAscii);
        }
        String::from_utf8(key).map(|key| Self(key.into())).map_err(|_| KeyError::NotVisibleAscii)
    }

    /// The key itself, without quotes around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as a field value: bare, and quoted only when it has a quote in it and could not be read otherwise.
    pub fn field_value(&self) -> String {
        if self.0.contains('"') {
            format!("\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
        } else {
            self.0.to_string()
        }
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdempotencyKey({})", digest::plain(self.0.as_bytes()).short())
    }
}

/// Reads a structured-field string behind its opening quote (RFC 9651, section 4.2.5); nothing may follow it.
fn unquoted(rest: &[u8]) -> Result<Vec<u8>, KeyError> {
    let mut key = Vec::with_capacity(rest.len());
    let mut bytes = rest.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' if bytes.len() == 0 => return Ok(key),
            b'"' => return Err(KeyError::BadQuoting),
            b'\\' => match bytes.next() {
                Some(&escaped @ (b'"' | b'\\')) => key.push(escaped),
                _ => return Err(KeyError::BadQuoting),
            },
            0x20..=0x7e => key.push(byte),
            _ => return Err(KeyError::NotVisibleAscii),
        }
    }
    Err(KeyError::BadQuoting)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(field: &[u8]) -> Result<String, KeyError> {
        IdempotencyKey::parse([field]).map(|key| key.as_str().to_owned())
    }

    #[test]
    fn a_key_is_read_bare_or_quoted() {
        for (field, key) in [
            ("a", "a"),
            ("\"a\"", "a"),
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            ("a;b=1,c", "a;b=1,c"),
            ("a\\b", "a\\b"),
            (r#""a\\b""#, "a\\b"),
            (r#""\"""#, "\""),
            ("!~", "!~"),
            ("'a'", "'a'"),
        ] {
            assert_eq!(parse(field.as_bytes()).as_deref(), Ok(key), "{field}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        use KeyError::{BadQuoting, Empty, NotVisibleAscii};
        for (field, error) in [
            ("", Empty),
            ("\"\"", Empty),
            ("\"", BadQuoting),
            ("\"a", BadQuoting),
            ("a\"", BadQuoting),
            ("a\"b", BadQuoting),
            ("\"a\"b", BadQuoting),
            ("\"a\";p=1", BadQuoting),
            ("\"a\" ", BadQuoting),
            ("\"a\", \"b\"", BadQuoting),
            ("\"a\\", BadQuoting),
            ("\"a\\\"", BadQuoting),
            ("\"a\\n\"", BadQuoting),
            ("\"a b\"", NotVisibleAscii),
            ("\"a\tb\"", NotVisibleAscii),
            ("a b", NotVisibleAscii),
            (" a", NotVisibleAscii),
            ("a\u{7f}", NotVisibleAscii),
            ("ä", NotVisibleAscii),
            ("\"ä\"", NotVisibleAscii),
        ] {
            assert_eq!(parse(field.as_bytes()), Err(error), "{field:?}");
        }
        assert_eq!(IdempotencyKey::parse([]), Err(KeyError::Missing));
        assert_eq!(IdempotencyKey::parse([b"a".as_slice(), b"a"]), Err(KeyError::Repeated));
    }

    #[test]
    fn length_is_judged_after_unquoting() {
        let longest = "k".repeat(KEY_CHARS_MAX);
        assert_eq!(parse(longest.as_bytes()).as_deref(), Ok(longest.as_str()));
        assert_eq!(parse(format!("\"{longest}\"").as_bytes()).as_deref(), Ok(longest.as_str()));
        assert!(parse(format!("\"{}\"", "\\\\".repeat(KEY_CHARS_MAX)).as_bytes()).is_ok());
        assert_eq!(parse(format!("{longest}k").as_bytes()), Err(KeyError::TooLong));
        assert_eq!(parse(format!("\"{longest}k\"").as_bytes()), Err(KeyError::TooLong));
    }

    #[test]
    fn debug_does_not_print_the_key() {
        let key = IdempotencyKey::parse([b"secret".as_slice()]).unwrap();
        assert_eq!(format!("{key:?}"), "IdempotencyKey(2bb80d537b1da3e3)");
    }

    proptest! {
        #[test]
        fn a_field_value_reads_back_as_its_key(text in "[!-~]{1,255}") {
            let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            let key = IdempotencyKey::parse([quoted.as_bytes()]).unwrap();
            prop_assert_eq!(key.as_str(), &text);
            prop_assert_eq!(IdempotencyKey::parse([key.field_value().as_bytes()]), Ok(key));
        }

        #[test]
        fn whatever_parses_is_a_valid_key(field in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(key) = parse(&field) {
                prop_assert!((1..=KEY_CHARS_MAX).contains(&key.len()));
                prop_assert!(key.bytes().all(|byte| (0x21..=0x7e).contains(&byte)));
            }
        }
    }
}
