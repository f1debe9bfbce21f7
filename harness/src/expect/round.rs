//! What should have come of one outcall.

use super::message::Told;
use crate::{
    http_response,
    outcall::{Reject, Response},
    rules::{consensus::threshold, price::Replication},
    subnet::Round,
    verdict::Verdict,
};

impl Round {
    /// The canister got a response or, of a flexible outcall, as many as it wanted.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn expect_agreed(&self) -> &Self {
        assert!(self.verdict.is_agreed(), "{}", self.not("agree"));
        self
    }

    /// No vote could win: the replicas had different answers.
    ///
    /// # Panics
    /// When it ended otherwise.
    #[track_caller]
    pub fn expect_diverged(&self) -> &Self {
        assert!(self.is_diverged(), "{}", self.not("diverge"));
        self
    }

    /// Too few replicas voted for one thing within 60 s.
    ///
    /// # Panics
    /// When it ended otherwise.
    #[track_caller]
    pub fn expect_timed_out(&self) -> &Self {
        assert!(self.is_timed_out(), "{}", self.not("run out of time"));
        self
    }

    /// The replicas agreed on a reject, or the management canister refused the call.
    ///
    /// # Panics
    /// When it ended otherwise.
    #[track_caller]
    pub fn expect_rejected(&self) -> &Reject {
        match &self.verdict {
            Verdict::Rejected { reject, .. } => reject,
            _ => panic!("{}", self.not("be rejected")),
        }
    }

    /// What the canister got, as its transform has left it.
    ///
    /// # Panics
    /// When the replicas did not agree, or on something that is no `http_response`.
    #[track_caller]
    pub fn expect_response(&self) -> Response {
        let Verdict::Agreed { reply, .. } = &self.verdict else {
            panic!("{}", self.not("agree on a response"))
        };
        match http_response::decode(reply) {
            Ok(response) => response,
            Err(error) => panic!("expected the replicas to agree on a response: {error}\n\n{self}"),
        }
    }

    /// So many requests went out: repeated, late and resent ones, too.
    ///
    /// # Panics
    /// When it were more or less.
    #[track_caller]
    pub fn expect_requests(&self, requests: u32) -> &Self {
        let sent = self.requests();
        assert!(sent == requests, "expected {requests} requests, but {sent} went out\n\n{self}");
        self
    }

    /// The votes differ in these places and in no other, in any order: `"header date"`, `"$.data.id"`, `"status"`. What
    /// differs in many elements of an array is one place, such as `"$.items[*].id"`.
    ///
    /// # Panics
    /// When they differ in anything else.
    #[track_caller]
    pub fn expect_differing(&self, places: &[&str]) -> &Self {
        let findings = self.divergence();
        let mut found: Vec<String> = findings.folded().into_iter().map(|folded| folded.place).collect();
        let mut expected = places.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        let told = |places: String| if places.is_empty() { "nothing".to_owned() } else { places };
        assert!(
            found == expected,
            "expected votes that differ in {}, but they differ in {}\n\n{self}{}",
            told(expected.join(", ")),
            told(found.join(", ")),
            self.told()
        );
        self
    }

    pub(super) fn is_diverged(&self) -> bool {
        matches!(self.verdict, Verdict::Diverged { .. })
    }

    pub(super) fn is_timed_out(&self) -> bool {
        matches!(self.verdict, Verdict::TimedOut { .. })
    }

    pub(super) fn is_rejected(&self) -> bool {
        matches!(self.verdict, Verdict::Rejected { .. })
    }

    /// How it ended, as the end of a sentence.
    pub(super) fn ended(&self) -> &'static str {
        match self.verdict {
            Verdict::Agreed { .. } | Verdict::Gathered { .. } => "agreed",
            Verdict::Rejected { .. } => "was rejected",
            Verdict::Diverged { .. } => "diverged",
            Verdict::TimedOut { .. } => "ran out of time",
            Verdict::Failed { .. } => "failed",
            Verdict::HandedOver { .. } => {
                "was decided by an engine that tells the canister alone: expect something of its reply"
            }
        }
    }

    /// Groups, the first difference and causes.
    pub(super) fn told(&self) -> Told<'_> {
        let needed = match self.replication {
            Replication::Full => Some(threshold(self.nodes)),
            Replication::Single | Replication::Flexible { .. } => None,
        };
        let posts = (self.request.method == "POST").then(|| self.requests());
        Told { needed, replicas: &self.replicas, findings: self.divergence(), posts }
    }

    /// It should have ended like this, and did not.
    fn not(&self, wanted: &str) -> String {
        format!(
            "expected the replicas to {wanted}, but the outcall {}\n\n{self}{}",
            self.ended(),
            self.told()
        )
    }
}
