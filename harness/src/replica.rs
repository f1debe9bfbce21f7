//! The record of one sending: what a replica sent, got and voted for, and when.
//!
//! A replica that sends twice has two records with one number. Records are what reports are made of, so everything in
//! them is public; [`crate::verdict::judge`] fills in what only the whole subnet can know.

use std::time::Duration;

use crate::{
    adapter::Fetched,
    outcall::{Content, Reject, Response},
    rules::{consensus::Digest, price::Usage},
};

/// One sending of one replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// Which replica, from 0.
    pub number: usize,
    /// Whether it sent when the result had been delivered; then its vote counts for nothing.
    pub late: bool,
    /// When it sent, since the round began; none if it never did.
    pub asked: Option<Duration>,
    /// When it had the whole response, or gave up, since the round began.
    pub answered: Option<Duration>,
    /// How often its request may have reached the server.
    pub attempts: u32,
    /// Names and values of headers and body that it downloaded.
    pub downloaded_bytes: u64,
    /// The response before the transform, or the adapter's reject; none if it never asked.
    pub raw: Option<Result<Response, Reject>>,
    /// Instructions of its transform; 0 without one.
    pub transform_instructions: u64,
    /// Cycles that it has spent out of its part of what was attached; 0 where nothing is metered.
    pub spent: u128,
    /// What it votes for: the transformed bytes or a reject; none if it never asked.
    pub content: Option<Content>,
    /// The hash of its vote, once judged.
    pub hash: Option<Digest>,
    /// Its group, once judged: 0 is the largest.
    pub group: Option<usize>,
}

impl Replica {
    /// A replica that never sends.
    pub fn silent(number: usize) -> Self {
        Self {
            number,
            late: false,
            asked: None,
            answered: None,
            attempts: 0,
            downloaded_bytes: 0,
            raw: None,
            transform_instructions: 0,
            spent: 0,
            content: None,
            hash: None,
            group: None,
        }
    }

    /// A replica that sent at that time and fetched this. A reject is its vote already; a response still has to be
    /// transformed: see [`Replica::voting`].
    pub fn fetched(number: usize, asked: Duration, fetched: Fetched) -> Self {
        let content = fetched.outcome.as_ref().err().cloned().map(Content::Reject);
        Self {
            asked: Some(asked),
            answered: Some(asked + fetched.took),
            attempts: fetched.attempts,
            downloaded_bytes: fetched.downloaded_bytes,
            raw: Some(fetched.outcome),
            content,
            ..Self::silent(number)
        }
    }

    /// What it votes for.
    #[must_use]
    pub fn voting(mut self, content: Content) -> Self {
        self.content = Some(content);
        self
    }

    /// It sent when the result had been delivered.
    #[must_use]
    pub fn arriving_late(mut self) -> Self {
        self.late = true;
        self
    }

    /// What it used, as price version 2 counts; none if it never asked or has no vote.
    pub fn usage(&self) -> Option<Usage> {
        Some(Usage {
            raw_response_bytes: self.downloaded_bytes,
            roundtrip: self.answered?.saturating_sub(self.asked?),
            transform_instructions: self.transform_instructions,
            transformed_bytes: self.content.as_ref()?.bytes(),
        })
    }
}

/// More than the nodes of any subnet, and no two that look alike.
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZΓΔΘΛΞΠΣΦΨΩБДЖЗИЙЦЧШЩЪЫЭЮЯ";

/// The letter of a group. Those beyond the last letter share it.
pub(crate) fn letter(group: usize) -> char {
    LETTERS.chars().take(group + 1).last().unwrap_or('?')
}

/// A letter for each sending, by its group: `AAAAAAAABBBBB`. Small for a late one, a dot for one that never sent, a
/// question mark for one whose vote is not known here.
pub fn votes(records: &[Replica]) -> String {
    let vote = |record: &Replica| match record.group {
        None if record.asked.is_some() => '?',
        None => '·',
        Some(group) if record.late => letter(group).to_lowercase().next().unwrap_or('?'),
        Some(group) => letter(group),
    };
    records.iter().map(vote).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The largest subnet has 40 nodes, of which no two need to agree.
    #[test]
    fn no_two_groups_of_a_subnet_have_the_same_letter() {
        let records: Vec<Replica> =
            (0..40).map(|number| Replica { group: Some(number), ..Replica::silent(number) }).collect();
        let letters = votes(&records);
        assert!(letters.starts_with("ABC"), "{letters}");
        assert_eq!(letters.chars().collect::<BTreeSet<char>>().len(), 40, "{letters}");
        let late: Vec<Replica> = records.into_iter().map(Replica::arriving_late).collect();
        assert_eq!(votes(&late), letters.to_lowercase());
    }
}
