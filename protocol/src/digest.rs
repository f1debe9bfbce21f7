//! SHA-256 over parts that cannot run into each other.
//!
//! Every part goes in behind its length, so that `("ab", "c")` and `("a", "bc")` differ; a label says what the
//! digest is for and which version of the scheme made it, so that two purposes never share a value.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A SHA-256 value. `Display` is its 64 lower-case hexadecimal digits, `Debug` the first 16 of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Takes 32 bytes that were a digest before, for instance in a stored record.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads what `Display` writes: 64 lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).map(Self)
    }

    /// The first 16 hexadecimal digits: enough to find a key in a log, too few to be mistaken for the digest.
    pub fn short(&self) -> impl fmt::Display + use<> {
        Short(*self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0[..8], f)
    }
}

struct Short(Digest);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&to_hex(bytes))
}

/// Bytes as lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 });
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.extend([digit(byte >> 4), digit(byte & 15)]);
    }
    text
}

/// Reads so many bytes, each as two lower-case hexadecimal digits.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = digit(digits[0])? << 4 | digit(digits[1])?;
    }
    Some(bytes)
}

/// Collects the parts of a digest, in order.
#[derive(Clone)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Starts with the label of the purpose and version, such as `"outcall-gateway upstream-key v1"`.
    pub fn new(label: &str) -> Self {
        Self(Sha256::new()).part(label.as_bytes())
    }

    /// Adds one part: its length as eight big-endian bytes, then its bytes.
    pub fn part(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// The digest over the label and all parts.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

/// Plain SHA-256, without label or length: for values that others compute too.
pub fn plain(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_digest_prints_as_hexadecimal_and_debugs_short() {
        let digest = plain(b"");
        assert_eq!(digest.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(format!("{digest:?}"), "e3b0c44298fc1c14");
        assert_eq!(digest.short().to_string(), "e3b0c44298fc1c14");
        assert_eq!(Digest::from_bytes(*digest.as_bytes()), digest);
    }

    #[test]
    fn the_scheme_is_lengths_and_bytes() {
        let expected = plain(b"\0\0\0\0\0\0\0\x05label\0\0\0\0\0\0\0\x02ab\0\0\0\0\0\0\0\0");
        assert_eq!(Hasher::new("label").part(b"ab").part(b"").finish(), expected);
    }

    proptest! {
        #[test]
        fn parts_cannot_run_into_each_other(
            left in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..4),
            right in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..4),
        ) {
            let digest = |parts: &[Vec<u8>]| {
                parts.iter().fold(Hasher::new("test"), |hasher, part| hasher.part(part)).finish()
            };
            prop_assert_eq!(digest(&left) == digest(&right), left == right);
        }
    }
}
