//! What a script says: first what every reply says, then its verdict. The scripts' `reply` and `describe` write it.

use std::vec;

use ::redis::Value;
use outcall_protocol::digest::Digest;

use crate::ledger::{Damaged, Occupancy, Record, Timestamp};

/// A reply of a script.
#[derive(Debug)]
pub(super) struct Reply {
    /// Redis' own time.
    pub(super) now: Timestamp,
    /// The epoch of its records; empty when they were lost, or never begun.
    pub(super) epoch: String,
    /// Changes of unsafe keys, counted.
    pub(super) serial: u64,
    pub(super) occupancy: Occupancy,
    pub(super) verdict: Verdict,
}

/// What a script has found or done.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The key is claimed, `again` if a leader was lost before.
    Lead { again: bool },
    /// There is no room for one more answer.
    Full,
    /// Records were lost: no new unsafe key is led.
    Forgotten,
    /// The key is compared by other header names.
    Names(String),
    /// The key belongs to another request.
    Conflict,
    /// What the key is worth, or what stands in the place of a claim that is not this leader's any more.
    Known(Known),
    /// The end of the outcall is recorded.
    Recorded { settled: Timestamp, expires: Timestamp },
    /// These claims are not this gateway's any more; the others' leases are prolonged.
    Renewed { fenced: Vec<Digest> },
    /// So many keys were due.
    Swept(u64),
    /// It is done, and there is nothing to say of it.
    Done,
}

/// A key, as a waiting replica sees it.
#[derive(Debug)]
pub(super) enum Known {
    Absent,
    /// Somebody leads it, whose lease ends in so many milliseconds.
    Claimed {
        left_millis: u64,
    },
    /// Its leader was lost; it may be led again.
    Lost,
    Settled(Stored),
}

/// A record as Redis holds it.
#[derive(Debug)]
pub(super) struct Stored {
    bytes: Vec<u8>,
    settled: Timestamp,
    expires: Timestamp,
    /// Who recorded it; empty when it says that the leader was lost.
    pub(super) token: String,
    /// Whether it must not be lost, and nobody has seen it on stable storage yet.
    pub(super) unsure: bool,
}

impl Stored {
    /// The record, under the times that Redis has given it.
    pub(super) fn record(&self, id: Digest) -> Result<Record, Damaged> {
        let record = Record::decode(id, &self.bytes)?;
        Ok(Record { settled: self.settled, expires: self.expires, ..record })
    }
}

impl Reply {
    /// Reads a reply; `None` when it is not one that the scripts of this version write.
    pub(super) fn read(value: Value) -> Option<Self> {
        let mut items = Items::of(value)?;
        let now = items.time()?;
        let (epoch, serial) = (items.text()?, items.number()?);
        let (bytes, keys) = (items.number()?, items.number()?);
        let occupancy = Occupancy { keys: usize::try_from(keys).ok()?, bytes };
        let verdict = verdict(&mut Items::of(items.next()?)?)?;
        Some(Self { now, epoch, serial, occupancy, verdict })
    }
}

fn verdict(items: &mut Items) -> Option<Verdict> {
    Some(match &*items.text()? {
        "lead" => Verdict::Lead { again: items.number()? == 1 },
        "full" => Verdict::Full,
        "forgotten" => Verdict::Forgotten,
        "names" => Verdict::Names(items.text()?),
        "conflict" => Verdict::Conflict,
        "absent" => Verdict::Known(Known::Absent),
        "claimed" => Verdict::Known(Known::Claimed { left_millis: items.number()? }),
        "lost" => Verdict::Known(Known::Lost),
        "settled" => Verdict::Known(Known::Settled(Stored {
            bytes: items.bytes()?,
            settled: items.time()?,
            expires: items.time()?,
            token: items.text()?,
            unsure: items.number()? == 1,
        })),
        "recorded" => Verdict::Recorded { settled: items.time()?, expires: items.time()? },
        "renewed" => {
            let mut ids = Items::of(items.next()?)?;
            let mut fenced = Vec::new();
            while let Some(id) = ids.next() {
                fenced.push(id_of(&bytes_of(id)?)?);
            }
            Verdict::Renewed { fenced }
        }
        "swept" => Verdict::Swept(items.number()?),
        "done" => Verdict::Done,
        _ => return None,
    })
}

/// The identity that these hexadecimal digits spell.
pub(super) fn id_of(hex: &[u8]) -> Option<Digest> {
    let (pairs, []) = hex.as_chunks::<2>() else { return None };
    let pairs: &[[u8; 2]; 32] = pairs.try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Digest::from_bytes(bytes))
}

/// The items of an array, one after the other.
struct Items(vec::IntoIter<Value>);

impl Items {
    fn of(value: Value) -> Option<Self> {
        let Value::Array(items) = value else { return None };
        Some(Self(items.into_iter()))
    }

    fn next(&mut self) -> Option<Value> {
        self.0.next()
    }

    fn number(&mut self) -> Option<u64> {
        let Value::Int(number) = self.next()? else { return None };
        u64::try_from(number).ok()
    }

    fn time(&mut self) -> Option<Timestamp> {
        self.number().map(Timestamp::from_millis)
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        bytes_of(self.next()?)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?).ok()
    }
}

fn bytes_of(value: Value) -> Option<Vec<u8>> {
    let Value::BulkString(bytes) = value else { return None };
    Some(bytes)
}
