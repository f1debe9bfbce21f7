//! Changes that happen together or not at all, and where they happen.

use std::collections::BTreeMap;

use outcall_protocol::digest::Digest;

use super::Timestamp;

/// What the folder holds, each a map of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    /// Identity → record.
    Records,
    /// Identity → claim, while it is in flight, or lost.
    Claims,
    /// End and identity of a record → the room it takes.
    Expiries,
    /// A few numbers about all of them.
    Meta,
}

/// The version of the layout, by its name.
pub(super) const FORMAT: &[u8] = b"format";
/// The version that is written; the only one that is read.
pub(super) const VERSION: u64 = 1;
/// The latest time that is known to have been told.
pub(super) const TOLD: &[u8] = b"told";
/// The number of the last durable write.
pub(super) const SYNCED: &[u8] = b"synced";
/// How many records there are, and the room that they take.
pub(super) const HELD: &[u8] = b"held";

/// How many records there are, and the room that they take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) keys: u64,
    pub(super) bytes: u64,
}

impl Held {
    pub(super) fn encode(self) -> Vec<u8> {
        [self.keys.to_be_bytes(), self.bytes.to_be_bytes()].concat()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (keys, bytes) = bytes.split_first_chunk()?;
        Some(Self { keys: u64::from_be_bytes(*keys), bytes: number(bytes)? })
    }
}

/// Changes of single values, the last one of each.
#[derive(Default)]
pub(super) struct Batch(BTreeMap<(Space, Vec<u8>), Option<Vec<u8>>>);

impl Batch {
    pub(super) fn put(&mut self, space: Space, key: &[u8], value: Vec<u8>) {
        self.0.insert((space, key.to_vec()), Some(value));
    }

    pub(super) fn remove(&mut self, space: Space, key: &[u8]) {
        self.0.insert((space, key.to_vec()), None);
    }

    /// The keys of the records that it changes, and whether they are there afterwards.
    pub(super) fn records(&self) -> impl Iterator<Item = (&[u8], bool)> {
        let records = self.0.iter().filter(|((space, _), _)| *space == Space::Records);
        records.map(|((_, key), value)| (&key[..], value.is_some()))
    }

    pub(super) fn changes(&self) -> impl Iterator<Item = (Space, &[u8], Option<&[u8]>)> {
        self.0.iter().map(|((space, key), value)| (*space, &key[..], value.as_deref()))
    }
}

/// Sorted by time, so that what expires first comes first.
pub(super) fn expiry_key(expires: Timestamp, id: &Digest) -> Vec<u8> {
    [&expires.as_millis().to_be_bytes()[..], id.as_bytes()].concat()
}

/// The time and the identity of an [`expiry_key`].
pub(super) fn read_expiry_key(key: &[u8]) -> Option<(Timestamp, Digest)> {
    let (expires, id) = key.split_first_chunk()?;
    Some((Timestamp::from_millis(u64::from_be_bytes(*expires)), Digest::from_bytes(id.try_into().ok()?)))
}

/// A number that stands alone.
pub(super) fn number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}
