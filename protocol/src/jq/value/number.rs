//! Numbers: exact as long as nobody calculates with them, integers exact even then.

use std::cmp::Ordering;

use jaq_json::Num;

use super::super::budget;

/// Integers of more digits stay text: nobody calculates with them, and reading them costs the square of their length.
const INTEGER_DIGITS_MAX: usize = 1_000;
/// The largest result of arithmetic with integers.
const INTEGER_BITS_MAX: u64 = 8_192;

/// Reads a number that keeps its text: `1.10` stays `1.10`, `-0` stays `-0`, and no integer is rounded.
pub(super) fn parse(text: &str) -> Num {
    let integer = text.len() <= INTEGER_DIGITS_MAX && text != "-0";
    let integer = if integer { Num::from_str_radix(text, 10) } else { None };
    integer.unwrap_or_else(|| Num::Dec(text.to_owned().into()))
}

/// The number as JSON; nothing for NaN and the infinities. A whole float comes out as an integer, as jq prints it.
pub(super) fn text(num: &Num) -> Option<String> {
    /// Up to here every whole float is the integer that it looks like.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    match num {
        Num::Float(float) if !float.is_finite() => None,
        Num::Float(float) if float.fract() == 0.0 && float.abs() <= EXACT_MAX => Some(format!("{float:.0}")),
        other => Some(other.to_string()),
    }
}

/// Bytes beside the number itself.
pub(super) fn heap_bytes(num: &Num) -> usize {
    match num {
        Num::Int(_) | Num::Float(_) => 0,
        Num::BigInt(integer) => usize::try_from(integer.bits() / 8).unwrap_or(usize::MAX),
        Num::Dec(text) => text.len(),
    }
}

/// Whether an integer has outgrown what arithmetic may make.
pub(super) fn is_too_large(num: &Num) -> bool {
    matches!(num, Num::BigInt(integer) if integer.bits() > INTEGER_BITS_MAX)
}

pub(super) fn is_integer(num: &Num) -> bool {
    matches!(num, Num::Int(_) | Num::BigInt(_))
}

/// The nearest double.
pub(super) fn float(num: &Num) -> f64 {
    match num {
        Num::Int(integer) => *integer as f64,
        Num::Float(float) => *float,
        // Multiplying by one is how `jaq-json` lets others convert its integers.
        other => match other.clone() * Num::Float(1.0) {
            Num::Float(float) => float,
            _ => f64::NAN,
        },
    }
}

/// The order of numbers: by double first, and where doubles cannot tell integers apart, exactly. NaN comes first.
pub(super) fn order(left: &Num, right: &Num) -> Ordering {
    budget::touch(heap_bytes(left) + heap_bytes(right));
    if let (Num::Int(left), Num::Int(right)) = (left, right) {
        return left.cmp(right);
    }
    let (left_float, right_float) = (float(left), float(right));
    let by_float = left_float.partial_cmp(&right_float);
    let by_float = by_float.unwrap_or_else(|| right_float.is_nan().cmp(&left_float.is_nan()));
    by_float.then_with(|| match (is_integer(left), is_integer(right)) {
        (true, true) => left.cmp(right),
        (true, false) => exactly(left, right_float),
        (false, true) => exactly(right, left_float).reverse(),
        (false, false) => Ordering::Equal,
    })
}

/// Compares an integer with the double that it rounds to.
fn exactly(integer: &Num, float: f64) -> Ordering {
    if !float.is_finite() {
        return if float > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    match Num::from_str_radix(&format!("{float:.0}"), 10) {
        Some(float) => integer.cmp(&float),
        None => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers around the places where doubles and integers part: 2^53, 2^63, the largest double, and zero.
    fn number() -> impl Strategy<Value = String> {
        let integer = prop_oneof![
            Just(0i128),
            Just(1 << 53),
            Just(i128::from(i64::MAX)),
            Just(i128::from(u64::MAX)),
            Just(1 << 100),
        ];
        prop_oneof![
            (integer, -3i128..4, any::<bool>()).prop_map(|(near, offset, is_float)| {
                if is_float { format!("{}.0", near + offset) } else { (near + offset).to_string() }
            }),
            (-3i32..4, 300i32..310).prop_map(|(digit, exponent)| format!("{digit}e{exponent}")),
            (-3i32..4, 300usize..310).prop_map(|(digit, zeros)| format!("{digit}{}", "0".repeat(zeros))),
            Just("-0".to_owned()),
            (-2i32..3).prop_map(|half| format!("{}", f64::from(half) / 2.0)),
        ]
    }

    proptest! {
        #[test]
        fn the_order_is_total(texts in prop::collection::vec(number(), 3)) {
            budget::open(budget::WORK_BYTES_MAX);
            let nan = Num::Float(f64::NAN);
            let nums: Vec<_> = texts.iter().map(|text| parse(text)).chain([nan]).collect();
            for one in &nums {
                prop_assert_eq!(order(one, one), Ordering::Equal);
                for other in &nums {
                    prop_assert_eq!(order(one, other), order(other, one).reverse());
                    for third in &nums {
                        if order(one, other).is_le() && order(other, third).is_le() {
                            prop_assert!(order(one, third).is_le(), "{one} {other} {third}");
                        }
                    }
                }
            }
        }

        #[test]
        fn a_number_keeps_its_text(text in number()) {
            prop_assume!(crate::json::check(text.as_bytes()).is_ok());
            prop_assert_eq!(super::text(&parse(&text)), Some(text));
        }
    }
}
