//! What should have come of a probe.

use super::message::Told;
use crate::{
    finding::Findings, probe::Report, replica::votes, rules::consensus::threshold, verdict::Verdict,
};

impl Report {
    /// The replicas would agree on the answer, without a transform.
    ///
    /// # Panics
    /// When they would not.
    #[track_caller]
    pub fn expect_agreed(&self) -> &Self {
        assert!(
            self.verdict.is_agreed(),
            "expected the replicas to agree, but they do not\n\n{}",
            self.story()
        );
        self
    }

    /// The replicas would not agree, for their answers differ.
    ///
    /// # Panics
    /// When they would.
    #[track_caller]
    pub fn expect_diverged(&self) -> &Self {
        let is_diverged = matches!(self.verdict, Verdict::Diverged { .. });
        assert!(is_diverged, "expected the replicas to diverge, but they do not\n\n{}", self.story());
        self
    }

    fn story(&self) -> String {
        let findings = Findings { found: self.findings.clone(), left_out: self.left_out };
        let posts = (self.request.method == "POST").then(|| self.requests());
        let told = Told { needed: Some(threshold(self.nodes)), replicas: &self.replicas, findings, posts };
        let (method, url, nodes) = (&self.request.method, &self.request.url, self.nodes);
        let (requests, votes) = (self.requests(), votes(&self.replicas));
        format!("{method} {url}\n  {}\n  {nodes} nodes, {requests} requests: {votes}{told}", self.verdict)
    }
}
