//! A JSON text as a tree that keeps what the text says: the order of members, repeated names, the digits of numbers.
//!
//! For those who compare texts: a tree of numbers rounded to doubles would hide the very difference they look for.

use super::reader::Reader;
use super::{DEPTH_MAX, JsonError, JsonErrorKind, utf16_order, write_string};

/// A JSON value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tree {
    /// `true`, `false` or `null`.
    Literal(String),
    /// A number, as it is written.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// The elements, in order.
    Array(Vec<Tree>),
    /// Names and values, in the order of the text; a name may come several times.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Reads a text.
    ///
    /// # Errors
    /// The first error of the text. Repeated names are none here.
    pub fn parse(text: &[u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(text)
            .map_err(|error| JsonError { offset: error.valid_up_to(), kind: JsonErrorKind::NotUtf8 })?;
        let mut reader = Reader::new(text);
        let tree = value(&mut reader, 0)?;
        reader.end()?;
        Ok(tree)
    }

    /// The canonical spelling, as [`canonicalise`](super::canonicalise) writes it. Members with one name, which it
    /// refuses, stay in their order.
    pub fn canonical(&self) -> String {
        let mut output = Vec::new();
        write(self, &mut output);
        // Strings are written as they are, and everything else is ASCII.
        String::from_utf8_lossy(&output).into_owned()
    }
}

fn write(tree: &Tree, output: &mut Vec<u8>) {
    match tree {
        Tree::Literal(text) | Tree::Number(text) => output.extend_from_slice(text.as_bytes()),
        Tree::String(text) => write_string(text, output),
        Tree::Array(elements) => {
            output.push(b'[');
            for (position, element) in elements.iter().enumerate() {
                if position > 0 {
                    output.push(b',');
                }
                write(element, output);
            }
            output.push(b']');
        }
        Tree::Object(members) => {
            let mut members: Vec<&(String, Tree)> = members.iter().collect();
            members.sort_by(|(one, _), (other, _)| utf16_order(one, other));
            output.push(b'{');
            for (position, (name, value)) in members.into_iter().enumerate() {
                if position > 0 {
                    output.push(b',');
                }
                write_string(name, output);
                output.push(b':');
                write(value, output);
            }
            output.push(b'}');
        }
    }
}

fn value(reader: &mut Reader<'_>, depth: usize) -> Result<Tree, JsonError> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match reader.peek()? {
        b'{' | b'[' if depth == DEPTH_MAX => Err(reader.error(JsonErrorKind::TooDeep)),
        b'{' => {
            let mut members = Vec::new();
            list(reader, b'}', |reader| {
                let name = reader.string()?.into_owned();
                reader.expect(b':')?;
                members.push((name, value(reader, depth + 1)?));
                Ok(())
            })?;
            Ok(Tree::Object(members))
        }
        b'[' => {
            let mut elements = Vec::new();
            list(reader, b']', |reader| {
                elements.push(value(reader, depth + 1)?);
                Ok(())
            })?;
            Ok(Tree::Array(elements))
        }
        b'"' => Ok(Tree::String(reader.string()?.into_owned())),
        b'-' | b'0'..=b'9' => Ok(Tree::Number(text(reader.number()?))),
        _ => Ok(Tree::Literal(text(reader.literal()?))),
    }
}

/// Goes past the opening bracket, the entries with commas between them, and the closing bracket.
fn list<'a>(
    reader: &mut Reader<'a>,
    close: u8,
    mut entry: impl FnMut(&mut Reader<'a>) -> Result<(), JsonError>,
) -> Result<(), JsonError> {
    reader.skip();
    if reader.take(close)? {
        return Ok(());
    }
    loop {
        entry(reader)?;
        if reader.take(close)? {
            return Ok(());
        }
        reader.expect(b',')?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::canonicalise;
    use super::*;

    #[test]
    fn a_tree_keeps_order_repeated_names_and_digits() {
        let number = |digits: &str| Tree::Number(digits.to_owned());
        let expected = Tree::Object(vec![
            ("b".to_owned(), Tree::Array(vec![number("1.00"), Tree::Literal("null".to_owned())])),
            ("a".to_owned(), Tree::String("\u{e9}\n".to_owned())),
            ("b".to_owned(), Tree::Object(Vec::new())),
            ("c".to_owned(), Tree::Array(Vec::new())),
        ]);
        let text = br#" { "b" : [ 1.00 , null ] , "a":"\u00e9\n","b":{},"c":[]} "#;
        assert_eq!(Tree::parse(text), Ok(expected));
        assert_eq!(Tree::parse(b"123456789012345678901"), Ok(number("123456789012345678901")));
    }

    #[test]
    fn members_are_written_in_their_order_and_repeated_ones_as_they_came() {
        let text = r#" {"b":2,"a":{"d":[1.00,true],"c":"\u00e9\n"},"b":1} "#;
        let expected = r#"{"a":{"c":"é\n","d":[1.00,true]},"b":2,"b":1}"#;
        assert_eq!(Tree::parse(text.as_bytes()).unwrap().canonical(), expected);
    }

    #[test]
    fn a_text_that_nests_as_deep_as_it_may_is_read_and_a_deeper_one_refused() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Tree::parse(nested(DEPTH_MAX).as_bytes()).is_ok());
        let refused = Tree::parse(nested(DEPTH_MAX + 1).as_bytes());
        assert_eq!(refused, Err(JsonError { offset: DEPTH_MAX, kind: JsonErrorKind::TooDeep }));
    }

    proptest! {
        #[test]
        fn it_reads_what_the_canonical_spelling_reads(text in "[\\[\\]{}:,\"a1 .-]{0,12}") {
            let canonical = canonicalise(text.as_bytes()).map(drop);
            let tree = Tree::parse(text.as_bytes()).map(drop);
            let repeated = matches!(canonical, Err(JsonError { kind: JsonErrorKind::DuplicateName, .. }));
            prop_assert!(tree == canonical || repeated, "{tree:?} {canonical:?}");
        }

        #[test]
        fn it_writes_the_canonical_spelling(text in "[\\[\\]{}:,\"a1 .\\\\n\u{e000}\u{10000}-]{0,16}") {
            if let Ok(canonical) = canonicalise(text.as_bytes()) {
                let written = Tree::parse(text.as_bytes()).unwrap().canonical();
                prop_assert_eq!(written.as_bytes(), canonical);
            }
        }
    }
}
