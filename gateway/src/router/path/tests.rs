//! The rule in its spellings, and the one promise that matters held against arbitrary text.

use proptest::prelude::*;

use super::{BadPath, check};

#[test]
fn ordinary_paths_pass() {
    for path in [
        "/",
        "",
        "/price",
        "/v1/price/",
        "/a.b/..c/d..",
        "/a;b/..c;d/e;..",
        "/...",
        "/%20",
        "/ä",
        "/a%2fb",
        "/%2f",
        "/%5c",
        "/100%",
        "/%zz",
    ] {
        assert_eq!(check(path), Ok(()), "{path}");
    }
}

#[test]
fn a_doubly_encoded_dot_segment_is_a_name_like_any_other() {
    assert_eq!(check("/a/%252e%252e/b"), Ok(()));
    assert_eq!(check("/a/..%252fb"), Ok(()));
}

#[test]
fn dot_segments_are_refused_in_every_spelling_that_one_decoding_reveals() {
    for path in [
        "/.",
        "/..",
        "/a/./b",
        "/a/../b",
        "/a/..",
        "/%2e",
        "/%2e%2e/b",
        "/%2E%2e",
        "/.%2e/b",
        "/a/..%2fb",
        "/a/..%2Fb",
        "/a%2f..%2fb",
        "/a%5c..%5cb",
        "/a%5C.%5cb",
        "/x%2f%2e%2e",
        "/..;/x",
        "/a/..;b=c",
        "/.;",
        "/..%3b/x",
        "/a%2f..;x%2fb",
        "..",
        ".",
    ] {
        assert_eq!(check(path), Err(BadPath::DotSegment), "{path}");
    }
}

#[test]
fn backslashes_empty_segments_and_control_characters_are_refused() {
    assert_eq!(check(r"/a\b"), Err(BadPath::Backslash));
    assert_eq!(check("//"), Err(BadPath::EmptySegment));
    assert_eq!(check("/a//b"), Err(BadPath::EmptySegment));
    for path in ["/a\nb", "/a\u{0}", "/\u{7f}", "/%00", "/a%0d%0ab", "/%1f", "/%1F", "/%7f"] {
        assert_eq!(check(path), Err(BadPath::Control), "{path:?}");
    }
}

/// A second, naive reading of the rule, to hold the first against: cut at raw slashes first, then decode, then cut.
fn has_dot_piece(path: &str) -> bool {
    path.split('/').any(|segment| {
        let mut decoded = Vec::new();
        let bytes = segment.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let escape = segment.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
            let value = escape
                .filter(|digits| !digits.starts_with('+'))
                .and_then(|digits| u8::from_str_radix(digits, 16).ok());
            decoded.push(value.unwrap_or(bytes[at]));
            at += if value.is_some() { 3 } else { 1 };
        }
        decoded.split(|byte| *byte == b'/' || *byte == b'\\').any(|piece| {
            let name = piece.split(|byte| *byte == b';').next().unwrap();
            name == b"." || name == b".."
        })
    })
}

proptest! {
    #[test]
    fn an_accepted_path_never_contains_a_decoded_dot_piece(
        path in prop_oneof![any::<String>(), "(/|\\.|%2e|%2E|%2f|%5c|\\\\|%25|%|2e|a|;|%3b){0,12}"],
    ) {
        if check(&path).is_ok() {
            prop_assert!(!has_dot_piece(&path), "{path:?}");
        }
    }

    #[test]
    fn names_and_slashes_alone_are_always_accepted(path in "(/[a-z0-9_-]{1,8}){0,6}/?") {
        prop_assert_eq!(check(&path), Ok(()));
    }
}
