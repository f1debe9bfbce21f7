//! What happened in how many simulations: shown, so that nobody takes an empty one for a proof.

use std::{collections::BTreeMap, fmt, ops::AddAssign, time::Duration};

use super::{
    gateway::Heard,
    world::{Testimony, World},
};

/// Counts by name, and the longest answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<String, u64>,
    longest: Duration,
}

impl Tally {
    /// What went wrong in this simulation, and what its upstreams have seen.
    pub(super) fn of(world: &World) -> Self {
        let mut tally = Self::default();
        tally.add("simulations", 1);
        tally.add("calm", u64::from(world.calm));
        tally.add("losses", world.losses() as u64);
        for (_, mishap) in &world.mishaps {
            let name = format!("{mishap:?}");
            tally.add(name.split(' ').next().unwrap_or_default(), 1);
        }
        for key in &world.keys {
            let seen = world.upstreams.seen(&key.name);
            tally.add("keys", 1);
            tally.add("sent", seen.reached as u64);
            tally.add("executed", seen.executed as u64);
        }
        tally
    }

    /// Counts what a request has heard.
    pub(super) fn count(&mut self, said: Option<&str>, testimony: &Testimony) {
        let what = said.unwrap_or(match testimony.heard {
            None => "left",
            Some(Heard::Refused) => "refused",
            Some(Heard::Broken | Heard::Answer { .. }) => "broken",
        });
        self.add(&format!("heard {what}"), 1);
        self.longest = self.longest.max(testimony.took);
    }

    /// How often this happened.
    pub(super) fn get(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or_default()
    }

    /// Counts something.
    pub(super) fn add(&mut self, name: &str, count: u64) {
        *self.counts.entry(name.to_owned()).or_default() += count;
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (name, count) in other.counts {
            self.add(&name, count);
        }
        self.longest = self.longest.max(other.longest);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in &self.counts {
            write!(f, "{count} {name}, ")?;
        }
        write!(f, "the longest answer took {:?}", self.longest)
    }
}
