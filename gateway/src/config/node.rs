//! A node of the tree as serde sees it, with errors that keep what was expected apart from what was found.

use std::collections::HashSet;

use jsonc_parser::{ast::Value, common::Ranged};
use serde::{
    Deserialize, Deserializer, de,
    de::{
        Expected, IntoDeserializer, Unexpected, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_path_to_error::Segment;

use super::{error::Problems, locate::Place, suggest};

/// Reads the value at `place` into its plain form. Every member whose shape is wrong is reported and then left out, so
/// that the rest can still be judged; what cannot be read without it comes out empty.
pub(super) fn read<'a, T: Deserialize<'a>>(place: &Place<'a>, problems: &mut Problems<'_>) -> Option<T> {
    let mut left_out = HashSet::new();
    while !problems.is_full() {
        let node = Node { value: place.value, left_out: &left_out };
        let error = match serde_path_to_error::deserialize(node) {
            Ok(read) => return Some(read),
            Err(error) => error,
        };
        report(error.inner(), &place.follow(error.path().iter()), problems);
        // Whole members are left out, never elements of an array: that would shift the indices of the others.
        let members = error.path().iter().take_while(|segment| !matches!(segment, Segment::Seq { .. }));
        let offset = place.follow(members).value.range().start;
        if offset == place.value.range().start || !left_out.insert(offset) {
            break;
        }
    }
    None
}

fn report(error: &NodeError, at: &Place<'_>, problems: &mut Problems<'_>) {
    match error {
        NodeError::Shape { expected } => problems.value(at, expected),
        NodeError::UnknownMember { name, known } => {
            problems.name(at, "an unknown member", suggest::one_of(name, known));
        }
        // One that was written, and left out since its shape is wrong, has been reported.
        NodeError::MissingMember { name } if problems.cover(&at.member(name)) => {}
        NodeError::MissingMember { name } => problems.at(at, format!("no member {name:?}"), "one"),
        NodeError::Other(message) => problems.value(at, message),
    }
}

/// Why a node could not be read.
#[derive(Debug, thiserror::Error)]
enum NodeError {
    #[error("expected {expected}")]
    Shape { expected: String },
    #[error("unknown member {name}")]
    UnknownMember { name: String, known: &'static [&'static str] },
    #[error("missing member {name}")]
    MissingMember { name: &'static str },
    #[error("{0}")]
    Other(String),
}

impl de::Error for NodeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        NodeError::Other(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        NodeError::Shape { expected: in_words(expected.to_string()) }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        NodeError::Shape { expected: suggest::alternatives(expected) }
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        NodeError::UnknownMember { name: name.to_owned(), known }
    }

    fn missing_field(name: &'static str) -> Self {
        NodeError::MissingMember { name }
    }
}

/// serde's names for shapes, in the words of JSON.
fn in_words(expected: String) -> String {
    match expected.as_str() {
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "an array of strings in double quotes".to_owned(),
        "a string" => "a string in double quotes".to_owned(),
        "f64" => "a number".to_owned(),
        "u64" => "a whole number".to_owned(),
        "a map" => "an object".to_owned(),
        _ => expected,
    }
}

/// A value of the tree, without the members whose values start at one of the offsets in `left_out`.
#[derive(Clone, Copy)]
struct Node<'a, 's> {
    value: &'a Value<'a>,
    left_out: &'s HashSet<usize>,
}

impl<'a, 's> Node<'a, 's> {
    fn child(self, value: &'a Value<'a>) -> Option<Self> {
        (!self.left_out.contains(&value.range().start)).then_some(Self { value, ..self })
    }
}

impl<'a> IntoDeserializer<'a, NodeError> for Node<'a, '_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Node<'de, '_> {
    type Error = NodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match self.value {
            Value::Object(object) => {
                // The first of each name: the others have been reported.
                let mut seen = HashSet::new();
                let members = object.properties.iter().filter(|member| seen.insert(member.name.as_str()));
                let members =
                    members.filter_map(|member| Some((member.name.as_str(), self.child(&member.value)?)));
                MapDeserializer::new(members).deserialize_any(visitor)
            }
            Value::Array(array) => {
                SeqDeserializer::new(array.elements.iter().filter_map(|element| self.child(element)))
                    .deserialize_any(visitor)
            }
            Value::StringLit(literal) => visitor.visit_borrowed_str(&literal.value),
            Value::NumberLit(literal) => number(literal.value, visitor),
            Value::BooleanLit(literal) => visitor.visit_bool(literal.value),
            Value::NullKeyword(_) => visitor.visit_unit(),
        }
    }

    /// `null` is not a way to leave a member out.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        match self.value {
            Value::StringLit(literal) => {
                visitor.visit_enum(de::value::BorrowedStrDeserializer::new(&literal.value))
            }
            _ => Err(NodeError::Shape { expected: suggest::alternatives(variants) }),
        }
    }

    /// serde would also take an array for a struct.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        match self.value {
            Value::Object(_) => self.deserialize_any(visitor),
            _ => Err(NodeError::Shape { expected: "an object".to_owned() }),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

fn number<'a, V: Visitor<'a>>(digits: &str, visitor: V) -> Result<V::Value, NodeError> {
    if let Ok(whole) = digits.parse::<u64>() {
        return visitor.visit_u64(whole);
    }
    if let Ok(whole) = digits.parse::<i64>() {
        return visitor.visit_i64(whole);
    }
    match digits.parse::<f64>() {
        Ok(number) => visitor.visit_f64(number),
        Err(_) => Err(NodeError::Shape { expected: "a number".to_owned() }),
    }
}
