//! A map by identity whose values leave when their time is over, each step with bounded work.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use outcall_protocol::digest::Digest;

use super::Timestamp;

/// Values by identity, with or without an end.
pub(super) struct Expiring<V> {
    entries: HashMap<Digest, (Option<Timestamp>, V)>,
    /// One item for every end that was ever set; an item whose value has changed since is skipped.
    order: BinaryHeap<Reverse<(Timestamp, Digest)>>,
    /// How many values have been taken away.
    removed: u64,
}

impl<V> Default for Expiring<V> {
    fn default() -> Self {
        Self { entries: HashMap::new(), order: BinaryHeap::new(), removed: 0 }
    }
}

impl<V> Expiring<V> {
    /// How many values there are, expired ones that were not swept yet included.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many values have been taken away: while this does not change, what was absent and was not put in is still
    /// nowhere else.
    pub(super) fn removed(&self) -> u64 {
        self.removed
    }

    /// The live value; an expired one is as absent as one that never was.
    pub(super) fn get(&self, id: &Digest, now: Timestamp) -> Option<&V> {
        let (expires, value) = self.entries.get(id)?;
        live(*expires, now).then_some(value)
    }

    /// Puts `value` in the place of whatever was there, and returns that.
    pub(super) fn insert(&mut self, id: Digest, value: V, expires: Option<Timestamp>) -> Option<V> {
        if let Some(expires) = expires {
            self.order.push(Reverse((expires, id)));
        }
        self.entries.insert(id, (expires, value)).map(|(_, former)| former)
    }

    /// Takes the value away, whatever its end.
    pub(super) fn remove(&mut self, id: &Digest) -> Option<V> {
        self.removed += 1;
        self.entries.remove(id).map(|(_, value)| value)
    }

    /// Drops expired values, looking at `most` of them at the most.
    pub(super) fn sweep(&mut self, now: Timestamp, most: usize) {
        for _ in 0..most {
            match self.order.peek() {
                Some(Reverse((expires, _))) if *expires <= now => {}
                _ => return,
            }
            let Some(Reverse((_, id))) = self.order.pop() else { return };
            if self.entries.get(&id).is_some_and(|(expires, _)| !live(*expires, now)) {
                self.entries.remove(&id);
            }
        }
    }
}

fn live(expires: Option<Timestamp>, now: Timestamp) -> bool {
    expires.is_none_or(|expires| now < expires)
}
