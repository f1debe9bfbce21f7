//! The states that a key can be in, as far as a process knows it, and where it keeps them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use outcall_protocol::digest::Digest;

use super::{
    Claimed, Ending, Record, Repeat, Request, Settlement, Terms, Timestamp, expiring::Expiring,
    in_flight::InFlight, room::Reservation,
};

const SHARDS: usize = 64;

/// Keys by identity, spread over shards. Each is behind a short lock that is never held across an await.
pub(super) struct Shards([Mutex<Shard>; SHARDS]);

pub(super) type Shard = Expiring<Entry>;

impl Default for Shards {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Shards {
    /// The shard of this key.
    pub(super) fn of(&self, id: &Digest) -> MutexGuard<'_, Shard> {
        // The identity is a digest: any byte of it spreads the keys evenly.
        lock(&self.0[usize::from(id.as_bytes()[0]) % SHARDS])
    }

    /// Drops everything that has expired.
    pub(super) fn sweep(&self, now: Timestamp) {
        for shard in &self.0 {
            lock(shard).sweep(now, usize::MAX);
        }
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|shard| lock(shard).len()).sum()
    }

    /// Puts a key into its next state, if it is in flight, and wakes everybody who waits.
    pub(super) fn end(&self, id: &Digest, next: Option<(Entry, Timestamp)>, ending: Ending) {
        let mut shard = self.of(id);
        let former = match next {
            Some((entry, until)) => shard.insert(*id, entry, Some(until)),
            None => shard.remove(id),
        };
        drop(shard);
        // Woken after the lock is open, so that the first to wake does not run into it.
        if let Some(former) = former {
            former.end(ending);
        }
    }

    /// If the key is in flight, everybody who waits is told this record, and so is everybody who comes before its end is
    /// known.
    pub(super) fn owe(&self, record: &Arc<Record>) {
        let id = &record.request.id;
        let mut shard = self.of(id);
        if !matches!(shard.get(id, record.settled), Some(Entry::InFlight(_))) {
            return;
        }
        let owed = Entry::Settled(Settled { record: record.clone(), _reservation: None });
        let former = shard.insert(*id, owed, Some(record.expires));
        drop(shard);
        if let Some(former) = former {
            former.end(Ending::Settled(record.clone()));
        }
    }

    /// Takes away a record that is found elsewhere from now on, if it is still here.
    pub(super) fn forget(&self, record: &Arc<Record>) {
        let id = &record.request.id;
        let mut shard = self.of(id);
        let is_here =
            |entry: &Entry| matches!(entry, Entry::Settled(here) if Arc::ptr_eq(&here.record, record));
        if shard.get(id, record.settled).is_some_and(is_here) {
            shard.remove(id);
        }
    }
}

/// A poisoned shard is still whole: nothing that runs under the lock can panic half-way through a change.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is rare is boxed: a map of a million answers has places for two.
pub(super) enum Entry {
    InFlight(Box<InFlight>),
    Settled(Settled),
    Lost(Box<Lost>),
}

const _: () = assert!(size_of::<Entry>() <= 32, "every key of a million has a place of this size");

/// A key with its answer, and the room that the answer takes.
pub(super) struct Settled {
    pub(super) record: Arc<Record>,
    /// Given back when the record leaves. The record of a lost claim is small and takes none; nor does one whose room a
    /// store keeps.
    pub(super) _reservation: Option<Reservation>,
}

/// A key that may be led again and whose leader is gone.
#[derive(Clone)]
pub(super) struct Lost {
    request: Request,
    repeat: Repeat,
    configuration: Digest,
    lost: Settlement,
    pub(super) until: Timestamp,
}

impl Entry {
    pub(super) fn request(&self) -> &Request {
        match self {
            Self::InFlight(running) => &running.request,
            Self::Settled(settled) => &settled.record.request,
            Self::Lost(lost) => &lost.request,
        }
    }

    /// Wakes everybody who waits for this key, if it was in flight.
    pub(super) fn end(self, ending: Ending) {
        if let Self::InFlight(running) = self {
            running.end(ending);
        }
    }
}

impl Lost {
    /// The request that was lost.
    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    /// A claim whose leader is lost.
    pub(super) fn new(request: Request, terms: &Terms, until: Timestamp) -> Self {
        let Terms { repeat, configuration, ref lost, .. } = *terms;
        Self { request, repeat, configuration, lost: lost.settlement(), until }
    }

    /// The same, as a store had it.
    pub(super) fn found(claimed: Claimed, until: Timestamp) -> Self {
        let Claimed { request, repeat, configuration, lost, .. } = claimed;
        Self { request, repeat, configuration, lost, until }
    }

    /// The same, as a store keeps it.
    pub(super) fn as_claimed(&self) -> Claimed {
        let Self { request, repeat, configuration, lost, until } = self.clone();
        Claimed { request, repeat, configuration, lost, lost_until: Some(until) }
    }

    /// What is recorded when nobody may lead in its place: said once, when it was claimed.
    pub(super) fn foretold(&self) -> Settlement {
        self.lost.clone()
    }

    /// Whether a request under these terms may lead in place of the one that was lost.
    pub(super) fn may_be_led_under(&self, terms: &Terms) -> bool {
        self.repeat.allows(&self.configuration, &terms.configuration)
    }
}
