//! What is known of an outcall: claimed, or settled with its finished answer.
//!
//! Both have one spelling in bytes ([`Record::encode`], [`Claimed::encode`]) that every durable store shares: versioned,
//! checksummed together with the identity under which it is kept, and exact. Bytes that cannot be read are [`Damaged`]:
//! an error that names the record, never an absent key.

use std::{sync::Arc, time::Duration};

use http::HeaderName;
use outcall_protocol::{digest::Digest, fingerprint::Fingerprint};

use super::{Repeat, Timestamp};
use crate::{answer::Answer, error::Executed};

mod codec;
mod frame;

pub use frame::{Damaged, Defect};

/// The end of an outcall, before the ledger has dated it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What every replica gets.
    pub answer: Answer,
    /// How long from now.
    pub life: Duration,
    /// The status with which the upstream answered, if it did.
    pub upstream_status: Option<u16>,
}

impl Settlement {
    /// Whether the upstream has executed it; `None` when the upstream's own answer speaks for itself.
    pub fn executed(&self) -> Option<Executed> {
        self.answer.problem().map(|problem| problem.facts().executed)
    }
}

/// What a claim or a record is found and compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The identity of the outcall.
    pub id: Digest,
    /// The header names it was fingerprinted with.
    pub names: Arc<[HeaderName]>,
    /// The request itself.
    pub fingerprint: Fingerprint,
}

impl Request {
    /// The record of this request, settled `now`.
    pub fn settled(&self, settlement: Settlement, now: Timestamp) -> Record {
        let expires = now.after(settlement.life);
        Record { settlement, request: self.clone(), settled: now, expires }
    }
}

/// A settled outcall: the finished answer and how long it is remembered. A replay never recomputes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The end of the outcall.
    pub settlement: Settlement,
    /// The request that was answered.
    pub request: Request,
    /// When the answer was recorded.
    pub settled: Timestamp,
    /// When the key becomes free again.
    pub expires: Timestamp,
}

/// A claim as a durable store keeps it, so that a later process knows what to make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The request that was claimed.
    pub request: Request,
    /// Whether another may lead when its leader is lost.
    pub repeat: Repeat,
    /// Digest of the configuration that it was claimed with.
    pub configuration: Digest,
    /// What is recorded when it must not be led again.
    pub lost: Settlement,
    /// Until when it is remembered as lost, once its leader was; as long as it is upstream, or nobody knows better, none.
    pub lost_until: Option<Timestamp>,
}
