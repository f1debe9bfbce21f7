//! Values that are known by what they look like, and by the name of the member that holds them.
//!
//! It is on the side of caution: what may be the very value that one asks for is never called noise. So a number is a
//! value that moves unless it is a time, a counter, or has a telling name.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
};

use outcall_protocol::json::tree::Tree;

use super::Cause;
use crate::outcall::Response;

/// A time so near to the moment of asking is when the answer was made.
const NOW_SECONDS: f64 = 36.0 * 3_600.0;
/// Numbers that differ by less than this part of them are the same number.
const NOISE: f64 = 1e-9;
/// Digits that a rounded number keeps at most: a double has 15, and the last ones are the noise.
const DIGITS_MAX: i32 = 12;
/// Beyond so many decimals ten to their power is no double.
const DECIMALS_MAX: i32 = 300;
/// Shorter texts are no ids, unless their names say so.
const TOKEN_CHARACTERS_MIN: usize = 8;
/// Integers up to here are counts and amounts; above, some are ids.
const AMOUNT_MAX: f64 = 1e6;

const ID: [&str; 22] = [
    "id",
    "ids",
    "uuid",
    "guid",
    "ulid",
    "nonce",
    "token",
    "trace",
    "span",
    "request",
    "req",
    "session",
    "correlation",
    "etag",
    "cursor",
    "signature",
    "sig",
    "salt",
    "requestid",
    "traceid",
    "sessionid",
    "receipt",
];
const DURATION: [&str; 9] =
    ["took", "elapsed", "duration", "latency", "runtime", "millis", "ms", "usec", "micros"];
/// What `time` is the duration of: alone it may be anything.
const TIMED: [&str; 7] = ["processing", "response", "execution", "generation", "render", "query", "request"];
const COUNTER: [&str; 8] = ["serial", "seq", "sequence", "counter", "hits", "visits", "requests", "served"];
/// What these name is asked for: it counts no answers, though it may go up by one with each of them.
const AMOUNT: [&str; 18] = [
    "amount", "balance", "block", "count", "height", "index", "level", "number", "price", "quantity", "rate",
    "round", "score", "slot", "stock", "supply", "total", "volume",
];
const MACHINE: [&str; 13] = [
    "server", "host", "hostname", "node", "pod", "instance", "machine", "region", "pop", "worker", "replica",
    "backend", "served",
];

/// Why the values of a JSON member (or of an element of it) differ. `None` stands for an answer without it.
pub(crate) fn cause(name: &str, values: &[Option<&Tree>], now_seconds: f64) -> Cause {
    let present: Vec<&Tree> = values.iter().copied().flatten().collect();
    let numbers = present.iter().map(|value| match value {
        Tree::Number(text) => Some(text.as_str()),
        _ => None,
    });
    let strings = present.iter().map(|value| match value {
        Tree::String(text) => Some(text.as_str()),
        _ => None,
    });
    let is_everywhere = present.len() == values.len();
    let found = if let Some(numbers) = numbers.collect::<Option<Vec<&str>>>() {
        of_numbers(name, &numbers, now_seconds)
    } else if let Some(strings) = strings.collect::<Option<Vec<&str>>>() {
        of_texts(name, &strings, now_seconds)
    } else {
        None
    };
    // What moves is there; what comes and goes may mean anything.
    found.filter(|cause| is_everywhere || cause.is_noise()).unwrap_or(Cause::Unknown)
}

/// As [`cause`], of texts.
pub(crate) fn of_texts(name: &str, texts: &[&str], now_seconds: f64) -> Option<Cause> {
    let all = |test: fn(&str) -> bool| !texts.is_empty() && texts.iter().all(|text| test(text));
    if all(|text| text.parse::<f64>().is_ok_and(f64::is_finite)) {
        // As text they cannot be rounded.
        return of_numbers(name, texts, now_seconds).map(|cause| match cause {
            Cause::FloatNoise { .. } => Cause::Moves,
            other => other,
        });
    }
    if all(is_time) {
        // A day far from today is one that the service tells of.
        texts
            .iter()
            .all(|text| day(text).is_none_or(|day| is_today(day, now_seconds)))
            .then_some(Cause::Clock)
    } else if all(is_address) {
        Some(Cause::OwnAddress)
    } else if is_duration(name) && all(|text| text.starts_with(|first: char| first.is_ascii_digit())) {
        Some(Cause::Duration)
    } else if are_distinct(texts) && (has_word(name, &ID) || all(is_token))
        || has_word(name, &ID) && !is_plain_id(name)
    {
        Some(Cause::RandomId)
    } else if has_word(name, &MACHINE) {
        Some(Cause::Machine)
    } else {
        None
    }
}

fn of_numbers(name: &str, texts: &[&str], now_seconds: f64) -> Option<Cause> {
    let numbers: Vec<f64> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    let (least, most) = numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), number| {
        (least.min(*number), most.max(*number))
    });
    let are_integers = texts.iter().all(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let magnitude = least.abs().max(most.abs());
    let is_far_apart = most - least > most / 2.0 && least > AMOUNT_MAX;
    if numbers.iter().all(|number| is_now(*number, now_seconds)) {
        Some(Cause::Clock)
    } else if most - least <= magnitude * NOISE {
        // Integers that differ, differ by one at least, and big ones are no doubles.
        if are_integers {
            Some(Cause::Moves)
        } else {
            Some(Cause::FloatNoise { decimals: decimals(&numbers, most - least)? })
        }
    } else if is_duration(name) {
        Some(Cause::Duration)
    } else if are_integers && (has_word(name, &COUNTER) || is_a_run(&numbers) && !has_word(name, &AMOUNT)) {
        Some(Cause::Counter)
    } else if are_integers && has_word(name, &["port"]) {
        Some(Cause::OwnAddress)
    } else if are_integers && are_distinct(texts) && (has_word(name, &ID) || is_far_apart) {
        Some(Cause::RandomId)
    } else {
        Some(Cause::Moves)
    }
}

/// The most decimals with which numbers are one, less one where they differ: so that the next answer is on the same
/// side, too. Digits are counted from the first that is not zero, so that of a small number as many are left as of
/// any other.
fn decimals(numbers: &[f64], spread: f64) -> Option<i32> {
    let most = numbers.iter().fold(0.0_f64, |most, number| most.max(number.abs()));
    let before_point = if most > 0.0 { most.log10().ceil() as i32 } else { 0 };
    let bound = (DIGITS_MAX - before_point).clamp(0, DECIMALS_MAX);
    let visible = if spread > 0.0 { -spread.log10().ceil() as i32 - 1 } else { bound };
    let is_one = |decimals: &i32| {
        let scale = 10_f64.powi(*decimals);
        numbers.windows(2).all(|pair| (pair[0] * scale).round() == (pair[1] * scale).round())
    };
    (0..=visible.min(bound)).rev().find(is_one)
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, about now.
fn is_now(number: f64, now_seconds: f64) -> bool {
    [1.0, 1e3, 1e6, 1e9].iter().any(|unit| (number / unit - now_seconds).abs() < NOW_SECONDS)
}

/// `2026-11-24T12:00:00…`, `2026-11-24 12:00…`, `Tue, 24 Nov 2026 12:00:00 GMT`, `12:00:00…`.
fn is_time(text: &str) -> bool {
    let shape: String =
        text.chars().map(|character| if character.is_ascii_digit() { '0' } else { character }).collect();
    let is_day = shape.starts_with("0000-00-00T00:00") || shape.starts_with("0000-00-00 00:00");
    let of_http = shape.len() >= 25 && shape.get(3..5) == Some(", ") && shape.contains(" 0000 00:00:00");
    is_day || of_http || shape.starts_with("00:00:00")
}

/// The day at the beginning of `2026-11-24T…`, counted from 1 January 1970.
fn day(text: &str) -> Option<f64> {
    let mut parts = text.get(..10)?.splitn(3, '-').map(str::parse::<f64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    // Years that begin in March end with the day that is not in each of them.
    let (year, month) = if month > 2.0 { (year, month - 3.0) } else { (year - 1.0, month + 9.0) };
    let leap_days = (year / 4.0).floor() - (year / 100.0).floor() + (year / 400.0).floor();
    Some(year * 365.0 + leap_days + ((153.0 * month + 2.0) / 5.0).floor() + day - 719_469.0)
}

/// Whether that day is about now, wherever it is told.
fn is_today(day: f64, now_seconds: f64) -> bool {
    (day * 86_400.0 + 43_200.0 - now_seconds).abs() < NOW_SECONDS + 43_200.0
}

/// Whether a name says that it is an id, and not of what: of a thing it is the same in each answer.
fn is_plain_id(name: &str) -> bool {
    ["id", "ids"].iter().any(|plain| name.eq_ignore_ascii_case(plain))
}

/// An address, with its port or without, or a list of them.
fn is_address(text: &str) -> bool {
    text.split(',').map(str::trim).all(|one| {
        let bare = one.trim_start_matches('[').trim_end_matches(']');
        bare.parse::<IpAddr>().is_ok() || one.parse::<SocketAddr>().is_ok()
    })
}

/// Whether a body is an address and nothing else, as a service answers that tells its callers theirs.
pub(crate) fn is_own_address(response: &Response) -> bool {
    std::str::from_utf8(&response.body).is_ok_and(|body| is_address(body.trim().trim_matches('"')))
}

/// Whether a text that was the same for all may be the address of who asked.
#[cfg(feature = "probe")]
pub(crate) fn may_be_own_address(tree: &Tree) -> bool {
    matches!(tree, Tree::String(text) if is_address(text))
}

/// Letters and digits mixed, as nobody speaks.
fn is_token(text: &str) -> bool {
    let letters = text.chars().filter(char::is_ascii_alphabetic).count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let others = text.chars().count() - letters - digits;
    let are_few =
        text.chars().all(|character| character.is_ascii_alphanumeric() || "-_=+/:.".contains(character));
    let is_hex = text.chars().all(|character| character.is_ascii_hexdigit() || character == '-');
    text.len() >= TOKEN_CHARACTERS_MIN
        && are_few
        && others <= text.len() / 4
        && digits >= 2
        && (is_hex || letters >= 2)
}

fn is_duration(name: &str) -> bool {
    has_word(name, &DURATION) || has_word(name, &["time"]) && has_word(name, &TIMED)
}

fn are_distinct(texts: &[&str]) -> bool {
    texts.len() > 1 && texts.iter().collect::<BTreeSet<_>>().len() == texts.len()
}

/// Integers without a gap, each once.
fn is_a_run(numbers: &[f64]) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.len() > 2 && sorted.windows(2).all(|pair| pair[1] - pair[0] == 1.0)
}

/// Whether a name such as `requestId`, `request_id` or `x-request-id` has one of these words in it.
fn has_word(name: &str, words: &[&str]) -> bool {
    let mut spaced = String::new();
    let mut before_is_lower = false;
    for character in name.chars() {
        if before_is_lower && character.is_ascii_uppercase() || !character.is_ascii_alphanumeric() {
            spaced.push(' ');
        }
        before_is_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
        spaced.push(character.to_ascii_lowercase());
    }
    spaced.split(|character: char| !character.is_ascii_alphanumeric()).any(|word| words.contains(&word))
}
