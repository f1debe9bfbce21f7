//! The script: lines that say which requests they are about, and what those get.

use std::{fmt, sync::Arc};

use super::{Answer, Seen, Upstream};

/// What a service does with the requests it gets. The first line that a request meets is the one that counts.
///
/// A line is about requests such as `"/price"` (any method), `"POST /orders"`, `"/orders/*"` (everything that starts
/// with `/orders/`) or `"*"`. The path is compared as it came, without the query.
#[derive(Clone, Debug, Default)]
#[must_use = "a script does nothing before it is started"]
pub struct Script {
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    /// As it was written.
    about: String,
    plan: Plan,
}

#[derive(Clone)]
enum Plan {
    Always(Box<Answer>),
    Each(Arc<dyn Fn(&Seen) -> Answer + Send + Sync>),
    /// The last one stays.
    InTurn(Vec<Answer>),
}

impl Script {
    /// These requests get that answer.
    pub fn on(self, requests: &str, answer: Answer) -> Self {
        self.line(requests, Plan::Always(Box::new(answer)))
    }

    /// These requests get what the rule says; [`Seen::number`] counts them.
    pub fn each(self, requests: &str, rule: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        self.line(requests, Plan::Each(Arc::new(rule)))
    }

    /// The first of these requests gets the first answer, the second one the second. The last answer stays for all
    /// that come after it. One that nobody came for fails the test.
    ///
    /// # Panics
    /// Without an answer.
    pub fn in_turn(self, requests: &str, answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Vec<Answer> = answers.into_iter().collect();
        assert!(!answers.is_empty(), "{requests}: no answer to give");
        self.line(requests, Plan::InTurn(answers))
    }

    /// Starts the service on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When there is none.
    pub async fn start(self) -> Upstream {
        Upstream::start(self).await
    }

    fn line(mut self, about: &str, plan: Plan) -> Self {
        self.lines.push(Line { about: about.to_owned(), plan });
        self
    }

    /// The number of the line that a request meets.
    pub(super) fn line_of(&self, seen: &Seen) -> Option<usize> {
        self.lines.iter().position(|line| line.is_about(seen))
    }

    /// What a request gets by that line.
    pub(super) fn answer(&self, line: usize, seen: &Seen) -> Answer {
        match &self.lines[line].plan {
            Plan::Always(answer) => (**answer).clone(),
            Plan::Each(rule) => rule(seen),
            Plan::InTurn(answers) => answers[seen.number.min(answers.len() - 1)].clone(),
        }
    }

    /// What nobody came for, when the lines were met so often.
    pub(super) fn left_over(&self, met: &[usize]) -> Vec<String> {
        let lines = self.lines.iter().enumerate().filter_map(|(number, line)| {
            let Plan::InTurn(answers) = &line.plan else { return None };
            let met = met.get(number).copied().unwrap_or(0);
            let of = answers.len();
            (met < of).then(|| format!("{met} of {of} answers of {} were asked for", line.about))
        });
        lines.collect()
    }
}

impl Line {
    fn is_about(&self, seen: &Seen) -> bool {
        let (method, path) = match self.about.split_once(' ') {
            Some((method, path)) => (Some(method), path),
            None => (None, self.about.as_str()),
        };
        let is_path = match path.strip_suffix('*') {
            Some(start) => seen.path.starts_with(start),
            None => seen.path == path,
        };
        is_path && method.is_none_or(|method| method == seen.method)
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Plan::Always(answer) => write!(f, "Always({answer:?})"),
            Plan::Each(_) => f.write_str("Each"),
            Plan::InTurn(answers) => write!(f, "InTurn({answers:?})"),
        }
    }
}
