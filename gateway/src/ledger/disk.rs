//! The ledger in a folder: it outlives its process.
//!
//! ```text
//! claim ── keys in flight ── records in memory (hot) ── records on the disk ── lead
//! lead ─── begin: the claim ──┐
//!          settle: the record ┼── one writer ── one batch, one sync for all that came meanwhile ── wake
//!          lose, withdraw ────┘
//! ```
//!
//! The keys in flight are in memory, as in the memory store; every other key is on the disk alone, and found there. Which keys
//! there are is in memory, too (`disk/known.rs`). What is looked for and not found is only believed when no key has left the
//! keys in flight meanwhile.
//!
//! Only the writer writes (`disk/writer.rs`). It owns what it was given: whoever asked may be dropped at any await, and
//! everybody is woken all the same. The order in which it is asked is the order on the disk, so a claim that is undone and
//! made again cannot end as undone.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Sender, channel},
    },
    thread,
};

use moka::sync::Cache;
use outcall_protocol::digest::Digest;
use tokio::{
    sync::{oneshot, watch},
    task::spawn_blocking,
    time::timeout,
};

use super::{
    Ask, BoxFuture, Claim, Clock, Lead, Ledger, Occupancy, Record, Request, Settlement, Terms, Timestamp,
    Unavailable,
    entry::{Entry, Shard, Shards},
    in_flight::InFlight,
    room::Room,
};
use crate::limits;

mod batch;
mod engine;
mod folder;
mod known;
mod mark;
mod op;
mod open;
mod plan;
mod slot;
mod writer;

pub use open::Unopened;

use batch::Space;
use engine::{Disturb, Engine, Failed};
use op::Op;
use slot::Slot;
use writer::Writer;

/// The disk store.
#[derive(Clone)]
pub struct Disk(Arc<Shared>);

/// What claims and leads share.
struct Shared {
    core: Arc<Core>,
    queue: Sender<Op>,
}

/// What the writer needs of it. It must not hold the queue, whose end tells the writer to stop.
struct Core {
    clock: Clock,
    room: Arc<Room>,
    /// Keys in flight, those whose leader was lost, and what is owed to the disk.
    shards: Shards,
    engine: Engine,
    /// Records, not keys: what is not here may be on the disk.
    hot: Cache<Digest, Arc<Record>>,
    /// Whether the last write succeeded.
    sound: watch::Sender<bool>,
    /// How many records are on the disk.
    records: AtomicU64,
    /// How much the writer has not taken yet.
    queued: AtomicUsize,
}

/// How far a claim has come.
enum Step {
    Claim(Claim),
    /// The key is not in memory; the disk has to be asked. With the count by which to see that it still is not.
    LookUp(u64),
    NoRoom,
}

impl Disk {
    /// Opens a folder, or makes it, with room for `bytes`, overheads included. What a dead process left unfinished is decided
    /// when this returns.
    ///
    /// # Errors
    /// When another process has it, when it cannot be used, or when something in it cannot be read.
    pub fn open(path: &Path, bytes: u64) -> Result<Self, Unopened> {
        Self::open_with(path, bytes, None, Clock::start_after)
    }

    fn open_with(
        path: &Path,
        bytes: u64,
        disturbance: Option<Arc<dyn Disturb>>,
        clock: impl FnOnce(Timestamp) -> Clock,
    ) -> Result<Self, Unopened> {
        let open = || {
            let engine = Engine::open(path, disturbance)?;
            let clock = clock(open::told(&engine)?);
            let core = Arc::new(Core::new(engine, clock, bytes));
            Ok((open::finish(&core)?, core))
        };
        let (held, core) = open().map_err(|obstacle: open::Obstacle| obstacle.at(path.to_owned()))?;
        let (queue, asked) = channel();
        let writer = Writer::new(core.clone(), asked, held);
        let named = thread::Builder::new().name("ledger-writer".to_owned());
        named.spawn(move || writer.run()).map_err(Unopened::Thread)?;
        Ok(Self(Arc::new(Shared { core, queue })))
    }

    /// How often the writer has waited for the disk since the start.
    pub fn syncs(&self) -> u64 {
        self.0.core.engine.syncs()
    }

    async fn decide(&self, ask: &Ask) -> Result<Claim, Unavailable> {
        let (mut absent, mut swept) = (None, false);
        loop {
            match self.step(ask, absent) {
                Step::Claim(claim) => return Ok(claim),
                Step::LookUp(count) => {
                    if let Some(record) = self.recorded(&ask.id).await? {
                        return Ok(if ask.is(&record.request) {
                            Claim::Replay(record)
                        } else {
                            Claim::Conflict
                        });
                    }
                    absent = Some(count);
                }
                Step::NoRoom if swept => return Err(Unavailable::Full),
                // Expired records may hold the room; then everything is asked anew.
                Step::NoRoom => swept = !self.make_room().await,
            }
        }
    }

    /// Decides what can be decided in memory. `absent` is the count since which the disk does not have the key.
    fn step(&self, ask: &Ask, absent: Option<u64>) -> Step {
        let core = &self.0.core;
        let now = core.clock.now();
        let mut shard = core.shards.of(&ask.id);
        shard.sweep(now, limits::SWEEP_PER_CLAIM);
        let (request, former) = match shard.get(&ask.id, now) {
            None if absent == Some(shard.removed()) => (ask.as_new(), None),
            None => return Step::LookUp(shard.removed()),
            Some(entry) if !ask.is(entry.request()) => return Step::Claim(Claim::Conflict),
            Some(Entry::InFlight(running)) => return Step::Claim(running.follow()),
            Some(Entry::Settled(owed)) => return Step::Claim(Claim::Replay(owed.record.clone())),
            Some(Entry::Lost(lost)) => (lost.request().clone(), Some((**lost).clone())),
        };
        if let Some(lost) = &former
            && !lost.may_be_led_under(&ask.terms)
        {
            return Step::Claim(self.lost_for_good(&mut shard, ask, request, lost.foretold()));
        }
        let bytes = ask.terms.answer_bytes_max as u64 + limits::RECORD_OVERHEAD_BYTES;
        match core.room.reserve(bytes) {
            Some(reservation) => {
                let slot = Slot::new(self, ask, request, former, Some(reservation));
                Step::Claim(lead(&mut shard, slot))
            }
            None => Step::NoRoom,
        }
    }

    /// It was led under another configuration: whether that upstream honours the key is not known any more. As soon as that
    /// is recorded, everybody knows.
    fn lost_for_good(&self, shard: &mut Shard, ask: &Ask, request: Request, lost: Settlement) -> Claim {
        // As it was foretold when the key was claimed, so that a crash in between changes no byte of it.
        let terms = Terms { lost: lost.into(), ..ask.terms.clone() };
        let ask = &Ask { terms, ..ask.clone() };
        let (running, waiter) = InFlight::new(request.clone());
        shard.insert(request.id, Entry::InFlight(Box::new(running)), None);
        Slot::new(self, ask, request, None, None).lost_for_good();
        Claim::Follow(waiter)
    }

    /// What is recorded for this key, in memory or on the disk.
    async fn recorded(&self, id: &Digest) -> Result<Option<Arc<Record>>, Unavailable> {
        let (core, id) = (self.0.core.clone(), *id);
        let now = core.clock.now();
        let live = |record: &Arc<Record>| now < record.expires;
        if let Some(record) = core.hot.get(&id).filter(live) {
            return Ok(Some(record));
        }
        if !core.engine.may_have_record(id.as_bytes()) {
            return Ok(None);
        }
        // A disk may take its time; the runtime's own threads have none.
        match spawn_blocking(move || core.read(id)).await {
            Ok(Ok(record)) => Ok(record.filter(live)),
            Ok(Err(unavailable)) => Err(unavailable),
            Err(_) => Err(Unavailable::Unreachable),
        }
    }

    /// Has expired records forgotten; whether there are more of them.
    async fn make_room(&self) -> bool {
        let (reply, more) = oneshot::channel();
        self.0.ask(Op::Sweep { reply });
        // Not for ever: a disk may hold the writer up.
        timeout(limits::BEGIN_TIMEOUT, more).await.is_ok_and(|more| more.unwrap_or(false))
    }
}

impl Shared {
    fn ask(&self, op: Op) {
        self.core.queued.fetch_add(1, Ordering::Relaxed);
        // Without a writer, what it was to do is dropped, and says so to whoever waits for it.
        let _ = self.queue.send(op);
    }
}

impl Core {
    fn new(engine: Engine, clock: Clock, bytes: u64) -> Self {
        let hot = Cache::builder().max_capacity(limits::HOT_BYTES).weigher(weight).build();
        Self {
            clock,
            room: Room::new(bytes),
            shards: Shards::default(),
            engine,
            hot,
            sound: watch::Sender::new(true),
            records: AtomicU64::new(0),
            queued: AtomicUsize::new(0),
        }
    }

    fn read(&self, id: Digest) -> Result<Option<Arc<Record>>, Unavailable> {
        let read = self.engine.get(Space::Records, id.as_bytes()).map(|bytes| {
            let record = bytes.map(|bytes| Record::decode(id, &bytes)).transpose();
            record.map_err(|damaged| Failed::Engine(damaged.to_string()))
        });
        match read.and_then(|record| record) {
            Ok(None) => Ok(None),
            Ok(Some(record)) => {
                let record = Arc::new(record);
                self.hot.insert(id, record.clone());
                Ok(Some(record))
            }
            Err(failed) => {
                tracing::error!(key = %id, cause = %failed, "the ledger cannot be read: nothing is led under this key");
                Err(Unavailable::Unreachable)
            }
        }
    }
}

impl Ledger for Disk {
    fn claim<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Claim, Unavailable>> {
        Box::pin(self.decide(ask))
    }

    fn now(&self) -> Timestamp {
        self.0.core.clock.now()
    }

    fn occupancy(&self) -> Occupancy {
        let core = &self.0.core;
        let records = usize::try_from(core.records.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        Occupancy { keys: core.shards.len() + records, bytes: core.room.taken() }
    }
}

fn lead(shard: &mut Shard, slot: Slot) -> Claim {
    let (running, waiter) = InFlight::new(slot.request().clone());
    shard.insert(slot.request().id, Entry::InFlight(Box::new(running)), None);
    let again = slot.is_again();
    let slot = Box::new(slot);
    Claim::Lead(if again { Lead::again(slot) } else { Lead::new(slot) }, waiter)
}

fn weight(_: &Digest, record: &Arc<Record>) -> u32 {
    let bytes = record.settlement.answer.bytes() as u64 + limits::RECORD_OVERHEAD_BYTES;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
