//! The frame around a stored value: version, kind and checksum, and how its parts are written one after the other.
//!
//! ```text
//! version: u8 · kind: u8 · CRC-32 over identity, version, kind and payload: u32 · payload
//! ```
//!
//! Numbers are big-endian; what has a length stands behind it. The identity is not repeated inside, but it is under the
//! checksum, so that a value cannot be read under another's name.

use outcall_protocol::digest::Digest;

/// The version that is written; the only one that is read.
const VERSION: u8 = 1;
const HEAD_BYTES: usize = 6;

/// A stored value that cannot be read. Its key is not absent: nothing may be led under it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {kind} of {id} cannot be read: {defect}")]
pub struct Damaged {
    /// The identity of the outcall.
    pub id: Digest,
    /// What was to be read: a record or a claim.
    pub kind: &'static str,
    /// What is wrong with it.
    pub defect: Defect,
}

/// What is wrong with a stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// Another version of the gateway wrote it.
    #[error("found version {0}, expected {VERSION}")]
    Version(u8),
    /// It is not what was written.
    #[error("its checksum is wrong")]
    Checksum,
    /// It is what was written, and says something that this version does not know.
    #[error("its {0} is unknown")]
    Unknown(&'static str),
}

/// What a frame holds.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Record = b'R',
    Claim = b'C',
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Claim => "claim",
        }
    }
}

/// Writes a frame.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(kind: Kind, payload_bytes: usize) -> Self {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + payload_bytes);
        bytes.extend([VERSION, kind as u8, 0, 0, 0, 0]);
        Self(bytes)
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn u16(&mut self, number: u16) {
        self.raw(&number.to_be_bytes());
    }

    pub(super) fn u64(&mut self, number: u64) {
        self.raw(&number.to_be_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.u64(bytes.len() as u64);
        self.raw(bytes);
    }

    pub(super) fn finish(self, id: &Digest) -> Vec<u8> {
        let mut bytes = self.0;
        let sum = checksum(id, &bytes);
        bytes[2..HEAD_BYTES].copy_from_slice(&sum.to_be_bytes());
        bytes
    }
}

/// Reads the payload of a frame whose checksum was right: what does not fit then is an unknown part, not a broken one.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn open(id: &Digest, kind: Kind, bytes: &'a [u8]) -> Result<Self, Defect> {
        match bytes.first() {
            Some(&VERSION) => {}
            Some(&other) => return Err(Defect::Version(other)),
            None => return Err(Defect::Checksum),
        }
        let (head, payload) = bytes.split_at_checked(HEAD_BYTES).ok_or(Defect::Checksum)?;
        if head[2..] != checksum(id, bytes).to_be_bytes() {
            return Err(Defect::Checksum);
        }
        if head[1] != kind as u8 {
            return Err(Defect::Unknown("kind"));
        }
        Ok(Self(payload))
    }

    pub(super) fn raw<const N: usize>(&mut self) -> Result<[u8; N], Defect> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Defect::Unknown("length"))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Defect> {
        Ok(u16::from_be_bytes(self.raw()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Defect> {
        Ok(u64::from_be_bytes(self.raw()?))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Defect> {
        let length = usize::try_from(self.u64()?).map_err(|_| Defect::Unknown("length"))?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Defect::Unknown("length"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn end(self) -> Result<(), Defect> {
        if self.0.is_empty() { Ok(()) } else { Err(Defect::Unknown("end")) }
    }
}

/// Over everything but its own place.
fn checksum(id: &Digest, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(id.as_bytes());
    hasher.update(&bytes[..2]);
    hasher.update(&bytes[HEAD_BYTES..]);
    hasher.finalize()
}
