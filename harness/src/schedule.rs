//! Who sends when. On the Internet Computer nobody tells the replicas to send: each does when its own state shows the
//! request. So they are not simultaneous; one that was restarted in between sends again; one that lags sends when the
//! result is already there; one may never send.
//!
//! A [`Schedule`] says which replicas do that. What it draws, it draws from its seed alone, replica by replica: the
//! same seed makes the same turns, on every machine and for every subnet size. Print it when a test fails.
//!
//! Source: `rs/https_outcalls/consensus/src/pool_manager.rs` of the `dfinity/ic` repository.

use std::{collections::BTreeSet, fmt, time::Duration};

use fastrand::Rng;

use crate::rules::consensus::faults;

#[cfg(test)]
mod tests;

/// The largest skew that [`Schedule::random`] draws.
const RANDOM_SKEW_MAX: Duration = Duration::from_millis(20);

/// An order of sendings, for a subnet of any size.
#[derive(Clone, PartialEq, Eq)]
pub struct Schedule {
    seed: Option<u64>,
    skew: Duration,
    resends: BTreeSet<usize>,
    late: BTreeSet<usize>,
    silent: BTreeSet<usize>,
}

/// What one replica does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Which replica, from 0.
    pub replica: usize,
    /// When it sends.
    pub moment: Moment,
    /// When it sends again, after its first request was sent: it was restarted, and has forgotten that it had sent.
    pub again_after: Option<Duration>,
}

/// When a replica sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So long after the round began.
    After(Duration),
    /// When the result has been delivered. Its answer changes nothing, but its request reaches the server.
    Late,
    /// Never.
    Never,
}

impl Schedule {
    /// All at once, each once.
    pub fn together() -> Self {
        Self {
            seed: None,
            skew: Duration::ZERO,
            resends: BTreeSet::new(),
            late: BTreeSet::new(),
            silent: BTreeSet::new(),
        }
    }

    /// Each replica after a delay of its own, drawn from nothing up to that skew.
    pub fn skewed(seed: u64, skew: Duration) -> Self {
        Self { seed: Some(seed), skew, ..Self::together() }
    }

    /// A schedule drawn for that many nodes: a skew of up to 20 ms; some replicas send again; and as many as the
    /// subnet endures, at most, are late or silent. So it never stands in the way of an agreement.
    pub fn random(seed: u64, nodes: usize) -> Self {
        let mut dice = Rng::with_seed(seed);
        let mut schedule = Self::skewed(seed, RANDOM_SKEW_MAX.mul_f64(dice.f64()));
        let mut spare = faults(nodes);
        let mut order: Vec<usize> = (0..nodes).collect();
        dice.shuffle(&mut order);
        for replica in order {
            match dice.u8(0..100) {
                0..10 if spare > 0 => {
                    spare -= 1;
                    schedule.late.insert(replica);
                }
                10..20 if spare > 0 => {
                    spare -= 1;
                    schedule.silent.insert(replica);
                }
                20..40 => {
                    schedule.resends.insert(replica);
                }
                _ => {}
            }
        }
        schedule
    }

    /// That replica also sends again.
    #[must_use]
    pub fn resend(mut self, replica: usize) -> Self {
        self.resends.insert(replica);
        self
    }

    /// That replica sends when the result has been delivered.
    #[must_use]
    pub fn late(mut self, replica: usize) -> Self {
        self.late.insert(replica);
        self
    }

    /// That replica never sends; it outweighs the others.
    #[must_use]
    pub fn silent(mut self, replica: usize) -> Self {
        self.silent.insert(replica);
        self
    }

    /// The seed, if anything is drawn.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// What each of `nodes` replicas does, in order of their numbers.
    pub fn turns(&self, nodes: usize) -> Vec<Turn> {
        (0..nodes).map(|replica| self.turn(replica)).collect()
    }

    fn turn(&self, replica: usize) -> Turn {
        let mut dice = Rng::with_seed(self.seed.unwrap_or(0));
        // Each replica has dice of its own, so that its turn does not depend on the subnet's size.
        (0..replica).for_each(|_| dice = dice.fork());
        let mut draw = || self.skew.mul_f64(dice.f64());
        let (delay, again) = (draw(), draw());
        let moment = if self.silent.contains(&replica) {
            Moment::Never
        } else if self.late.contains(&replica) {
            Moment::Late
        } else {
            Moment::After(delay)
        };
        let sends_again = self.resends.contains(&replica) && moment != Moment::Never;
        Turn { replica, moment, again_after: sends_again.then_some(again) }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seed {
            Some(seed) => write!(f, "seed {seed}, skew up to {:?}", self.skew)?,
            None => write!(f, "together")?,
        }
        for (what, replicas) in [("again", &self.resends), ("late", &self.late), ("silent", &self.silent)] {
            if !replicas.is_empty() {
                write!(f, ", {what}: {replicas:?}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({self})")
    }
}
