//! The native filters: those of `jaq-core` and `jaq-std` that are allowed, by name, and our own.
//!
//! This list and `prelude.jq` are all there is. The environment, the clock, the input, standard error and the way
//! out of the process are in neither; regular expressions, dates and mathematics beyond arithmetic are left out too,
//! the last because their results differ between machines.

use jaq_core::box_iter::box_once;
use jaq_core::native::{Filter, Fun, bome, run, unary, v};
use jaq_core::{Exn, RunPtr, ValR};

use super::budget::{self, Metered};
use super::value::{Value, text};

type Error = jaq_core::Error<Value>;

const FROM_JAQ_CORE: &[&str] =
    &["error_empty", "first", "key_values", "keys_unsorted", "last", "limit", "path", "path_value", "skip"];

const FROM_JAQ_STD: &[&str] = &[
    "ascii_downcase",
    "ascii_upcase",
    "ceil",
    "endswith",
    "explode",
    "floor",
    "group_by",
    "ltrim",
    "ltrimstr",
    "max_by_or_empty",
    "min_by_or_empty",
    "reverse",
    "round",
    "rtrim",
    "rtrimstr",
    "sort",
    "sort_by",
    "startswith",
    "trim",
    "utf8bytelength",
];

/// Every native filter that a projection may call.
pub(super) fn natives() -> impl Iterator<Item = Fun<Metered>> {
    let core = jaq_core::funs().filter(|(name, ..)| FROM_JAQ_CORE.contains(name));
    let standard = jaq_std::base_funs().filter(|(name, ..)| FROM_JAQ_STD.contains(name));
    core.chain(standard).chain(own().into_iter().map(|filter| run::<Metered>(filter)))
}

fn own() -> [Filter<RunPtr<Metered>>; 13] {
    [
        ("contains", v(1), |cv| unary(cv, |value, part| contains(&value, &part).map(Value::Bool))),
        ("flatten", v(1), |cv| unary(cv, |value, depth| flatten(&value, &depth))),
        ("fromjson", v(0), |cv| bome(from_json(&cv.1))),
        ("has", v(1), |cv| unary(cv, |value, key| has(&value, &key))),
        ("implode", v(0), |cv| bome(implode(&cv.1))),
        ("indices", v(1), |cv| unary(cv, |value, part| indices(&value, &part))),
        ("infinite", v(0), |_| box_once(Ok(Value::from(f64::INFINITY)))),
        ("isinfinite", v(0), |cv| bome(float(&cv.1).map(|float| float.is_infinite().into()))),
        ("isnan", v(0), |cv| bome(float(&cv.1).map(|float| float.is_nan().into()))),
        ("join", v(1), |cv| unary(cv, |value, separator| join(&value, &separator))),
        ("length", v(0), |cv| bome(length(cv.1))),
        ("tojson", v(0), |cv| box_once(to_json(&cv.1).map_err(Exn::from))),
        ("tonumber", v(0), |cv| bome(to_number(cv.1))),
    ]
}

fn float(value: &Value) -> Result<f64, Error> {
    jaq_std::ValT::as_f64(value).ok_or_else(|| Error::typ(value.clone(), "number"))
}

fn items(value: &Value) -> Result<&[Value], Error> {
    value.as_items().ok_or_else(|| Error::typ(value.clone(), "array"))
}

fn contains(value: &Value, part: &Value) -> ValR<bool, Value> {
    budget::step();
    if let (Some(text), Some(part)) = (value.as_text(), part.as_text()) {
        budget::touch(text.len());
        return Ok(text.contains(part));
    }
    if let (Some(items), Some(parts)) = (value.as_items(), part.as_items()) {
        for part in parts {
            if !any(items.iter().map(|item| contains(item, part)))? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    if let (Some(_), Some(parts)) = (value.as_members(), part.as_members()) {
        for (name, part) in parts {
            match value.member(name) {
                Some(value) if contains(value, part)? => {}
                _ => return Ok(false),
            }
        }
        return Ok(true);
    }
    if value.kind() != part.kind() {
        return Err(Error::str(format_args!("cannot tell whether {value} contains {part}")));
    }
    Ok(value == part)
}

/// Whether one is true; unlike in jq, values of another type are passed over.
fn any(results: impl Iterator<Item = ValR<bool, Value>>) -> ValR<bool, Value> {
    Ok(results.flatten().any(|found| found))
}

fn flatten(value: &Value, depth: &Value) -> ValR<Value> {
    let depth = depth.clone();
    let depth = jaq_std::ValT::as_isize(&depth).and_then(|depth| usize::try_from(depth).ok());
    let depth = depth.ok_or_else(|| Error::str("flatten needs a depth that is not negative"))?;
    let mut flat = Vec::new();
    flatten_into(items(value)?, depth, &mut flat);
    Ok(Value::array(flat))
}

fn flatten_into(items: &[Value], depth: usize, flat: &mut Vec<Value>) {
    for item in items {
        match item.as_items() {
            Some(items) if depth > 0 => flatten_into(items, depth - 1, flat),
            _ => flat.push(item.clone()),
        }
    }
}

fn from_json(value: &Value) -> ValR<Value> {
    let text = value.as_text().ok_or_else(|| Error::typ(value.clone(), "string"))?;
    text::parse(text.as_bytes()).map_err(|error| Error::str(format_args!("cannot parse as JSON: {error}")))
}

fn has(value: &Value, key: &Value) -> ValR<Value> {
    match (value, key) {
        (Value::Obj(_), Value::Str(name)) => Ok(value.member(name).is_some().into()),
        (Value::Arr(_), Value::Num(num)) => {
            let index = num.as_isize().and_then(|index| usize::try_from(index).ok());
            Ok(index.is_some_and(|index| items(value).is_ok_and(|items| index < items.len())).into())
        }
        _ => Err(Error::index(value.clone(), key.clone())),
    }
}

fn implode(value: &Value) -> ValR<Value> {
    let mut text = String::new();
    for item in items(value)? {
        budget::step();
        let code = jaq_std::ValT::as_isize(item).and_then(|code| u32::try_from(code).ok());
        text.push(code.and_then(char::from_u32).ok_or_else(|| Error::typ(item.clone(), "code point"))?);
    }
    Ok(Value::string(text))
}

/// Where a part is: in characters for strings, overlapping ones too.
fn indices(value: &Value, part: &Value) -> ValR<Value> {
    let found: Vec<usize> = match (value, part) {
        (Value::Null, _) => return Ok(Value::Null),
        (Value::Str(_), Value::Str(part)) if part.is_empty() => Vec::new(),
        (Value::Str(text), Value::Str(part)) => {
            let starts = text.char_indices().enumerate();
            let found = starts.filter(|(_, (byte, _))| {
                budget::touch(part.len());
                text[*byte..].starts_with(part.as_str())
            });
            found.map(|(index, _)| index).collect()
        }
        (Value::Arr(_), Value::Arr(_)) => {
            let (items, part) = (items(value)?, items(part)?);
            let windows = if part.is_empty() { [].windows(1) } else { items.windows(part.len()) };
            windows.enumerate().filter(|(_, window)| *window == part).map(|(index, _)| index).collect()
        }
        (Value::Arr(_), part) => {
            let items = items(value)?.iter().enumerate();
            items.filter(|(_, item)| *item == part).map(|(index, _)| index).collect()
        }
        _ => return Err(Error::index(value.clone(), part.clone())),
    };
    Ok(Value::array(found.into_iter().map(Value::integer)))
}

fn join(value: &Value, separator: &Value) -> ValR<Value> {
    let separator = separator.as_text().ok_or_else(|| Error::typ(separator.clone(), "string"))?;
    let mut joined = String::new();
    for (position, item) in items(value)?.iter().enumerate() {
        if position > 0 {
            budget::touch(separator.len());
            joined.push_str(separator);
        }
        match item {
            Value::Null => {}
            Value::Arr(_) | Value::Obj(_) => return Err(Error::typ(item.clone(), "part of a string")),
            scalar => {
                if let Some(text) = jaq_core::ValT::into_string(scalar.clone()).as_text() {
                    joined.push_str(text);
                }
            }
        }
        budget::check_size(joined.len(), 0);
    }
    Ok(Value::string(joined))
}

fn length(value: Value) -> ValR<Value> {
    match &value {
        Value::Null => Ok(Value::integer(0)),
        Value::Bool(_) => Err(Error::str("a boolean has no length")),
        Value::Num(_) if float(&value)? < 0.0 => -value,
        Value::Num(_) => Ok(value),
        Value::Str(text) => {
            budget::touch(text.len());
            Ok(Value::integer(text.chars().count()))
        }
        Value::Arr(_) => Ok(Value::integer(value.as_items().map_or(0, <[Value]>::len))),
        Value::Obj(_) => Ok(Value::integer(value.as_members().map_or(0, |members| members.len()))),
    }
}

fn to_json(value: &Value) -> ValR<Value> {
    match text::write(value, usize::MAX) {
        Ok(bytes) => Ok(Value::string(String::from_utf8_lossy(&bytes))),
        Err(_) => Err(Error::str("NaN and the infinities are not JSON")),
    }
}

fn to_number(value: Value) -> ValR<Value> {
    let failed = || Error::str("cannot parse as a number");
    match &value {
        Value::Num(_) => Ok(value),
        Value::Str(text) => match text::parse(text.as_bytes()) {
            Ok(number @ Value::Num(_)) if !text.contains([' ', '\t', '\n', '\r']) => Ok(number),
            _ => Err(failed()),
        },
        _ => Err(failed()),
    }
}
