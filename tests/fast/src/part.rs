//! The parts of the suite, each a question.
//!
//! ```text
//! replays     how many recorded answers in a second?
//! bursts      how many fresh keys, all replicas at once?
//! quorum      how long behind what is inevitable does a quorum have its answer?
//! latency     what does the gateway add to an answer at half of its load?
//! followers   how long behind the leader does a follower have its answer?
//! memory      what do a million answers and ten thousand connections take?
//! growth      what becomes of all this with more keys, more replicas, larger bodies?
//! ```

use std::{collections::VecDeque, time::Duration};

use outcall_tests::tls::Authority;

use crate::{
    contender::{Kind, Running, Setup},
    finding::{Finding, Promise, Unit, quantile},
    load::{
        Failed,
        rounds::{Expected, Keys, Played, Rounds},
    },
    usage,
};

mod bursts;
mod followers;
mod growth;
mod latency;
mod memory;
mod quorum;
mod replays;

/// The body of an answer, where it is not said otherwise.
const BODY_BYTES: usize = 250;
/// Nodes of a subnet: of applications, fiduciary, NNS.
const SUBNETS: [usize; 3] = [13, 34, 40];

/// What all parts are told, and where they say what they found.
pub(crate) struct Suite {
    /// The binary that is measured.
    pub(crate) gateway: String,
    /// Less of everything: to see that it runs, not to publish figures.
    pub(crate) quick: bool,
    /// Only what something is promised of.
    pub(crate) promised: bool,
    pub(crate) findings: Vec<Finding>,
}

/// A part, by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Recorded answers
    Replays,
    /// Fresh keys, all replicas of a subnet at once, as many as there can be
    Bursts,
    /// Fresh keys at a rate, with spread arrivals: quorum overhead
    Quorum,
    /// What is added to an answer at half load
    Latency,
    /// How long behind the leader followers are
    Followers,
    /// A million answers, ten thousand idle connections
    Memory,
    /// More keys, more replicas, larger bodies
    Growth,
}

impl Part {
    pub(crate) const ALL: [Self; 7] = [
        Self::Replays,
        Self::Bursts,
        Self::Quorum,
        Self::Latency,
        Self::Followers,
        Self::Memory,
        Self::Growth,
    ];

    /// Whether something is promised of it; the others tell why.
    pub(crate) fn has_promises(self) -> bool {
        matches!(self, Self::Replays | Self::Bursts | Self::Quorum | Self::Memory)
    }

    pub(crate) async fn play(self, suite: &mut Suite) -> Result<(), Failed> {
        match self {
            Self::Replays => replays::play(suite).await,
            Self::Bursts => bursts::play(suite).await,
            Self::Quorum => quorum::play(suite).await,
            Self::Latency => latency::play(suite).await,
            Self::Followers => followers::play(suite).await,
            Self::Memory => memory::play(suite).await,
            Self::Growth => growth::play(suite).await,
        }
    }
}

/// One run of one contender.
struct Run {
    played: Played,
    /// CPU time of its processes for an answer.
    cpu: Duration,
    /// Upstream requests for a key, where keys are fresh.
    asked: Option<f64>,
}

impl Suite {
    /// Runs that are compared with each other are made in turn, so many times.
    pub(crate) const PAIRS: usize = 5;

    pub(crate) fn found(&mut self, finding: Finding) {
        println!("  {finding}");
        self.findings.push(finding);
    }

    async fn start(
        &self,
        kind: Kind,
        delay: Duration,
        body_bytes: usize,
        tls: Option<&Authority>,
    ) -> Result<Running, Failed> {
        let setup = Setup { gateway: &self.gateway, delay, body_bytes, tls };
        Running::start(kind, &setup).await
    }

    /// Contenders of which this machine has what it takes.
    async fn start_all(&self, kinds: &[Kind], body_bytes: usize) -> Result<Vec<Running>, Failed> {
        let mut running = Vec::new();
        for &kind in kinds {
            if kind.is_here() {
                running.push(self.start(kind, Duration::ZERO, body_bytes, None).await?);
            } else {
                println!("  {kind}: not on this machine");
            }
        }
        Ok(running)
    }

    /// The same rounds for each contender, in turn, beginning with another one each time.
    fn paired(
        &self,
        contenders: &[Running],
        rounds: &Rounds,
        body_bytes: usize,
    ) -> Result<Vec<Vec<Run>>, Failed> {
        let mut runs: Vec<Vec<Run>> = contenders.iter().map(|_| Vec::new()).collect();
        let mut order: VecDeque<usize> = (0..contenders.len()).collect();
        for _ in 0..Self::PAIRS {
            for &number in &order {
                runs[number].push(run(&contenders[number], rounds, body_bytes)?);
            }
            order.rotate_left(1);
        }
        Ok(runs)
    }
}

fn run(contender: &Running, rounds: &Rounds, body_bytes: usize) -> Result<Run, Failed> {
    let expected =
        Expected::first(contender.address, &Rounds::same(), body_bytes, contender.kind.is_exact())?;
    let processes = contender.processes();
    let asked = contender.asked()?;
    let mut before = Duration::ZERO;
    let played = rounds.play(contender.address, &expected, || before = usage::cpu(&processes))?;
    let spent = usage::cpu(&processes).saturating_sub(before);
    let asked = contender.asked()? - asked;
    let is_fresh = rounds.keys == Keys::Fresh && contender.kind != Kind::Bare;
    if is_fresh && asked > played.keys && matches!(contender.kind, Kind::Gateway(_)) {
        return Err(format!("{asked} requests went upstream for {} keys", played.keys).into());
    }
    let asked = is_fresh.then(|| asked as f64 / played.keys as f64);
    Ok(Run { played, cpu: spent.div_f64(played.answers.max(1) as f64), asked })
}

/// Of each pair, how many times the other's figure.
fn ratios(of: &[Run], other: &[Run], figure: impl Fn(&Run) -> f64) -> Vec<f64> {
    of.iter().zip(other).map(|(of, other)| figure(of) / figure(other)).collect()
}

/// The median of a figure.
fn median(runs: &[Run], figure: impl Fn(&Run) -> f64) -> f64 {
    quantile(&runs.iter().map(figure).collect::<Vec<_>>(), 0.5)
}

/// How the first contender's runs compare with each of the others'.
fn compared(
    part: &'static str,
    load: &str,
    contenders: &[Running],
    runs: &[Vec<Run>],
    figure: impl Fn(&Run) -> f64 + Copy,
    promised: impl Fn(Kind) -> Option<Promise>,
) -> Vec<Finding> {
    let behind: Vec<String> = contenders
        .iter()
        .zip(runs)
        .map(|(contender, runs)| {
            let cpu = median(runs, |run| run.cpu.as_secs_f64() * 1e6);
            let asked = runs.iter().find_map(|run| run.asked);
            let asked =
                asked.map_or(String::new(), |asked| format!(" and {asked:.2} upstream requests a key"));
            format!("{} {:.0}/s at {cpu:.1} µs CPU an answer{asked}", contender.kind, median(runs, figure))
        })
        .collect();
    let others = contenders.iter().zip(runs).enumerate().skip(1);
    others
        .map(|(number, (other, others))| Finding {
            part,
            what: format!("{load}: {} / {}", contenders[0].kind, other.kind),
            figures: ratios(&runs[0], others, figure),
            unit: Unit::Times,
            promise: promised(other.kind),
            behind: format!("{}; {}", behind[0], behind[number]),
        })
        .collect()
}
