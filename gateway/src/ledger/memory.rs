//! The ledger of one process: a bounded map that a restart forgets.
//!
//! Leader and followers meet at a word to be said (`ledger/word.rs`): settling wakes everybody at once, and nobody polls.
//! Records leave when they expire, never for room.

use std::{sync::Arc, time::Duration};

use super::{
    Ask, BoxFuture, Claim, Clock, Ending, Lead, Ledger, Occupancy, Record, Repeat, Request, Settle,
    Settlement, Terms, Timestamp, Unavailable,
    entry::{Entry, Lost, Settled, Shard, Shards},
    in_flight::InFlight,
    room::{Reservation, Room},
};
use crate::limits;

/// The memory store.
#[derive(Clone)]
pub struct Memory(Arc<Inner>);

struct Inner {
    clock: Clock,
    room: Arc<Room>,
    shards: Shards,
}

/// What the map says about a key.
enum Known {
    Claim(Claim),
    /// It may be led as this request: nobody knows it, or its leader was lost.
    Free(Request, Option<Box<Lost>>),
}

impl Memory {
    /// An empty ledger with room for `bytes`, overheads included.
    pub fn new(bytes: u64) -> Self {
        Self::with_clock(bytes, Clock::start())
    }

    /// An empty ledger with room for `bytes`, overheads included, and this clock.
    pub fn with_clock(bytes: u64, clock: Clock) -> Self {
        Self(Arc::new(Inner { clock, room: Room::new(bytes), shards: Shards::default() }))
    }

    fn decide(&self, ask: &Ask) -> Result<Claim, Unavailable> {
        let now = self.0.clock.now();
        let bytes = ask.terms.answer_bytes_max as u64 + limits::RECORD_OVERHEAD_BYTES;
        let mut swept = false;
        loop {
            let mut shard = self.0.shards.of(&ask.id);
            shard.sweep(now, limits::SWEEP_PER_CLAIM);
            let (request, former) = match known(&mut shard, ask, now) {
                Known::Claim(claim) => return Ok(claim),
                Known::Free(request, former) => (request, former),
            };
            if let Some(reservation) = self.0.room.reserve(bytes) {
                let slot =
                    Slot { ledger: self.clone(), request, terms: ask.terms.clone(), former, reservation };
                return Ok(Self::lead(&mut shard, slot));
            }
            if swept {
                return Err(Unavailable::Full);
            }
            drop(shard);
            // Expired records of other shards may hold the room; then everything is asked anew, since the lock
            // was open.
            self.0.shards.sweep(now);
            swept = true;
        }
    }

    fn lead(shard: &mut Shard, slot: Slot) -> Claim {
        let (running, waiter) = InFlight::new(slot.request.clone());
        shard.insert(slot.request.id, Entry::InFlight(Box::new(running)), None);
        let again = slot.former.is_some();
        let slot = Box::new(slot);
        Claim::Lead(if again { Lead::again(slot) } else { Lead::new(slot) }, waiter)
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
        Occupancy { keys: self.0.shards.len(), bytes: self.0.room.taken() }
    }
}

fn known(shard: &mut Shard, ask: &Ask, now: Timestamp) -> Known {
    let Some(entry) = shard.get(&ask.id, now) else { return Known::Free(ask.as_new(), None) };
    if !ask.is(entry.request()) {
        return Known::Claim(Claim::Conflict);
    }
    let request = entry.request().clone();
    match entry {
        Entry::InFlight(running) => Known::Claim(running.follow()),
        Entry::Settled(settled) => Known::Claim(Claim::Replay(settled.record.clone())),
        Entry::Lost(lost) if lost.may_be_led_under(&ask.terms) => Known::Free(request, Some(lost.clone())),
        Entry::Lost(lost) => {
            // It was led under another configuration: whether that upstream honours the key is not known any more.
            let record = Arc::new(request.settled(lost.foretold(), now));
            let settled = Settled { record: record.clone(), _reservation: None };
            shard.insert(ask.id, Entry::Settled(settled), Some(record.expires));
            Known::Claim(Claim::Replay(record))
        }
    }
}

/// The leader's place in the map.
struct Slot {
    ledger: Memory,
    request: Request,
    terms: Terms,
    /// What was lost before, when it leads again.
    former: Option<Box<Lost>>,
    reservation: Reservation,
}

impl Slot {
    fn end(mut self, settlement: Settlement) {
        let record: Arc<Record> = Arc::new(self.request.settled(settlement, self.ledger.now()));
        self.reservation.shrink_to(record.settlement.answer.bytes() as u64 + limits::RECORD_OVERHEAD_BYTES);
        let settled = Settled { record: record.clone(), _reservation: Some(self.reservation) };
        let next = Some((Entry::Settled(settled), record.expires));
        self.ledger.0.shards.end(&self.request.id, next, Ending::Settled(record));
    }
}

impl Settle for Slot {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), Unavailable>> {
        // Nothing here outlives the process anyway.
        Box::pin(std::future::ready(Ok(())))
    }

    fn settle(self: Box<Self>, settlement: Settlement, _patience: Duration) -> BoxFuture<'static, ()> {
        self.end(settlement);
        Box::pin(std::future::ready(()))
    }

    fn lose(self: Box<Self>) {
        if self.terms.repeat == Repeat::Never {
            let settlement = self.terms.lost.settlement();
            return self.end(settlement);
        }
        let until = self.ledger.now().after(self.terms.lost_life());
        let lost = Lost::new(self.request.clone(), &self.terms, until);
        self.ledger.0.shards.end(&self.request.id, Some((Entry::Lost(Box::new(lost)), until)), Ending::Lost);
    }

    fn withdraw(mut self: Box<Self>, why: Option<Unavailable>) {
        let former = self.former.take().map(|lost| {
            let until = lost.until;
            (Entry::Lost(lost), until)
        });
        self.ledger.0.shards.end(&self.request.id, former, why.map_or(Ending::Lost, Ending::Refused));
    }
}
