//! The one rule about paths: an escape never leaves the place it was meant for.
//!
//! A path is refused when it holds something that an upstream may read as another path than we do: a backslash, an
//! empty segment, a control character, or a dot segment in any spelling that one percent-decoding turns into one, with
//! parameters behind it too (`..;x`), which servers of Java's servlets take off before they fold.
//! A doubly encoded one (`%252e`) is a name like any other and passes unchanged. The rule is for the path alone;
//! queries are free of it. Nothing here rewrites a byte.

use std::iter;

#[cfg(test)]
mod tests;

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadPath {
    /// It holds a `\`, which some servers read as `/`.
    Backslash,
    /// It holds `//`, which some servers fold into `/`.
    EmptySegment,
    /// It holds a control character, raw or as `%00` to `%1f` or `%7f`.
    Control,
    /// A segment, percent-decoded once and split at `/` and `\`, has a piece `.` or `..`, alone or before a `;`.
    DotSegment,
}

/// Judges the path of a URL, without its query, in the bytes in which it was received.
///
/// # Errors
///
/// The first of the four reasons that applies, in the order of [`BadPath`].
pub(crate) fn check(path: &str) -> Result<(), BadPath> {
    if path.contains('\\') {
        return Err(BadPath::Backslash);
    }
    if path.contains("//") {
        return Err(BadPath::EmptySegment);
    }
    if decoded(path).any(|byte| byte.is_ascii_control()) {
        return Err(BadPath::Control);
    }
    // Decoding and then splitting at both slashes finds the pieces of every segment, since a raw `/` decodes to itself.
    let bytes: Vec<u8> = decoded(path).collect();
    let mut pieces = bytes.split(|byte| matches!(byte, b'/' | b'\\'));
    if pieces.any(|piece| matches!(piece.split(|byte| *byte == b';').next(), Some(b"." | b".."))) {
        return Err(BadPath::DotSegment);
    }
    Ok(())
}

/// The bytes of `path`, percent-decoded once; a `%` without two hex digits behind it stands for itself.
fn decoded(path: &str) -> impl Iterator<Item = u8> + '_ {
    let mut rest = path.as_bytes();
    iter::from_fn(move || {
        let (&first, after) = rest.split_first()?;
        if first == b'%'
            && let [high, low, after_escape @ ..] = after
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            rest = after_escape;
            return Some(high * 16 + low);
        }
        rest = after;
        Some(first)
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

impl BadPath {
    /// What was found, to follow the words "a path with".
    pub(crate) fn found(self) -> &'static str {
        match self {
            BadPath::Backslash => "a backslash",
            BadPath::EmptySegment => "an empty segment (//)",
            BadPath::Control => "a control character",
            BadPath::DotSegment => "a dot segment (. or ..)",
        }
    }
}
