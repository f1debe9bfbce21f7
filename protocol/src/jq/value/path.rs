//! `.[]`, `.a`, `.[1:2]` and their assignments: what `jaq-core` asks of a value.

use std::ops::Range;
use std::rc::Rc;

use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::path::Opt;
use jaq_core::{Exn, ValR, ValT, ValX};
use jaq_json::Num;

use super::super::budget;
use super::{Object, Value, number, text};

type Error = jaq_core::Error<Value>;

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<isize> for Value {
    fn from(integer: isize) -> Self {
        Self::Num(Num::Int(integer))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::string(text)
    }
}

impl From<Range<Option<Self>>> for Value {
    fn from(range: Range<Option<Self>>) -> Self {
        let mut object = Object::new();
        for (name, bound) in [("start", range.start), ("end", range.end)] {
            if let Some(bound) = bound {
                object.insert(Rc::new(name.to_owned()), bound);
            }
        }
        Self::Obj(Rc::new(object))
    }
}

impl FromIterator<Self> for Value {
    fn from_iter<T: IntoIterator<Item = Self>>(items: T) -> Self {
        Self::array(items)
    }
}

impl ValT for Value {
    fn from_num(text: &str) -> ValR<Self> {
        Ok(Self::Num(number::parse(text)))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(members: I) -> ValR<Self> {
        budget::step();
        let mut object = Object::new();
        for (name, value) in members {
            let Self::Str(name) = name else {
                return Err(Error::typ(name, "the name of a member"));
            };
            object.insert(name, value);
        }
        Ok(Self::Obj(Rc::new(object)))
    }

    fn key_values(self) -> BoxIter<'static, ValR<(Self, Self), Self>> {
        match self {
            Self::Arr(array) => {
                let items = Rc::unwrap_or_clone(array).items.into_iter().enumerate();
                Box::new(items.map(|(index, item)| Ok((Self::integer(index), stepped(item)))))
            }
            Self::Obj(object) => {
                let members = Rc::unwrap_or_clone(object).members.into_iter();
                Box::new(members.map(|(name, value)| Ok((Self::Str(name), stepped(value)))))
            }
            other => box_once(Err(Error::typ(other, "iterable (array or object)"))),
        }
    }

    fn values(self) -> Box<dyn Iterator<Item = ValR<Self>>> {
        match self {
            Self::Arr(array) => Box::new(Rc::unwrap_or_clone(array).items.into_iter().map(stepped).map(Ok)),
            Self::Obj(object) => {
                Box::new(Rc::unwrap_or_clone(object).members.into_iter().map(|(_, value)| Ok(stepped(value))))
            }
            other => box_once(Err(Error::typ(other, "iterable (array or object)"))),
        }
    }

    fn index(self, index: &Self) -> ValR<Self> {
        budget::step();
        match (&self, index) {
            (Self::Null, _) => Ok(Self::Null),
            (Self::Arr(array), Self::Num(num)) => {
                let position = Position::of(num).and_then(|position| position.within(array.items.len()));
                Ok(position.and_then(|position| array.items.get(position)).cloned().unwrap_or_default())
            }
            (Self::Obj(object), Self::Str(name)) => Ok(object.get(name).cloned().unwrap_or_default()),
            (Self::Arr(_) | Self::Str(_), Self::Obj(_)) => {
                let bounds = bounds(index);
                self.range(bounds.start.as_ref()..bounds.end.as_ref())
            }
            _ => Err(Error::index(self, index.clone())),
        }
    }

    fn range(self, range: Range<Option<&Self>>) -> ValR<Self> {
        match self {
            Self::Null => Ok(Self::Null),
            Self::Str(text) => Ok(Self::string(&text[char_span(&text, range)?])),
            Self::Arr(array) => Ok(Self::array(array.items[span(array.items.len(), range)?].iter().cloned())),
            other => Err(Error::typ(other, "rangeable (array or string)")),
        }
    }

    fn map_values<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        match self {
            Self::Arr(array) => Rc::unwrap_or_clone(array).items.into_iter().flat_map(f).collect(),
            Self::Obj(object) => {
                let mut mapped = Object::new();
                for (name, value) in Rc::unwrap_or_clone(object).members {
                    if let Some(value) = f(stepped(value)).next().transpose()? {
                        mapped.insert(name, value);
                    }
                }
                Ok(Self::Obj(Rc::new(mapped)))
            }
            other => opt.fail(other, |other| Exn::from(Error::typ(other, "iterable (array or object)"))),
        }
    }

    fn map_index<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        match (self, index) {
            (Self::Null, Self::Str(_)) => Self::Obj(Rc::new(Object::new())).map_index(index, opt, f),
            (Self::Obj(mut object), Self::Str(name)) => {
                let old = object.get(name).cloned().unwrap_or_default();
                match f(old).next().transpose()? {
                    Some(value) => {
                        Rc::make_mut(&mut object).insert(Rc::clone(name), value);
                    }
                    None => Rc::make_mut(&mut object).remove(name),
                }
                Ok(Self::Obj(object))
            }
            (Self::Arr(mut array), Self::Num(num)) => {
                let position = Position::of(num).and_then(|position| position.within(array.items.len()));
                let Some((position, old)) = position.and_then(|at| Some((at, array.items.get(at)?.clone())))
                else {
                    return opt
                        .fail(Self::Arr(array), |_| Exn::from(Error::str("the index is out of bounds")));
                };
                match f(old).next().transpose()? {
                    Some(value) => Rc::make_mut(&mut array).replace(position, value),
                    None => Rc::make_mut(&mut array).remove(position),
                }
                Ok(Self::Arr(array))
            }
            (value @ (Self::Arr(_) | Self::Str(_)), Self::Obj(_)) => {
                let bounds = bounds(index);
                value.map_range(bounds.start.as_ref()..bounds.end.as_ref(), opt, f)
            }
            (value, index) => opt.fail(value, |value| Exn::from(Error::index(value, index.clone()))),
        }
    }

    fn map_range<'a, I: Iterator<Item = ValX<'a, Self>>>(
        self,
        range: Range<Option<&Self>>,
        opt: Opt,
        f: impl Fn(Self) -> I,
    ) -> ValX<'a, Self> {
        match self {
            Self::Str(text) => {
                let span = match char_span(&text, range) {
                    Ok(span) => span,
                    Err(error) => return opt.fail(Self::Str(text), |_| Exn::from(error)),
                };
                let new = f(Self::string(&text[span.clone()])).next().transpose()?;
                let new = new.unwrap_or_else(|| Self::string(""));
                let middle = new.as_text().ok_or_else(|| Error::typ(new.clone(), "string"))?;
                Ok(Self::string([&text[..span.start], middle, &text[span.end..]].concat()))
            }
            Self::Arr(array) => {
                let span = match span(array.items.len(), range) {
                    Ok(span) => span,
                    Err(error) => return opt.fail(Self::Arr(array), |_| Exn::from(error)),
                };
                let new = f(Self::array(array.items[span.clone()].iter().cloned())).next().transpose()?;
                let new = new.unwrap_or_else(|| Self::array([]));
                let middle = new.as_items().ok_or_else(|| Error::typ(new.clone(), "array"))?;
                let parts = [&array.items[..span.start], middle, &array.items[span.end..]];
                Ok(Self::array(parts.into_iter().flatten().cloned()))
            }
            other => opt.fail(other, |other| Exn::from(Error::typ(other, "rangeable (array or string)"))),
        }
    }

    fn as_bool(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    fn into_string(self) -> Self {
        match self {
            Self::Str(_) => self,
            other => Self::string(text::display(&other)),
        }
    }
}

/// Pays for an element of an iteration.
fn stepped(value: Value) -> Value {
    budget::step();
    value
}

/// A place in a sequence, counted from its start or its end.
#[derive(Clone, Copy)]
enum Position {
    FromStart(usize),
    FromEnd(usize),
}

impl Position {
    /// Only integers are positions; one too large for the machine is beyond every end.
    fn of(num: &Num) -> Option<Self> {
        if !number::is_integer(num) {
            return None;
        }
        Some(match num.as_isize() {
            Some(integer) if integer >= 0 => Self::FromStart(integer.unsigned_abs()),
            Some(integer) => Self::FromEnd(integer.unsigned_abs()),
            None if number::float(num) > 0.0 => Self::FromStart(usize::MAX),
            None => Self::FromEnd(usize::MAX),
        })
    }

    /// The index, unless the place is before the start.
    fn within(self, length: usize) -> Option<usize> {
        match self {
            Self::FromStart(offset) => Some(offset),
            Self::FromEnd(offset) => length.checked_sub(offset),
        }
    }
}

/// The bounds in a path such as `{"start": 1, "end": 2}`, as `path(.[1:2])` gives them.
fn bounds(index: &Value) -> Range<Option<Value>> {
    let bound = |name: &str| index.member(&name.to_owned()).cloned();
    bound("start")..bound("end")
}

/// The slice of a sequence between two bounds, cut to what there is.
fn span(length: usize, range: Range<Option<&Value>>) -> Result<Range<usize>, Error> {
    let bound = |bound: Option<&Value>, default: usize| match bound {
        None | Some(Value::Null) => Ok(default),
        Some(value) => {
            let Value::Num(num) = value else { return Err(Error::typ(value.clone(), "integer")) };
            let position = Position::of(num).ok_or_else(|| Error::typ(value.clone(), "integer"))?;
            Ok(position.within(length).unwrap_or(0).min(length))
        }
    };
    let (start, end) = (bound(range.start, 0)?, bound(range.end, length)?);
    Ok(start..end.max(start))
}

/// As [`span`], counted in characters; the result is in bytes.
fn char_span(text: &str, range: Range<Option<&Value>>) -> Result<Range<usize>, Error> {
    budget::touch(text.len());
    let chars = span(text.chars().count(), range)?;
    let byte = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(byte, _)| byte);
    Ok(byte(chars.start)..byte(chars.end))
}
