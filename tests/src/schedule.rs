//! Who comes when. A schedule is an order of visits relative to what the upstream is doing, not a list of
//! milliseconds: first comers race to lead, others arrive while the upstream holds its answer, late ones when all is
//! over. A seed makes a schedule, so a failure that prints its seed can be replayed.

use std::fmt;

use fastrand::Rng;

use crate::replica::Stage;

#[cfg(test)]
mod tests;

/// When a visit takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Before the upstream is known to have the request: who comes first leads.
    First,
    /// While the upstream holds its answer.
    Held,
    /// After the visits before it have their answers.
    Settled,
}

/// How a visit goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Waits for the answer.
    Stay,
    /// Resets the connection at that stage.
    Leave(Stage),
}

/// One request of one replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Which replica, from 0.
    pub replica: usize,
    /// When.
    pub moment: Moment,
    /// How.
    pub manner: Manner,
}

/// An order of visits.
#[derive(Clone, PartialEq, Eq)]
pub struct Schedule {
    seed: Option<u64>,
    visits: Vec<Visit>,
}

impl Schedule {
    /// These visits. Those of an earlier moment come first, those of the same moment in the given order.
    ///
    /// # Panics
    /// When nobody stays from the first moment on: then perhaps nobody leads, and the upstream is waited for in vain.
    pub fn of(visits: impl IntoIterator<Item = Visit>) -> Self {
        Self::sorted(None, visits.into_iter().collect())
    }

    /// A random schedule for that many replicas. Each of them stays for an answer at least once; some come late, some
    /// break off before, some ask again. The same seed makes the same schedule.
    pub fn random(seed: u64, replicas: usize) -> Self {
        let mut dice = Rng::with_seed(seed);
        let mut visits = Vec::new();
        for replica in 0..replicas {
            let moment = *dice.choice(&MOMENTS).unwrap_or(&Moment::First);
            if dice.u8(0..100) < 25 {
                let stage = *dice.choice(&Stage::ALL).unwrap_or(&Stage::AfterBody);
                visits.push(Visit { replica, moment, manner: Manner::Leave(stage) });
            }
            let moment = later(&mut dice, moment);
            visits.push(Visit { replica, moment, manner: Manner::Stay });
            if dice.u8(0..100) < 15 {
                visits.push(Visit { replica, moment: later(&mut dice, moment), manner: Manner::Stay });
            }
        }
        dice.shuffle(&mut visits);
        let leads = |visit: &&mut Visit| visit.moment == Moment::First && visit.manner == Manner::Stay;
        if visits.iter_mut().find(leads).is_none()
            && let Some(visit) = visits.iter_mut().find(|visit| visit.manner == Manner::Stay)
        {
            visit.moment = Moment::First;
        }
        Self::sorted(Some(seed), visits)
    }

    /// All visits, in order.
    pub fn visits(&self) -> &[Visit] {
        &self.visits
    }

    /// The visits of that moment, in order.
    pub fn at(&self, moment: Moment) -> impl Iterator<Item = &Visit> {
        self.visits.iter().filter(move |visit| visit.moment == moment)
    }

    /// How many answers there will be: one for each visit that stays.
    pub fn answers(&self) -> usize {
        self.visits.iter().filter(|visit| visit.manner == Manner::Stay).count()
    }

    fn sorted(seed: Option<u64>, mut visits: Vec<Visit>) -> Self {
        visits.sort_by_key(|visit| visit.moment);
        let schedule = Self { seed, visits };
        let led = schedule.at(Moment::First).any(|visit| visit.manner == Manner::Stay);
        assert!(led, "nobody stays from the first moment on: {schedule:?}");
        schedule
    }
}

/// `seed = 17 · First: 3 0(AfterHead) 1 · Held: 2 0 · Settled: 3`: replicas by number, how far they got in brackets.
impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seed {
            Some(seed) => write!(f, "seed = {seed}")?,
            None => write!(f, "no seed")?,
        }
        for moment in [Moment::First, Moment::Held, Moment::Settled] {
            write!(f, " · {moment:?}:")?;
            for visit in self.at(moment) {
                match visit.manner {
                    Manner::Stay => write!(f, " {}", visit.replica)?,
                    Manner::Leave(stage) => write!(f, " {}({stage:?})", visit.replica)?,
                }
            }
        }
        Ok(())
    }
}

/// Two in five come at first, two in five while the upstream holds, one in five late.
const MOMENTS: [Moment; 5] = [Moment::First, Moment::First, Moment::Held, Moment::Held, Moment::Settled];

/// That moment or one after it.
fn later(dice: &mut Rng, than: Moment) -> Moment {
    let rest: &[Moment] = match than {
        Moment::First => &[Moment::First, Moment::First, Moment::First, Moment::Held, Moment::Settled],
        Moment::Held => &[Moment::Held, Moment::Held, Moment::Settled],
        Moment::Settled => &[Moment::Settled],
    };
    *dice.choice(rest).unwrap_or(&than)
}
