//! The counts that are kept, and how far from them is too far.
//!
//! With the compiler and the C library that the baseline names, each count is held to its kept one. Others make other code of the
//! same source, of hyper's too: then what is held is how many times the bare server's count an answer takes, with more tolerance.
//! So there is no machine on which nothing is checked.

use std::{error::Error, fmt, path::PathBuf};

use serde_json::{Value, json};

use super::{Counts, play::Workload};

/// Of a count, made by what made the kept one. Two runs differ by a tenth of this.
const TOLERANCE: f64 = 0.02;
/// Of a multiple of the bare server's count, made by anything else.
const TOLERANCE_OF_MULTIPLES: f64 = 0.10;

/// What is kept, in `baseline.json`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Baseline {
    made_by: String,
    counts: Counts,
}

/// What is said of counts.
#[derive(Debug)]
pub(super) struct Judgement {
    lines: Vec<String>,
    failed: bool,
}

impl Baseline {
    pub(super) fn of(counts: Counts, made_by: &str) -> Self {
        Self { made_by: made_by.to_owned(), counts }
    }

    pub(super) fn read() -> Result<Self, Box<dyn Error>> {
        let path = path();
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let kept: Value = serde_json::from_str(&text)?;
        let count = |workload: Workload| {
            let count = kept["instructions"][workload.name()].as_u64();
            count.ok_or_else(|| format!("{}: expected a count of {}", path.display(), workload.name()))
        };
        Ok(Self {
            made_by: kept["made_by"].as_str().unwrap_or_default().to_owned(),
            counts: Counts {
                bare: count(Workload::Bare)?,
                replay: count(Workload::Replay)?,
                fresh: count(Workload::Fresh)?,
            },
        })
    }

    pub(super) fn write(&self) -> Result<(), Box<dyn Error>> {
        let Counts { bare, replay, fresh } = self.counts;
        let kept = json!({
            "made_by": self.made_by,
            "instructions": { "bare": bare, "replay": replay, "fresh": fresh },
        });
        Ok(std::fs::write(path(), format!("{}\n", serde_json::to_string_pretty(&kept)?))?)
    }

    pub(super) fn judge(&self, counts: &Counts, made_by: &str) -> Judgement {
        let is_alike = made_by == self.made_by;
        let mut judgement = Judgement { lines: Vec::new(), failed: false };
        for workload in Workload::ALL {
            let (now, kept) = (counts.of(workload), self.counts.of(workload));
            let multiple = |counts: &Counts| counts.of(workload) as f64 / counts.bare as f64;
            let (moved, tolerance) = if is_alike {
                (now as f64 / kept as f64 - 1.0, TOLERANCE)
            } else {
                (multiple(counts) / multiple(&self.counts) - 1.0, TOLERANCE_OF_MULTIPLES)
            };
            let verdict = match moved {
                _ if moved.abs() <= tolerance => "within tolerance",
                _ if moved > 0.0 => "MORE: find out why, or keep it and say why",
                _ => "LESS, which is good: keep it, so that it stays so",
            };
            judgement.failed |= moved.abs() > tolerance;
            judgement.lines.push(format!(
                "{:7} {now:>8} instructions an answer, {:.2} times bare; kept {kept}: {:+.1} % of ±{:.0} %, {verdict}",
                workload.name(),
                multiple(counts),
                100.0 * moved,
                100.0 * tolerance,
            ));
        }
        if !is_alike {
            judgement.lines.push(format!(
                "made by {made_by}, and kept of {}: compared are the multiples of bare, not the counts",
                self.made_by
            ));
        }
        if judgement.failed {
            judgement.lines.push(format!("to keep these counts: {KEEP}"));
        }
        judgement
    }
}

/// How the baseline is made anew.
const KEEP: &str = "cargo run --profile counts -p outcall-fast --bin instructions -- keep";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/instructions/baseline.json")
}

impl Judgement {
    pub(super) fn passed(&self) -> bool {
        !self.failed
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { bare, replay, fresh } = self.counts;
        write!(f, "bare {bare}, replay {replay}, fresh {fresh}, made by {}", self.made_by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Counts = Counts { bare: 10_000, replay: 20_000, fresh: 80_000 };

    fn judged(counts: Counts, made_by: &str) -> Judgement {
        Baseline::of(KEPT, "rustc 1").judge(&counts, made_by)
    }

    #[test]
    fn what_has_not_moved_passes() {
        let judgement = judged(Counts { replay: 20_300, ..KEPT }, "rustc 1");
        assert!(judgement.passed(), "{judgement}");
    }

    #[test]
    fn more_instructions_fail() {
        let judgement = judged(Counts { replay: 20_500, ..KEPT }, "rustc 1");
        assert!(!judgement.passed() && judgement.to_string().contains("MORE"), "{judgement}");
    }

    #[test]
    fn fewer_instructions_are_to_be_kept() {
        let judgement = judged(Counts { fresh: 70_000, ..KEPT }, "rustc 1");
        assert!(!judgement.passed() && judgement.to_string().contains("LESS"), "{judgement}");
    }

    #[test]
    fn another_compiler_is_held_to_the_multiples_of_the_bare_server() {
        let all_more = Counts { bare: 12_000, replay: 24_500, fresh: 95_000 };
        let judgement = judged(all_more, "rustc 2");
        assert!(judgement.passed(), "{judgement}");
        let replay_more = Counts { replay: 28_000, ..all_more };
        let judgement = judged(replay_more, "rustc 2");
        assert!(!judgement.passed() && judgement.to_string().contains("MORE"), "{judgement}");
    }

    #[test]
    fn the_kept_baseline_can_be_read() {
        let kept = Baseline::read().unwrap();
        assert!(kept.counts.bare < kept.counts.replay && kept.counts.replay < kept.counts.fresh, "{kept}");
    }
}
