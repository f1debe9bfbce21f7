//! The values that filters work on: JSON and nothing else, numbers as they were written.
//!
//! The value type of `jaq-json` also knows byte strings and keys that are not strings, and nothing in it is bounded.
//! This one cannot hold what is not JSON (but for NaN and the infinities, which the writer refuses), knows how large
//! and deep it is, and pays for every step from the [`budget`]. Only the numbers are those of `jaq-json`.

use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

use jaq_json::{Map, Num};

use super::budget;

mod arithmetic;
mod number;
mod path;
mod standard;
pub(super) mod text;

/// A list of values, with its size.
#[derive(Clone, Default)]
pub(super) struct Array {
    items: Vec<Value>,
    size: Size,
}

/// Members in the order in which they came, with their size.
#[derive(Clone, Default)]
pub(super) struct Object {
    members: Map<Rc<String>, Value>,
    size: Size,
}

/// What a value measures; of what was taken out of it, the depth is not given back.
#[derive(Clone, Copy, Default)]
struct Size {
    bytes: usize,
    depth: usize,
}

/// A JSON value.
#[derive(Default)]
pub(super) enum Value {
    #[default]
    Null,
    Bool(bool),
    Num(Num),
    Str(Rc<String>),
    Arr(Rc<Array>),
    Obj(Rc<Object>),
}

/// A slot in an array, and the pointer behind it.
const SLOT_BYTES: usize = 24;
/// A slot in an object: the name, the value and the index that finds it.
const MEMBER_BYTES: usize = 64;
/// An object or array of its own.
const CONTAINER_BYTES: usize = 96;

impl Clone for Value {
    fn clone(&self) -> Self {
        budget::step();
        match self {
            Self::Null => Self::Null,
            Self::Bool(bool) => Self::Bool(*bool),
            Self::Num(num) => Self::Num(num.clone()),
            Self::Str(text) => Self::Str(Rc::clone(text)),
            Self::Arr(array) => Self::Arr(Rc::clone(array)),
            Self::Obj(object) => Self::Obj(Rc::clone(object)),
        }
    }
}

impl Size {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null | Value::Bool(_) => Self { bytes: 0, depth: 0 },
            Value::Num(num) => Self { bytes: number::heap_bytes(num), depth: 0 },
            Value::Str(text) => Self { bytes: text.len(), depth: 0 },
            Value::Arr(array) => array.size,
            Value::Obj(object) => object.size,
        }
    }

    /// Puts a value into a container of this size, in a slot of so many bytes.
    fn add(&mut self, slot_bytes: usize, value: &Value) {
        let value = Self::of(value);
        self.bytes = self.bytes.saturating_add(slot_bytes).saturating_add(value.bytes);
        self.depth = self.depth.max(value.depth + 1);
        budget::check_size(self.bytes, self.depth);
    }

    fn take(&mut self, slot_bytes: usize, value: &Value) {
        self.bytes = self.bytes.saturating_sub(slot_bytes).saturating_sub(Self::of(value).bytes);
    }
}

impl Array {
    fn new() -> Self {
        Self { items: Vec::new(), size: Size { bytes: CONTAINER_BYTES, depth: 1 } }
    }

    fn push(&mut self, value: Value) {
        budget::touch(SLOT_BYTES);
        self.size.add(SLOT_BYTES, &value);
        self.items.push(value);
    }

    fn replace(&mut self, index: usize, value: Value) {
        self.size.add(SLOT_BYTES, &value);
        let old = std::mem::replace(&mut self.items[index], value);
        self.size.take(SLOT_BYTES, &old);
    }

    fn remove(&mut self, index: usize) {
        budget::touch((self.items.len() - index) * SLOT_BYTES);
        let old = self.items.remove(index);
        self.size.take(SLOT_BYTES, &old);
    }
}

impl Object {
    fn new() -> Self {
        Self { members: Map::default(), size: Size { bytes: CONTAINER_BYTES, depth: 1 } }
    }

    fn get(&self, name: &String) -> Option<&Value> {
        self.members.get(name)
    }

    /// Sets a member, and says whether its name is new.
    fn insert(&mut self, name: Rc<String>, value: Value) -> bool {
        let slot_bytes = MEMBER_BYTES.saturating_add(name.len());
        budget::touch(slot_bytes);
        self.size.add(slot_bytes, &value);
        let old = self.members.insert(name, value);
        if let Some(old) = &old {
            self.size.take(slot_bytes, old);
        }
        old.is_none()
    }

    fn remove(&mut self, name: &String) {
        budget::touch(self.members.len() * SLOT_BYTES);
        if let Some(old) = self.members.shift_remove(name) {
            self.size.take(MEMBER_BYTES + name.len(), &old);
        }
    }
}

impl Value {
    pub(super) fn string(text: impl Into<String>) -> Self {
        let text = text.into();
        budget::touch(text.len());
        budget::check_size(text.len(), 0);
        Self::Str(Rc::new(text))
    }

    pub(super) fn array(items: impl IntoIterator<Item = Self>) -> Self {
        let mut array = Array::new();
        items.into_iter().for_each(|item| array.push(item));
        Self::Arr(Rc::new(array))
    }

    pub(super) fn integer(integer: usize) -> Self {
        Self::Num(Num::from_integral(integer))
    }

    /// The word for the type of this value in an error. Errors go to logs, and logs hold no bodies.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Num(_) => "a number",
            Self::Str(_) => "a string",
            Self::Arr(_) => "an array",
            Self::Obj(_) => "an object",
        }
    }

    pub(super) fn as_items(&self) -> Option<&[Self]> {
        match self {
            Self::Arr(array) => Some(&array.items),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Members of an object, in their order.
    pub(super) fn as_members(&self) -> Option<impl ExactSizeIterator<Item = (&Rc<String>, &Self)>> {
        match self {
            Self::Obj(object) => Some(object.members.iter()),
            _ => None,
        }
    }

    pub(super) fn member(&self, name: &String) -> Option<&Self> {
        match self {
            Self::Obj(object) => object.get(name),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Num(_) => 2,
            Self::Str(_) => 3,
            Self::Arr(_) => 4,
            Self::Obj(_) => 5,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

/// The order of jq: null, false, true, numbers, strings, arrays, objects. It is total, or sorting could panic.
impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        budget::step();
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Num(left), Self::Num(right)) => number::order(left, right),
            (Self::Str(left), Self::Str(right)) => {
                budget::touch(left.len().min(right.len()));
                left.cmp(right)
            }
            (Self::Arr(left), Self::Arr(right)) => left.items.cmp(&right.items),
            (Self::Obj(left), Self::Obj(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl Object {
    /// By the sorted names first, then by the values in the order of their names.
    fn cmp(&self, other: &Self) -> Ordering {
        let sorted = |object: &Self| {
            let name_bytes: usize = object.members.keys().map(|name| name.len() + MEMBER_BYTES).sum();
            budget::touch(name_bytes);
            let mut members: Vec<_> =
                object.members.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            members
        };
        let (left, right) = (sorted(self), sorted(other));
        let names = left.iter().map(|(name, _)| name).cmp(right.iter().map(|(name, _)| name));
        names.then_with(|| left.iter().map(|(_, value)| value).cmp(right.iter().map(|(_, value)| value)))
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Value {}
