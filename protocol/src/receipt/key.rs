//! The keys: one that signs, and those by which a signature is verified.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::{base64, digest};

/// The longest [`KeyId`], in characters.
const KEYID_CHARS_MAX: usize = 64;
/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, section 7).
const PKCS8_HEAD: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// Why a text is no key. It says nothing of the text, which may be a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAKey {
    /// Not a [`KeyId`].
    #[error("a key's name is 1 to 64 letters, digits, dots, dashes or underscores")]
    Id,
    /// Not a public key of Ed25519.
    #[error("a public key is the 43 characters of base64url that a JSON Web Key has as x")]
    Public,
    /// Not a secret key of Ed25519.
    #[error("a secret key is an Ed25519 key in PKCS #8: PEM, or the line inside it")]
    Secret,
}

/// The name by which a signature says which key made it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyId(Box<str>);

impl KeyId {
    /// 1 to 64 letters, digits, dots, dashes and underscores.
    ///
    /// # Errors
    /// [`NotAKey::Id`] when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_one = (1..=KEYID_CHARS_MAX).contains(&text.len()) && text.bytes().all(fits);
        if is_one { Ok(Self(text.into())) } else { Err(NotAKey::Id) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that anybody may know, and by which signatures are verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads the member `x` of a JSON Web Key (RFC 8037): 32 bytes in base64url.
    ///
    /// # Errors
    /// [`NotAKey::Public`] when the text is anything else, or a point under which many messages have one signature.
    pub fn parse(x: &str) -> Result<Self, NotAKey> {
        let bytes = base64::read_url(x).ok_or(NotAKey::Public)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| NotAKey::Public)?;
        if key.is_weak() { Err(NotAKey::Public) } else { Ok(Self(key)) }
    }

    /// As [`PublicKey::parse`] reads it.
    pub fn x(&self) -> String {
        base64::url(self.0.as_bytes())
    }

    /// The bytes themselves.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// As the bytes themselves.
    ///
    /// # Errors
    /// As [`PublicKey::parse`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, NotAKey> {
        Self::parse(&base64::url(bytes))
    }

    /// Strictly (no weak points, no second spelling of a signature), so that all verifiers agree.
    pub fn verifies(&self, signed: impl AsRef<[u8]>, signature: &[u8; 64]) -> bool {
        self.0.verify_strict(signed.as_ref(), &Signature::from_bytes(signature)).is_ok()
    }
}

/// The key that signs. `Debug` prints a digest of its public key.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key of these 32 bytes, which must be random.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads PKCS #8 as `openssl genpkey -algorithm ed25519` writes it: PEM, or the one line inside.
    ///
    /// # Errors
    /// [`NotAKey::Secret`] when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let text = text.trim();
        let line = match text.strip_prefix(PEM_BEGIN) {
            None => text,
            Some(rest) => rest.strip_suffix(PEM_END).ok_or(NotAKey::Secret)?.trim(),
        };
        let bytes: [u8; 48] = base64::read_standard(line).ok_or(NotAKey::Secret)?;
        let (head, seed) = bytes.split_first_chunk::<16>().ok_or(NotAKey::Secret)?;
        let seed = <&[u8; 32]>::try_from(seed).map_err(|_| NotAKey::Secret)?;
        if *head == PKCS8_HEAD { Ok(Self::from_seed(seed)) } else { Err(NotAKey::Secret) }
    }

    /// As [`SecretKey::parse`] reads it: the whole secret.
    pub fn to_pem(&self) -> String {
        let mut bytes = [0; 48];
        bytes[..16].copy_from_slice(&PKCS8_HEAD);
        bytes[16..].copy_from_slice(self.0.as_bytes());
        format!("{PEM_BEGIN}\n{}\n{PEM_END}\n", base64::standard(&bytes))
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature over these bytes.
    pub fn signature(&self, signed: impl AsRef<[u8]>) -> [u8; 64] {
        self.0.sign(signed.as_ref()).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", digest::plain(self.0.verifying_key().as_bytes()).short())
    }
}
