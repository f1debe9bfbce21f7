//! A service that answers by a rule, and counts.

use crate::upstream::{Answer, Gate, Upstream};

pub(crate) struct Server {
    upstream: Upstream,
}

impl Server {
    /// Answers the request with that number, from 0, by this rule: header lines, an empty line, the body.
    pub(crate) async fn answering(rule: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        Self { upstream: Upstream::each(move |seen| read(&rule(seen.number))).await }
    }

    /// Answers nobody before so many have asked.
    pub(crate) async fn answering_together(requests: usize) -> Self {
        let answer = Answer::new(200).behind(&Gate::opening_at(requests));
        Self { upstream: Upstream::always(answer).await }
    }

    pub(crate) fn url(&self) -> String {
        self.upstream.url("/")
    }

    pub(crate) fn hits(&self) -> usize {
        self.upstream.hits()
    }
}

fn read(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or(("", answer.trim_start()));
    let lines = head.lines().map(|line| line.split_once(": ").unwrap());
    lines.fold(Answer::new(200).body(body), |answer, (name, value)| answer.header(name, value))
}
