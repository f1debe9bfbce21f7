//! When a subnet agrees on an outcall.
//!
//! Every replica hashes what it would answer and gossips the hash. Whoever makes the next block looks at what has
//! come so far: [`Tally`] is that look. Source: `rs/https_outcalls/consensus/src/payload_builder.rs` and
//! `payload_builder/utils.rs`, `rs/types/types/src/consensus.rs` of the `dfinity/ic` repository.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Duration,
};

pub use outcall_protocol::digest::Digest;
use outcall_protocol::digest::Hasher;

use crate::outcall::{Content, REJECT_MESSAGE_BYTES_MAX, Reject, RejectCode};

#[cfg(test)]
mod tests;

/// After more than this, in subnet time, an outcall is answered with a reject: `CANISTER_HTTP_TIMEOUT_INTERVAL`.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// How many faulty replicas a subnet of `nodes` endures: floor((n - 1) / 3).
pub const fn faults(nodes: usize) -> usize {
    nodes.saturating_sub(1) / 3
}

/// How many equal shares make an agreement: n - f. For n = 13 it is 9, for 34 it is 23, for 40 it is 27.
pub const fn threshold(nodes: usize) -> usize {
    nodes - faults(nodes)
}

/// What a replica signs: the hash over the outcall's id and its content.
///
/// The replica hashes its own serialisation; here it is SHA-256 over parts behind their lengths: the label
/// `outcall-harness share v1`, the id as eight big-endian bytes, then `success` and the reply, or `reject`, the
/// code's number as one byte, and the message, cut to 1,024 bytes. So two hashes are equal here exactly when they are
/// equal there, but the hexadecimal digits in a reject text are not the ones of the mainnet.
pub fn share_hash(id: u64, content: &Content) -> Digest {
    let hasher = Hasher::new("outcall-harness share v1").part(&id.to_be_bytes());
    match content {
        Content::Success(reply) => hasher.part(b"success").part(reply),
        Content::Reject(Reject { code, message }) => {
            let cut = message.floor_char_boundary(REJECT_MESSAGE_BYTES_MAX);
            hasher.part(b"reject").part(&[code.number() as u8]).part(&message.as_bytes()[..cut])
        }
    }
    .finish()
}

/// The replicas that gave the same share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they share.
    pub hash: Digest,
    /// Their numbers, ascending.
    pub replicas: Vec<usize>,
}

/// What the subnet decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// At least n - f replicas gave this share. It may be that of a reject.
    Agreed(Digest),
    /// No share can get n - f any more.
    Diverged(Reject),
    /// More than [`TIMEOUT`] went by.
    TimedOut(Reject),
}

/// The shares of one outcall that have come so far.
#[derive(Clone, Debug)]
pub struct Tally {
    id: u64,
    nodes: usize,
    shares: BTreeMap<Digest, BTreeSet<usize>>,
    timeout_nanoseconds: Option<u64>,
}

impl Tally {
    /// An empty tally for the outcall with that id, on a subnet of `nodes`.
    ///
    /// A non-replicated outcall (`is_replicated = opt false`) is decided by one node alone: that is a tally of 1.
    pub fn new(nodes: usize, id: u64) -> Self {
        Self { id, nodes, shares: BTreeMap::new(), timeout_nanoseconds: None }
    }

    /// Words a divergence as replicas of October 2025 do: with the time, in nanoseconds since 1970, at which the
    /// outcall would have timed out.
    #[must_use]
    pub fn with_timeout_in_text(mut self, nanoseconds: u64) -> Self {
        self.timeout_nanoseconds = Some(nanoseconds);
        self
    }

    /// Takes a replica's share. The same share again changes nothing; a replica that was restarted, sent again and
    /// got another answer has two shares, as on the Internet Computer.
    pub fn add(&mut self, replica: usize, hash: Digest) {
        self.shares.entry(hash).or_default().insert(replica);
    }

    /// What is decided when the outcall has waited that long, in subnet time. `None`: more shares may still decide.
    ///
    /// A block maker looks at the clock first: an outcall whose time is over is not rescued by an agreement.
    pub fn decision(&self, waited: Duration) -> Option<Decision> {
        if waited > TIMEOUT {
            return Some(Decision::TimedOut(timed_out()));
        }
        let enough = |replicas: &BTreeSet<usize>| replicas.len() >= threshold(self.nodes);
        if let Some((hash, _)) = self.shares.iter().find(|(_, replicas)| enough(replicas)) {
            return Some(Decision::Agreed(*hash));
        }
        (self.outside_the_largest() > faults(self.nodes)).then(|| Decision::Diverged(self.divergence()))
    }

    /// The groups, largest first; groups of one size in descending order of their hashes. It is the order in which a
    /// reject text names them.
    pub fn groups(&self) -> Vec<Group> {
        let group = |(hash, replicas): (&Digest, &BTreeSet<usize>)| Group {
            hash: *hash,
            replicas: replicas.iter().copied().collect(),
        };
        let mut groups: Vec<Group> = self.shares.iter().map(group).collect();
        groups.sort_by_key(|group| Reverse((group.replicas.len(), group.hash)));
        groups
    }

    /// The replicas that gave a share, but not that of the largest group (`grouped_shares_meet_divergence_criteria`).
    fn outside_the_largest(&self) -> usize {
        let mut largest_first: Vec<&BTreeSet<usize>> = self.shares.values().collect();
        largest_first.sort_by_key(|replicas| Reverse(replicas.len()));
        let Some((largest, others)) = largest_first.split_first() else { return 0 };
        let others: BTreeSet<usize> = others.iter().copied().flatten().copied().collect();
        others.difference(largest).count()
    }

    fn divergence(&self) -> Reject {
        let mut text = format!(
            "No consensus could be reached. Replicas had different responses. Details: request_id: {}, ",
            self.id
        );
        if let Some(timeout) = self.timeout_nanoseconds {
            let _ = write!(text, "timeout: {timeout}, ");
        }
        let groups = self.groups();
        let hashes = groups.iter().map(|group| format!("[{}: {}]", group.hash, group.replicas.len()));
        text.push_str("hashes: ");
        text.push_str(&hashes.collect::<Vec<_>>().join(", "));
        Reject::new(RejectCode::SysTransient, text)
    }
}

/// The reject for an outcall whose time is over, whatever shares have come.
pub fn timed_out() -> Reject {
    Reject::new(RejectCode::SysTransient, "Canister http request timed out")
}

/// The decision on these shares, after waiting that long: [`Tally`] in one step.
pub fn decide(nodes: usize, id: u64, shares: &[(usize, Digest)], waited: Duration) -> Option<Decision> {
    let mut tally = Tally::new(nodes, id);
    shares.iter().for_each(|(replica, hash)| tally.add(*replica, *hash));
    tally.decision(waited)
}
