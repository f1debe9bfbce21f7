//! Base 64 (RFC 4648), of which every value has one spelling here: what is not that spelling is refused.
//!
//! A decoder that overlooks the unused bits of the last character, or a missing `=`, would let a signature be written
//! in several ways; then a flipped bit could go unnoticed.

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// With `+`, `/` and padding, as structured fields have it (RFC 9651, section 3.3.5).
pub fn standard(bytes: &[u8]) -> String {
    let mut text = written(bytes, STANDARD);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// With `-`, `_` and no padding, as JSON Web Keys have it (RFC 7515, section 2).
pub fn url(bytes: &[u8]) -> String {
    written(bytes, URL)
}

/// Reads what [`standard`] writes.
pub fn read_standard<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = read(text.trim_end_matches('='), STANDARD)?;
    (standard(&bytes) == text).then_some(bytes)
}

/// Reads what [`url`] writes.
pub fn read_url<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = read(text, URL)?;
    (url(&bytes) == text).then_some(bytes)
}

/// As [`read_url`], however long it is.
pub fn read_url_whole(text: &str) -> Option<Vec<u8>> {
    let bytes = decoded(text, URL)?;
    (url(&bytes) == text).then_some(bytes)
}

fn written(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let digit = group >> (18 - 6 * place) & 63;
            text.push(char::from(alphabet[digit as usize]));
        }
    }
    text
}

fn read<const N: usize>(text: &str, alphabet: &[u8; 64]) -> Option<[u8; N]> {
    if text.len() != (N * 4).div_ceil(3) {
        return None;
    }
    decoded(text, alphabet)?.try_into().ok()
}

fn decoded(text: &str, alphabet: &[u8; 64]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut group, mut bits) = (0u32, 0);
    for character in text.bytes() {
        let digit = alphabet.iter().position(|known| *known == character)?;
        group = group << 6 | u32::try_from(digit).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((group >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648() {
        for (bytes, text) in [("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(standard(bytes.as_bytes()), text);
        }
        assert_eq!((standard(b""), url(&[0xfb, 0xff])), (String::new(), "-_8".into()));
        assert_eq!(read_standard(""), Some([]));
        assert_eq!(read_standard("Zm8="), Some(*b"fo"));
        assert_eq!(read_url("-_8"), Some([0xfb, 0xff]));
    }

    #[test]
    fn a_value_has_one_spelling() {
        for wrong in ["Zm8", "Zm8==", "Zm9=", "Zm8\n", " Zm8=", "Zm-=", "Z=8=", "Zm8=Zm8=", "Zm9v", "Zg=="] {
            assert_eq!(read_standard::<2>(wrong), None, "{wrong}");
        }
        for wrong in ["Zm8=", "Zm9", "Zm8\n", "Z"] {
            assert_eq!(read_url_whole(wrong), None, "{wrong}");
        }
        assert_eq!(read_url::<2>("Zm8="), None);
        assert_eq!(read_url::<2>("Zm9"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_nothing_else_reads_as_it(
            bytes in any::<[u8; 64]>(), at in any::<prop::sample::Index>(), flip in 0u32..7,
        ) {
            let (one, other) = (standard(&bytes), url(&bytes));
            prop_assert_eq!(read_standard(&one), Some(bytes));
            prop_assert_eq!(read_url(&other), Some(bytes));
            let mut changed = one.into_bytes();
            let at = at.index(changed.len());
            changed[at] ^= 1 << flip;
            prop_assert_ne!(read_standard(std::str::from_utf8(&changed).unwrap()), Some(bytes));
        }
    }
}
