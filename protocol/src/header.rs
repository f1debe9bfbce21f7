//! Header fields: which of them count, and which values the Internet Computer takes.

/// The fields that `keep` names (in lower case), sorted by name; repeated ones stay in the order received.
///
/// One function for the forwarded, the fingerprinted and the kept fields, so that they cannot be chosen differently.
pub fn kept<'a, Field>(
    keep: &[impl AsRef<str>],
    fields: impl Iterator<Item = (&'a str, Field)>,
) -> Vec<(&'a str, Field)> {
    let named = |name: &str| keep.iter().any(|kept| kept.as_ref().eq_ignore_ascii_case(name));
    let mut fields: Vec<_> = fields.filter(|(name, _)| named(name)).collect();
    fields.sort_by_key(|(name, _)| *name);
    fields
}

/// Whether a replica can read a field value: visible ASCII, space and tab.
///
/// One value that is not makes the replica reject the whole response (`Failed to parse headers`), since it reads
/// them with `HeaderValue::to_str` of the `http` crate.
pub fn is_readable(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b'\t' | 0x20..=0x7e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_fields_are_kept_in_order_of_name_then_arrival() {
        let fields: [(&str, &[u8]); 5] =
            [("x-b", b"2"), ("date", b"now"), ("content-type", b"text/plain"), ("x-b", b"1"), ("x-a", b"")];
        let found = kept(&["x-b", "content-type", "x-a", "etag"], fields.into_iter());
        let expected: [(&str, &[u8]); 4] =
            [("content-type", b"text/plain"), ("x-a", b""), ("x-b", b"2"), ("x-b", b"1")];
        assert_eq!(found, expected);
        assert!(kept(&[] as &[&str], fields.into_iter()).is_empty());
    }

    #[test]
    fn a_replica_reads_visible_ascii_space_and_tab() {
        for byte in 0..=u8::MAX {
            let expected = byte == b'\t' || (b' '..=b'~').contains(&byte);
            assert_eq!(is_readable(&[b'a', byte]), expected, "{byte}");
        }
        assert!(is_readable(b""));
    }
}
