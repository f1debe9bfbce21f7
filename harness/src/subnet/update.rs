//! What became of an update.

use std::fmt;

use candid::{CandidType, DecoderConfig};
use serde::de::DeserializeOwned;

use super::Round;
use crate::reject::Reject;

/// Decoding stops after this much work; a reply of 2 MiB needs a fraction.
const DECODING_QUOTA: usize = 100_000_000;

/// An update, its answer and its outcalls.
#[derive(Clone, Debug)]
pub struct Update {
    /// The method that was called.
    pub method: String,
    /// What the caller gets: the Candid reply, or the rejection.
    pub reply: Result<Vec<u8>, Reject>,
    /// Its outcalls, in the order in which the canister made them.
    pub rounds: Vec<Round>,
    /// Instructions of the update and of its callbacks.
    pub instructions: u64,
    /// Why it was stopped, when it never stopped calling; it may have replied before.
    pub stopped: Option<String>,
}

/// Why there is no value in a reply.
#[derive(Debug, thiserror::Error)]
pub enum NoReply {
    /// The update was rejected.
    #[error("rejected: {0}")]
    Rejected(Reject),
    /// The reply is Candid of another type, or no Candid at all.
    #[error("the reply is not what was expected: {0}")]
    Unexpected(#[from] candid::Error),
}

impl Update {
    /// The reply as a value.
    ///
    /// # Errors
    /// When there is no reply, or it is something else.
    pub fn value<T: CandidType + DeserializeOwned>(&self) -> Result<T, NoReply> {
        let reply = self.reply.as_deref().map_err(|rejected| NoReply::Rejected(rejected.clone()))?;
        let mut config = DecoderConfig::new();
        config.set_decoding_quota(DECODING_QUOTA).set_skipping_quota(DECODING_QUOTA);
        Ok(candid::utils::decode_one_with_config(reply, &config)?)
    }

    /// Whether it made outcalls and every one of them was answered with a response.
    pub fn is_agreed(&self) -> bool {
        !self.rounds.is_empty() && self.rounds.iter().all(|round| round.verdict.is_agreed())
    }

    /// The cycles that its outcalls cost.
    pub fn charged(&self) -> u128 {
        self.rounds.iter().map(|round| round.bill.charged()).sum()
    }
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for round in &self.rounds {
            writeln!(f, "{round}")?;
        }
        match &self.reply {
            Ok(reply) => write!(f, "{}: replied, {} bytes", self.method, reply.len())?,
            Err(rejected) => write!(f, "{}: rejected, {rejected}", self.method)?,
        }
        match &self.stopped {
            Some(why) => write!(f, "; stopped: {why}"),
            None => Ok(()),
        }
    }
}
