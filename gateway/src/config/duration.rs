//! Durations are strings with a unit, such as `"2s"` or `"24h"`, and have bounds.

use std::{borrow::Cow, fmt, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

use super::{error::Problems, locate::Place};

/// A duration as it was written: a string, not yet judged.
pub(super) struct DurationText(String);

/// The shortest and the longest that a member may say, and an example for who said something else.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) min: Duration,
    pub(super) max: Duration,
    pub(super) example: &'static str,
}

/// The duration that `text` says, if it is one within `bounds`; otherwise that is reported.
pub(super) fn judge(
    text: &DurationText,
    bounds: Bounds,
    place: &Place<'_>,
    problems: &mut Problems<'_>,
) -> Option<Duration> {
    let judged = parse(&text.0).filter(|duration| (bounds.min..=bounds.max).contains(duration));
    if judged.is_none() {
        let Bounds { min, max, example } = bounds;
        let expected = format!("a duration from {} to {}, such as {example:?}", Shown(min), Shown(max));
        problems.value(place, expected);
    }
    judged
}

/// Whether `text` says a duration that is longer than `most`, and within `bounds`.
pub(super) fn is_beyond(text: &DurationText, bounds: Bounds, most: Duration) -> bool {
    parse(&text.0).is_some_and(|duration| duration > most && duration <= bounds.max)
}

fn parse(text: &str) -> Option<Duration> {
    // humantime reads a bare "0", joins "1 2s" to 12 s, and panics where a sum overflows by its last nanosecond, which
    // takes more digits than these (`18446744073709551615s 1000ms`).
    const DIGITS_MAX: usize = 12;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let parts: Vec<&str> = text.split_whitespace().collect();
    let is_joined = |pair: &[&str]| match pair {
        [left, right] => left.ends_with(is_digit) && right.starts_with(is_digit),
        _ => false,
    };
    if digits > DIGITS_MAX || !text.ends_with(char::is_alphabetic) || parts.windows(2).any(is_joined) {
        return None;
    }
    humantime::parse_duration(text).ok()
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

impl<'de> Deserialize<'de> for DurationText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DurationVisitor)
    }
}

impl JsonSchema for DurationText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // As much as all durations have in common; what may stand around it, blanks and line breaks, the reader judges.
        json_schema!({"type": "string", "pattern": "[0-9][^\"]*[A-Za-z]$"})
    }
}

struct DurationVisitor;

impl Visitor<'_> for DurationVisitor {
    type Value = DurationText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a duration in a string, such as "2s" or "24h""#)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<DurationText, E> {
        Ok(DurationText(text.to_owned()))
    }

    /// Whoever writes a bare number most likely means seconds, and is shown how to say so.
    fn visit_u64<E: Error>(self, number: u64) -> Result<DurationText, E> {
        let expected = format!(r#"a duration in a string with its unit, such as "{number}s""#);
        Err(E::invalid_type(Unexpected::Unsigned(number), &expected.as_str()))
    }
}

/// A duration in its largest unit of which it has a whole number and not just one or two: `24h`, `120s`, `15m`.
pub(super) struct Shown(pub(super) Duration);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, u64, &str); 3] = [(24 * 60 * 60, 2, "d"), (60 * 60, 1, "h"), (60, 3, "m")];
        let seconds = self.0.as_secs();
        if self.0.subsec_nanos() != 0 {
            return fmt::Display::fmt(&humantime::format_duration(self.0), f);
        }
        let unit =
            UNITS.iter().find(|(size, least, _)| seconds.is_multiple_of(*size) && seconds / size >= *least);
        match unit {
            Some((size, _, unit)) => write!(f, "{}{unit}", seconds / size),
            None => write!(f, "{seconds}s"),
        }
    }
}
