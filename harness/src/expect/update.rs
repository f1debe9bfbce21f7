//! What should have come of an update: of its outcalls, and of its answer.

use candid::CandidType;
use serde::de::DeserializeOwned;

use crate::{
    reject::Reject,
    subnet::{NoReply, Round, Update},
};

impl Update {
    /// It made outcalls, and each of them agreed. What the canister made of them is for
    /// [`Update::expect_reply`].
    ///
    /// # Panics
    /// When one did not agree, or none was made.
    #[track_caller]
    pub fn expect_agreed(&self) -> &Self {
        let wanted = "every outcall to agree";
        assert!(!self.rounds.is_empty(), "{}", self.without(wanted));
        if let Some(round) = self.rounds.iter().find(|round| !round.verdict.is_agreed()) {
            panic!("{}", self.not(wanted, round));
        }
        self
    }

    /// One of its outcalls diverged: the first that did is given back.
    ///
    /// # Panics
    /// When none did.
    #[track_caller]
    pub fn expect_diverged(&self) -> &Round {
        self.expect_one("an outcall to diverge", Round::is_diverged)
    }

    /// One of its outcalls ran out of time: the first that did is given back.
    ///
    /// # Panics
    /// When none did.
    #[track_caller]
    pub fn expect_timed_out(&self) -> &Round {
        self.expect_one("an outcall to run out of time", Round::is_timed_out)
    }

    /// One of its outcalls was rejected, by the replicas together or by the management canister: the first that was is
    /// given back. Whether the update itself was, says [`Update::expect_rejection`].
    ///
    /// # Panics
    /// When none was.
    #[track_caller]
    pub fn expect_rejected(&self) -> &Round {
        self.expect_one("an outcall to be rejected", Round::is_rejected)
    }

    /// It made so many outcalls.
    ///
    /// # Panics
    /// When it were more or less.
    #[track_caller]
    pub fn expect_outcalls(&self, outcalls: usize) -> &Self {
        let made = self.rounds.len();
        assert!(made == outcalls, "expected {outcalls} outcalls, but it made {made}\n\n{self}");
        self
    }

    /// So many requests went out for all its outcalls: repeated, late and resent ones, too.
    ///
    /// # Panics
    /// When it were more or less.
    #[track_caller]
    pub fn expect_requests(&self, requests: u32) -> &Self {
        let sent: u32 = self.rounds.iter().map(Round::requests).sum();
        assert!(sent == requests, "expected {requests} requests, but {sent} went out\n\n{self}");
        self
    }

    /// It was answered with this type of Candid value.
    ///
    /// # Panics
    /// When it was rejected, or answered with something else.
    #[track_caller]
    pub fn expect_reply<T: CandidType + DeserializeOwned>(&self) -> T {
        match self.value() {
            Ok(value) => value,
            Err(NoReply::Rejected(_)) => {
                panic!("expected a reply, but the update was rejected\n\n{self}{}", self.first_told())
            }
            Err(error) => panic!("expected another reply: {error}\n\n{self}"),
        }
    }

    /// It was rejected itself: by the canister, or because that trapped.
    ///
    /// # Panics
    /// When it has a reply.
    #[track_caller]
    pub fn expect_rejection(&self) -> &Reject {
        match &self.reply {
            Err(reject) => reject,
            Ok(_) => panic!("expected the update to be rejected, but it has a reply\n\n{self}"),
        }
    }

    #[track_caller]
    fn expect_one(&self, wanted: &str, is_it: fn(&Round) -> bool) -> &Round {
        match (self.rounds.iter().find(|round| is_it(round)), self.rounds.last()) {
            (Some(round), _) => round,
            (None, Some(last)) => panic!("{}", self.not(wanted, last)),
            (None, None) => panic!("{}", self.without(wanted)),
        }
    }

    /// The story of the first outcall that did not agree, if there is one.
    fn first_told(&self) -> String {
        let round = self.rounds.iter().find(|round| !round.verdict.is_agreed());
        round.map(|round| round.told().to_string()).unwrap_or_default()
    }

    fn not(&self, wanted: &str, round: &Round) -> String {
        let (method, id, ended) = (&self.method, round.id, round.ended());
        format!("expected {wanted} in {method}, but outcall {id} {ended}\n\n{self}{}", round.told())
    }

    fn without(&self, wanted: &str) -> String {
        format!("expected {wanted} in {}, but it made none\n\n{self}", self.method)
    }
}
