//! From text to tree: JSON with comments and trailing commas, and strict about everything else.

use std::collections::HashSet;

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::Value,
    common::{Range, Ranged},
    errors::{ParseError, ParseErrorKind},
    parse_to_ast,
};

use super::{
    error::{Problems, shown},
    locate::Step,
};

/// All leniencies by name, so that a new version of the parser cannot add one behind our back.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The tree of a file. Its duplicate names and raw control characters are reported; what follows may go on with the
/// first of each name.
pub(super) fn parse<'a>(text: &'a str, problems: &mut Problems<'_>) -> Option<Value<'a>> {
    if text.starts_with('\u{feff}') {
        problems.at_offset(0, "a byte order mark", "plain UTF-8 without one");
        return None;
    }
    match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Ok(parsed) => {
            let Some(tree) = parsed.value else {
                problems.at_offset(0, "no value", "an object of routes and settings");
                return None;
            };
            inspect(&tree, &mut Vec::new(), problems);
            Some(tree)
        }
        Err(error) => {
            let (found, expected) = explained(&error);
            problems.at_offset(error.range().start, found, expected);
            None
        }
    }
}

/// Looks through the tree for what the parser lets pass. `path` leads here; it is only spelled out for a report, since
/// a hostile file could make that long and often. The depth is bounded by the parser's own limit.
fn inspect<'a>(value: &'a Value<'a>, path: &mut Vec<Step<'a>>, problems: &mut Problems<'_>) {
    match value {
        Value::Object(object) => {
            let mut seen = HashSet::with_capacity(object.properties.len());
            for member in &object.properties {
                path.push(Step::Member(member.name.as_str()));
                let range = member.name.range();
                if !seen.insert(member.name.as_str()) {
                    let found = format!("{} a second time", shown(problems.source(range)));
                    problems.at_step(range, path, &found, "each name once");
                }
                report_controls(range, path, problems);
                inspect(&member.value, path, problems);
                path.pop();
            }
        }
        Value::Array(array) => {
            for (index, element) in array.elements.iter().enumerate() {
                path.push(Step::Element(index));
                inspect(element, path, problems);
                path.pop();
            }
        }
        Value::StringLit(literal) => report_controls(literal.range, path, problems),
        Value::NumberLit(_) | Value::BooleanLit(_) | Value::NullKeyword(_) => {}
    }
}

/// JSON wants the characters below U+0020 escaped in strings (RFC 8259, section 7); the parser does not.
fn report_controls(literal: Range, path: &[Step<'_>], problems: &mut Problems<'_>) {
    if problems.source(literal).bytes().any(|byte| byte < 0x20) {
        problems.at_step(literal, path, "a raw control character", "an escape such as \\n or \\u0000");
    }
}

/// What was found and what was expected where the text is not JSON.
fn explained(error: &ParseError) -> (String, &'static str) {
    use ParseErrorKind as Kind;
    let (found, expected) = match error.kind() {
        Kind::BareDecimalPointNumbersNotAllowed => {
            ("a number without digits on both sides of its point", "a number such as 0.5")
        }
        Kind::ExpectedColonAfterObjectKey => ("no colon after a name", "name, colon, value"),
        Kind::ExpectedComma => ("no comma", "a comma before the next member"),
        Kind::ExpectedObjectValue => ("no value after a colon", "name, colon, value"),
        Kind::ExpectedStringObjectProperty => ("a name without quotes", "a name in double quotes"),
        Kind::HexadecimalNumbersNotAllowed => ("a hexadecimal number", "a decimal one"),
        Kind::MultipleRootJsonValues => ("text after the end of the object", "the end of the file"),
        Kind::NestingDepthExceeded => ("too many levels of brackets", "routes and settings"),
        Kind::SingleQuotedStringsNotAllowed => ("a single quote", "double quotes"),
        Kind::UnterminatedObject => ("the end of the file inside an object that starts here", "a closing }"),
        Kind::UnterminatedArray => ("the end of the file inside an array that starts here", "a closing ]"),
        Kind::UnterminatedCommentBlock => {
            ("the end of the file inside a comment that starts here", "a closing */")
        }
        Kind::UnexpectedComma => ("a comma too many", "a value"),
        Kind::UnexpectedWord => ("a word without quotes", "a value, a string in double quotes"),
        other => {
            return (
                format!("a mistake in the JSON ({})", lower(&other.to_string())),
                "JSON with comments and trailing commas",
            );
        }
    };
    (found.to_owned(), expected)
}

fn lower(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
