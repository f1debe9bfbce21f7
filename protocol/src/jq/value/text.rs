//! JSON text to value and back.

use std::rc::Rc;

use super::super::budget;
use super::{Array, Object, Value, number};
use crate::json::reader::Reader;
use crate::json::{self, DEPTH_MAX, JsonError, JsonErrorKind};

/// Why a value could not be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum WriteError {
    /// NaN or an infinity.
    NotFinite,
    /// More bytes than allowed.
    TooLarge,
}

/// Reads one JSON text, by the rules of [`json::check`].
pub(in super::super) fn parse(text: &[u8]) -> Result<Value, JsonError> {
    let text = std::str::from_utf8(text)
        .map_err(|error| JsonError { offset: error.valid_up_to(), kind: JsonErrorKind::NotUtf8 })?;
    let mut reader = Reader::new(text);
    let value = read(&mut reader, 0)?;
    reader.end()?;
    Ok(value)
}

fn read(reader: &mut Reader<'_>, depth: usize) -> Result<Value, JsonError> {
    budget::step();
    match reader.peek()? {
        b'{' | b'[' if depth == DEPTH_MAX => Err(reader.error(JsonErrorKind::TooDeep)),
        b'{' => read_object(reader, depth + 1),
        b'[' => read_array(reader, depth + 1),
        b'"' => reader.string().map(Value::string),
        b'-' | b'0'..=b'9' => {
            let text = reader.number()?;
            budget::touch(text.len());
            Ok(Value::Num(number::parse(&String::from_utf8_lossy(text))))
        }
        _ => Ok(match reader.literal()? {
            b"true" => Value::Bool(true),
            b"false" => Value::Bool(false),
            _ => Value::Null,
        }),
    }
}

fn read_array(reader: &mut Reader<'_>, depth: usize) -> Result<Value, JsonError> {
    let mut array = Array::new();
    reader.expect(b'[')?;
    while !reader.take(b']')? {
        if !array.items.is_empty() {
            reader.expect(b',')?;
        }
        array.push(read(reader, depth)?);
    }
    Ok(Value::Arr(Rc::new(array)))
}

fn read_object(reader: &mut Reader<'_>, depth: usize) -> Result<Value, JsonError> {
    let mut object = Object::new();
    reader.expect(b'{')?;
    while !reader.take(b'}')? {
        if !object.members.is_empty() {
            reader.expect(b',')?;
        }
        reader.peek()?;
        let offset = reader.offset();
        let name = reader.string()?.into_owned();
        reader.expect(b':')?;
        let value = read(reader, depth)?;
        if !object.insert(Rc::new(name), value) {
            return Err(JsonError { offset, kind: JsonErrorKind::DuplicateName });
        }
    }
    Ok(Value::Obj(Rc::new(object)))
}

/// Writes a value compactly, in at most so many bytes.
pub(in super::super) fn write(value: &Value, bytes_max: usize) -> Result<Vec<u8>, WriteError> {
    let mut output = Vec::new();
    write_into(value, bytes_max, &mut output)?;
    if output.len() > bytes_max { Err(WriteError::TooLarge) } else { Ok(output) }
}

fn write_into(value: &Value, bytes_max: usize, output: &mut Vec<u8>) -> Result<(), WriteError> {
    budget::step();
    if output.len() > bytes_max {
        return Err(WriteError::TooLarge);
    }
    match value {
        Value::Null => output.extend_from_slice(b"null"),
        Value::Bool(bool) => output.extend_from_slice(if *bool { b"true" } else { b"false" }),
        Value::Num(num) => {
            let text = number::text(num).ok_or(WriteError::NotFinite)?;
            output.extend_from_slice(text.as_bytes());
        }
        Value::Str(text) => write_string(text, bytes_max, output)?,
        Value::Arr(array) => {
            output.push(b'[');
            for (position, item) in array.items.iter().enumerate() {
                if position > 0 {
                    output.push(b',');
                }
                write_into(item, bytes_max, output)?;
            }
            output.push(b']');
        }
        Value::Obj(object) => {
            output.push(b'{');
            for (position, (name, value)) in object.members.iter().enumerate() {
                if position > 0 {
                    output.push(b',');
                }
                write_string(name, bytes_max, output)?;
                output.push(b':');
                write_into(value, bytes_max, output)?;
            }
            output.push(b'}');
        }
    }
    Ok(())
}

fn write_string(text: &str, bytes_max: usize, output: &mut Vec<u8>) -> Result<(), WriteError> {
    budget::touch(text.len());
    if output.len().saturating_add(text.len()) > bytes_max {
        return Err(WriteError::TooLarge);
    }
    json::write_string(text, output);
    Ok(())
}

/// The text of a value inside a string: JSON, but that NaN and the infinities are `null` there, as jq has it.
pub(super) fn display(value: &Value) -> String {
    match value {
        Value::Num(num) => number::text(num).unwrap_or_else(|| "null".to_owned()),
        Value::Str(text) => text.to_string(),
        other => match write(other, usize::MAX) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(_) => "null".to_owned(),
        },
    }
}
