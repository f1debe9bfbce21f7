//! Numbers as people read them.

use std::time::{Duration, SystemTime};

/// `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut told = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}

/// `12.3 M`: three digits and how many thousands of thousands.
pub(super) fn short(number: u64) -> String {
    let mut rest = number as f64;
    for unit in ["", " k", " M", " G", " T"] {
        if rest < 999.5 {
            let digits = if unit.is_empty() || rest >= 99.95 { 0 } else { 1 };
            return format!("{rest:.digits$}{unit}");
        }
        rest /= 1_000.0;
    }
    format!("{} P", count(rest as u64))
}

/// `1.0 GiB`.
pub(super) fn bytes(number: u64) -> String {
    let mut rest = number as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if rest < 1_024.0 {
            let digits = usize::from(unit != "B");
            return format!("{rest:.digits$} {unit}");
        }
        rest /= 1_024.0;
    }
    format!("{rest:.1} TiB")
}

/// `3 min`: so long ago, in the largest unit of which there is one.
pub(super) fn ago(moment: SystemTime) -> String {
    age(moment.elapsed().unwrap_or_default())
}

/// The same of a time that has passed.
pub(super) fn age(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// `1.2 s` or `250 ms`.
pub(super) fn micros(micros: u64) -> String {
    match micros {
        0..10_000 => format!("{:.1} ms", micros as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{:.1} s", micros as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_with_their_units() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 999, 1_000, 12_345, 999_949, 123_456_789, 5_000_000_000_000].map(short),
            ["0", "999", "1.0 k", "12.3 k", "1.0 M", "123 M", "5.0 T"]
        );
        assert_eq!([512, 1_024, 1 << 30, 1 << 50].map(bytes), ["512 B", "1.0 KiB", "1.0 GiB", "1024.0 TiB"]);
        let ages =
            [0, 59, 60, 3_599, 3_600, 172_799, 172_800].map(|seconds| age(Duration::from_secs(seconds)));
        assert_eq!(ages, ["0 s", "59 s", "1 min", "59 min", "1 h", "47 h", "2 d"]);
        assert_eq!([500, 10_000, 999_999, 2_500_000].map(micros), ["0.5 ms", "10 ms", "999 ms", "2.5 s"]);
    }
}
