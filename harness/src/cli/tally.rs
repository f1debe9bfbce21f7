//! What became of all rounds together.

use std::fmt;

use crate::{
    subnet::{Grouped, Update},
    verdict::Verdict,
};

/// Counts rounds, and what they came to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    rounds: u32,
    without_outcall: u32,
    updates_rejected: u32,
    errs: u32,
    agreed: u64,
    diverged: u64,
    timed_out: u64,
    rejected: u64,
    gathered: u64,
    failed: u64,
    handed_over: u64,
    requests: u64,
    cycles: u128,
}

impl Tally {
    /// Takes up a round, whose reply was an `Err` or was not.
    pub(super) fn add(&mut self, update: &Update, is_err: bool) {
        self.errs += u32::from(is_err);
        self.rounds += 1;
        self.without_outcall += u32::from(update.rounds.is_empty());
        self.updates_rejected += u32::from(update.reply.is_err());
        self.cycles += update.charged();
        for round in &update.rounds {
            self.requests += u64::from(round.requests());
            *match round.verdict {
                Verdict::Agreed { .. } => &mut self.agreed,
                Verdict::Diverged { .. } => &mut self.diverged,
                Verdict::TimedOut { .. } => &mut self.timed_out,
                Verdict::Rejected { .. } => &mut self.rejected,
                Verdict::Gathered { .. } => &mut self.gathered,
                Verdict::Failed { .. } => &mut self.failed,
                Verdict::HandedOver { .. } => &mut self.handed_over,
            } += 1;
        }
    }

    /// Whether every round made outcalls, all of them agreed or brought what was wanted, and every call was answered with a reply.
    pub(super) fn is_all_agreed(&self) -> bool {
        self.agreed + self.gathered == self.outcalls()
            && self.without_outcall == 0
            && self.updates_rejected == 0
    }

    /// Whether a method replied with an `Err`.
    pub(super) fn has_errs(&self) -> bool {
        self.errs > 0
    }

    /// How many outcalls came to what: `6 agreed, 1 diverged`; nothing before the first.
    pub(super) fn verdicts(&self) -> String {
        let ends = [
            (self.agreed, "agreed"),
            (self.diverged, "diverged"),
            (self.timed_out, "timed out"),
            (self.rejected, "rejected"),
            (self.gathered, "gathered"),
            (self.failed, "failed"),
            (self.handed_over, "handed over"),
        ];
        let ends =
            ends.iter().filter(|(number, _)| *number > 0).map(|(number, end)| format!("{number} {end}"));
        ends.collect::<Vec<_>>().join(", ")
    }

    fn outcalls(&self) -> u64 {
        self.agreed
            + self.diverged
            + self.timed_out
            + self.rejected
            + self.gathered
            + self.failed
            + self.handed_over
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |number: u64, what: &str| match number {
            0 => format!("no {what}"),
            1 => format!("1 {what}"),
            _ => format!("{number} {what}s"),
        };
        write!(f, "{}, {}", count(u64::from(self.rounds), "round"), count(self.outcalls(), "outcall"))?;
        let ends = self.verdicts();
        if !ends.is_empty() {
            write!(f, ": {ends}")?;
        }
        if self.without_outcall > 0 && self.outcalls() > 0 {
            write!(f, "; {} without an outcall", count(u64::from(self.without_outcall), "round"))?;
        }
        if self.updates_rejected > 0 {
            write!(f, "; {} rejected", count(u64::from(self.updates_rejected), "call"))?;
        }
        if self.errs > 0 {
            write!(f, "; {}", count(u64::from(self.errs), "Err"))?;
        }
        write!(f, "; {} sent; {} cycles", count(self.requests, "request"), Grouped(self.cycles))
    }
}
