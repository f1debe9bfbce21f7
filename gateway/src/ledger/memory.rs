//! The ledger of one process: a bounded map that a restart forgets.
//!
//! Keys are spread over shards, each behind a short lock that is never held across an await. Leader and followers
//! meet at a `watch` channel: settling wakes everybody at once, and nobody polls. Records leave when they expire,
//! never for room.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderName;
use outcall_protocol::{digest::Digest, fingerprint::Fingerprint};

use super::{
    Ask, BoxFuture, Claim, Clock, Ending, Lead, Ledger, Occupancy, Record, Repeat, Settle, Settlement, Terms,
    Timestamp, Unavailable, Waiter, expiring::Expiring,
};
use crate::limits;

mod entry;
mod room;

use entry::{Entry, InFlight, Lost, Settled};
use room::{Reservation, Room};

const SHARDS: usize = 64;

type Shard = Expiring<Entry>;

/// [`Lead::new`] or [`Lead::again`].
type NewLead = fn(Box<dyn Settle>) -> Lead;

/// The memory store.
#[derive(Clone)]
pub struct Memory(Arc<Inner>);

struct Inner {
    clock: Clock,
    room: Arc<Room>,
    shards: [Mutex<Shard>; SHARDS],
}

/// A claimed request: what its record will be found and compared by.
#[derive(Clone)]
struct Request {
    id: Digest,
    names: Arc<[HeaderName]>,
    fingerprint: Fingerprint,
}

/// What the map says about a key.
enum Known {
    Claim(Claim),
    /// Nobody knows it: it may be led as this request.
    Free(Request),
    /// Its leader was lost: it may be led again as this request.
    Lost(Request),
}

impl Memory {
    /// An empty ledger with room for `bytes`, overheads included.
    pub fn new(bytes: u64) -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self(Arc::new(Inner { clock: Clock::start(), room: Room::new(bytes), shards }))
    }

    fn decide(&self, ask: &Ask) -> Result<Claim, Unavailable> {
        let now = self.0.clock.now();
        let bytes = ask.terms.answer_bytes_max as u64 + limits::RECORD_OVERHEAD_BYTES;
        let mut swept = false;
        loop {
            let mut shard = self.0.shard(&ask.id);
            shard.sweep(now, limits::SWEEP_PER_CLAIM);
            let (request, lead): (_, NewLead) = match known(&mut shard, ask, now) {
                Known::Claim(claim) => return Ok(claim),
                Known::Free(request) => (request, Lead::new),
                Known::Lost(request) => (request, Lead::again),
            };
            if let Some(reservation) = self.0.room.reserve(bytes) {
                let slot = Slot { ledger: self.clone(), request, terms: ask.terms.clone(), reservation };
                return Ok(Self::lead(&mut shard, slot, lead));
            }
            if swept {
                return Err(Unavailable::Full);
            }
            drop(shard);
            // Expired records of other shards may hold the room; then everything is asked anew, since the lock
            // was open.
            self.0.sweep(now);
            swept = true;
        }
    }

    fn lead(shard: &mut Shard, slot: Slot, lead: NewLead) -> Claim {
        let (running, waiter) = InFlight::new(slot.request.clone());
        shard.insert(slot.request.id, Entry::InFlight(running), None);
        Claim::Lead(lead(Box::new(slot)), waiter)
    }
}

impl Ledger for Memory {
    fn claim<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Claim, Unavailable>> {
        Box::pin(async move { self.decide(ask) })
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn occupancy(&self) -> Occupancy {
        let keys = self.0.shards.iter().map(|shard| lock(shard).len()).sum();
        Occupancy { keys, bytes: self.0.room.taken() }
    }
}

impl Inner {
    fn shard(&self, id: &Digest) -> MutexGuard<'_, Shard> {
        // The identity is a digest: any byte of it spreads the keys evenly.
        lock(&self.shards[usize::from(id.as_bytes()[0]) % SHARDS])
    }

    fn sweep(&self, now: Timestamp) {
        for shard in &self.shards {
            lock(shard).sweep(now, usize::MAX);
        }
    }
}

fn known(shard: &mut Shard, ask: &Ask, now: Timestamp) -> Known {
    let Some(entry) = shard.get(&ask.id, now) else {
        let names = ask.request.names().clone();
        let fingerprint = ask.request.fingerprint(&names);
        return Known::Free(Request { id: ask.id, names, fingerprint });
    };
    let fingerprint = entry.fingerprint();
    if ask.request.fingerprint(entry.names()) != fingerprint {
        return Known::Claim(Claim::Conflict);
    }
    let request = Request { id: ask.id, names: entry.names().clone(), fingerprint };
    match entry {
        Entry::InFlight(running) => Known::Claim(running.follow()),
        Entry::Settled(settled) => Known::Claim(Claim::Replay(settled.record.clone())),
        Entry::Lost(lost) if lost.may_be_led_under(&ask.terms) => Known::Lost(request),
        Entry::Lost(_) => {
            // It was led under another configuration: whether that upstream honours the key is not known any more.
            let record = request.record(ask.terms.lost.clone(), now);
            let settled = Settled { record: record.clone(), _reservation: None };
            shard.insert(ask.id, Entry::Settled(settled), Some(record.expires));
            Known::Claim(Claim::Replay(record))
        }
    }
}

impl Request {
    fn record(&self, settlement: Settlement, now: Timestamp) -> Arc<Record> {
        let expires = now.after(settlement.life);
        let (fingerprint, names) = (self.fingerprint, self.names.clone());
        Arc::new(Record { settlement, fingerprint, names, settled: now, expires })
    }
}

/// The leader's place in the map.
struct Slot {
    ledger: Memory,
    request: Request,
    terms: Terms,
    reservation: Reservation,
}

impl Slot {
    fn end(mut self, settlement: Settlement) {
        let record = self.request.record(settlement, self.ledger.now());
        self.reservation.shrink_to(record.settlement.answer.bytes() as u64 + limits::RECORD_OVERHEAD_BYTES);
        let settled = Settled { record: record.clone(), _reservation: Some(self.reservation) };
        let former = self.ledger.0.shard(&self.request.id).insert(
            self.request.id,
            Entry::Settled(settled),
            Some(record.expires),
        );
        // Woken after the lock is open, so that the first to wake does not run into it.
        if let Some(former) = former {
            former.end(Ending::Settled(record));
        }
    }
}

impl Settle for Slot {
    fn settle(self: Box<Self>, settlement: Settlement) -> BoxFuture<'static, ()> {
        self.end(settlement);
        Box::pin(std::future::ready(()))
    }

    fn lose(self: Box<Self>) {
        let life = match self.terms.repeat {
            Repeat::Never => {
                let settlement = self.terms.lost.clone();
                return self.end(settlement);
            }
            Repeat::Always => limits::LOST_CLAIM_LIFE,
            // Forgotten earlier, it could be led under another configuration.
            Repeat::SameConfiguration => self.terms.lost.life,
        };
        let lost = Lost::new(self.request.clone(), &self.terms);
        let forgotten = self.ledger.now().after(life);
        let former =
            self.ledger.0.shard(&self.request.id).insert(self.request.id, Entry::Lost(lost), Some(forgotten));
        if let Some(former) = former {
            former.end(Ending::Lost);
        }
    }
}

/// A poisoned shard is still whole: nothing that runs under the lock can panic half-way through a change.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
