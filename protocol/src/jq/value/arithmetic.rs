//! `+`, `-`, `*`, `/`, `%` and the minus sign, as jq has them, each bounded by what it is given.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};
use std::rc::Rc;

use jaq_core::ValR;
use jaq_core::ops::Math;
use jaq_json::Num;

use super::super::budget;
use super::{Array, Object, Value, number};

type Error = jaq_core::Error<Value>;

impl Add for Value {
    type Output = ValR<Self>;

    fn add(self, other: Self) -> Self::Output {
        match (self, other) {
            (Self::Null, value) | (value, Self::Null) => Ok(value),
            (Self::Num(left), Self::Num(right)) => calculated(&left, &right, |left, right| left + right),
            (Self::Str(mut left), Self::Str(right)) => {
                // A sum that nobody else holds grows in place: adding up n strings costs n steps, not n squared.
                if Rc::get_mut(&mut left).is_none() {
                    budget::touch(left.len());
                }
                budget::touch(right.len());
                budget::check_size(left.len() + right.len(), 0);
                Rc::make_mut(&mut left).push_str(&right);
                Ok(Self::Str(left))
            }
            (Self::Arr(mut left), Self::Arr(right)) => {
                let array = Rc::make_mut(&mut left);
                right.items.iter().for_each(|item| array.push(item.clone()));
                Ok(Self::Arr(left))
            }
            (Self::Obj(mut left), Self::Obj(right)) => {
                let object = Rc::make_mut(&mut left);
                for (name, value) in &right.members {
                    object.insert(Rc::clone(name), value.clone());
                }
                Ok(Self::Obj(left))
            }
            (left, right) => Err(Error::math(left, Math::Add, right)),
        }
    }
}

impl Sub for Value {
    type Output = ValR<Self>;

    fn sub(self, other: Self) -> Self::Output {
        match (self, other) {
            (Self::Num(left), Self::Num(right)) => calculated(&left, &right, |left, right| left - right),
            (Self::Arr(left), Self::Arr(right)) => {
                let mut taken = right.items.clone();
                taken.sort();
                let kept = left.items.iter().filter(|item| taken.binary_search(item).is_err());
                Ok(Self::array(kept.cloned()))
            }
            (left, right) => Err(Error::math(left, Math::Sub, right)),
        }
    }
}

impl Mul for Value {
    type Output = ValR<Self>;

    fn mul(self, other: Self) -> Self::Output {
        match (self, other) {
            (Self::Num(left), Self::Num(right)) => calculated(&left, &right, |left, right| left * right),
            (Self::Obj(left), Self::Obj(right)) => Ok(Self::Obj(merged(left, &right))),
            (Self::Str(_), Self::Num(_)) | (Self::Num(_), Self::Str(_)) => Err(Error::str(
                "repeating a string is not available: its output is not bounded by the answer",
            )),
            (left, right) => Err(Error::math(left, Math::Mul, right)),
        }
    }
}

impl Div for Value {
    type Output = ValR<Self>;

    fn div(self, other: Self) -> Self::Output {
        match (self, other) {
            (Self::Num(left), Self::Num(right)) => {
                not_zero(&right)?;
                calculated(&left, &right, |left, right| left / right)
            }
            (Self::Str(text), Self::Str(separator)) => Ok(split(&text, &separator)),
            (left, right) => Err(Error::math(left, Math::Div, right)),
        }
    }
}

impl Rem for Value {
    type Output = ValR<Self>;

    fn rem(self, other: Self) -> Self::Output {
        match (self, other) {
            (Self::Num(left), Self::Num(right)) => {
                not_zero(&right)?;
                calculated(&left, &right, |left, right| left % right)
            }
            (left, right) => Err(Error::math(left, Math::Rem, right)),
        }
    }
}

impl Neg for Value {
    type Output = ValR<Self>;

    fn neg(self) -> Self::Output {
        match self {
            Self::Num(num) => Ok(Self::Num(-num)),
            other => Err(Error::typ(other, "number")),
        }
    }
}

fn calculated(left: &Num, right: &Num, calculate: fn(Num, Num) -> Num) -> ValR<Value> {
    budget::touch(number::heap_bytes(left).saturating_add(number::heap_bytes(right)));
    let result = calculate(left.clone(), right.clone());
    if number::is_too_large(&result) {
        return Err(Error::str("the number is too large to calculate with"));
    }
    Ok(Value::Num(result))
}

fn not_zero(num: &Num) -> Result<(), Error> {
    if number::float(num) == 0.0 { Err(Error::str("cannot divide by zero")) } else { Ok(()) }
}

/// Objects in both are merged, member by member; otherwise the right one wins.
fn merged(mut left: Rc<Object>, right: &Object) -> Rc<Object> {
    let object = Rc::make_mut(&mut left);
    for (name, value) in &right.members {
        let value = match (object.get(name), value) {
            (Some(Value::Obj(old)), Value::Obj(new)) => Value::Obj(merged(Rc::clone(old), new)),
            _ => value.clone(),
        };
        object.insert(Rc::clone(name), value);
    }
    left
}

/// The parts between separators; the characters, when the separator is empty.
fn split(text: &str, separator: &str) -> Value {
    budget::touch(text.len());
    let mut parts = Array::new();
    if separator.is_empty() {
        text.chars().for_each(|character| parts.push(Value::string(character)));
    } else if !text.is_empty() {
        text.split(separator).for_each(|part| parts.push(Value::string(part)));
    }
    Value::Arr(Rc::new(parts))
}
