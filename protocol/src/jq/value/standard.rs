//! What the native filters of `jaq-std` ask of a value.

use std::rc::Rc;

use jaq_json::Num;
use jaq_std::ValT;

use super::super::budget;
use super::{Value, number};

impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Self::Num(Num::Float(float))
    }
}

impl From<usize> for Value {
    fn from(integer: usize) -> Self {
        Self::integer(integer)
    }
}

impl ValT for Value {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        match self {
            Self::Arr(array) => Ok(Rc::unwrap_or_clone(array).items.into_iter().collect()),
            other => Err(other),
        }
    }

    fn is_int(&self) -> bool {
        matches!(self, Self::Num(num) if number::is_integer(num))
    }

    fn as_isize(&self) -> Option<isize> {
        match self {
            Self::Num(num) => num.as_isize(),
            _ => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Num(num) => Some(number::float(num)),
            _ => None,
        }
    }

    fn is_utf8_str(&self) -> bool {
        matches!(self, Self::Str(_))
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        let text = self.as_text()?;
        budget::touch(text.len());
        Some(text.as_bytes())
    }

    fn as_sub_str(&self, part: &[u8]) -> Self {
        Self::string(String::from_utf8_lossy(part))
    }

    fn from_utf8_bytes(bytes: impl AsRef<[u8]> + Send + 'static) -> Self {
        Self::string(String::from_utf8_lossy(bytes.as_ref()))
    }
}
