//! What was refused while the ledger could not remember it.
//!
//! When the ledger is full or away, a new key is refused. The refusal must hold: a replica that asks a moment
//! later, when there is room again, must not be the one whose request goes out. So it is kept here, in a bounded
//! table of the process, until it expires or the ledger can take it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use outcall_protocol::digest::Digest;

use super::{Ask, Request, Timestamp, expiring::Expiring};
use crate::{error::Problem, limits};

/// A refusal that every later request for the key gets as well.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What was answered.
    pub problem: Problem,
    /// When the key may be led again.
    pub until: Timestamp,
    request: Request,
}

impl Refusal {
    /// Whether `ask` is the request that was refused.
    pub fn is_for(&self, ask: &Ask) -> bool {
        ask.is(&self.request)
    }
}

/// Whether a refusal is in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// It was put there.
    Now,
    /// It, or another for the same key, was there.
    Before,
    /// There is no room for it.
    Never,
}

/// The bounded table of refusals. They leave when they expire; a record that the ledger has meanwhile goes before them.
#[derive(Default)]
pub struct Refusals(Mutex<Expiring<Refusal>>);

impl Refusals {
    /// What was refused for this key before, if that still holds.
    pub fn get(&self, id: &Digest, now: Timestamp) -> Option<Refusal> {
        self.lock().get(id, now).cloned()
    }

    /// Remembers that `ask` was refused. A full table forgets nothing for it: the new refusal is given, but not
    /// remembered, which its `executed: "unknown"` allows.
    pub fn remember(&self, ask: &Ask, problem: Problem, now: Timestamp, life: Duration) -> Remembered {
        let request = ask.as_new();
        let until = now.after(life);
        let mut table = self.lock();
        table.sweep(now, limits::SWEEP_PER_CLAIM);
        if table.get(&ask.id, now).is_some() {
            return Remembered::Before;
        }
        if table.len() >= limits::REFUSALS {
            return Remembered::Never;
        }
        table.insert(ask.id, Refusal { problem, until, request }, Some(until));
        Remembered::Now
    }

    fn lock(&self) -> MutexGuard<'_, Expiring<Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
