//! A Redis that is played: the ledger's real scripts, by its own clock, over wires that fail.
//!
//! One thing happens at a time, as in Redis. What was written and not synced yet is lost when it crashes, from any script
//! on; when it syncs is up to its mode and to chance.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::mpsc, time::Instant};

use super::{history::History, signal::Signal};

mod commands;
mod data;
mod disk;
mod lua;
mod resp;
mod wire;

use data::{Data, Undo};
use resp::Reply;
pub(super) use wire::{Net, Way, dial};

/// Milliseconds since 1970-01-01 at which every simulation begins.
const DAWN_MILLIS: i64 = 1_700_000_000_000;

/// How it keeps what it acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sync {
    /// `appendfsync always`: synced before anybody hears of it.
    Always,
    /// `appendfsync everysec`: synced now and then, and whoever asks (`WAITAOF`) hears when.
    NowAndThen,
}

/// The played server. Clones are the same one.
#[derive(Clone)]
pub(super) struct Server(Arc<Inner>);

struct Inner {
    history: History,
    sync: Sync,
    core: Mutex<Core>,
    /// One thing at a time.
    turn: tokio::sync::Mutex<()>,
    status: Signal<Status>,
    /// How many scripts' changes are on its disk.
    synced: Signal<u64>,
    disk: Signal<Disk>,
}

/// Whether it runs, and for the how many-th time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Status {
    up: bool,
    life: u64,
}

/// What its disk is like at the moment.
#[derive(Clone, Copy, Debug)]
struct Disk {
    /// How long it takes, at most.
    most: Duration,
    /// Whether nothing is synced at all.
    stuck: bool,
}

struct Core {
    data: Data,
    /// Changes that are not synced, in order.
    unsynced: Vec<Undo>,
    /// How many scripts have changed something.
    written: u64,
    scripts: HashMap<String, Arc<str>>,
    clock_skew: i64,
    loading_until: Instant,
    listeners: BTreeMap<u64, (Vec<u8>, mpsc::UnboundedSender<Reply>)>,
    connections: u64,
    /// How far the server had come when a connection last changed something: all that `WAITAOF` waits for.
    changed: BTreeMap<u64, u64>,
}

impl Server {
    pub(super) fn start(history: History, sync: Sync) -> Self {
        let core = Core {
            data: Data::default(),
            unsynced: Vec::new(),
            written: 0,
            scripts: HashMap::new(),
            clock_skew: 0,
            loading_until: Instant::now(),
            listeners: BTreeMap::new(),
            connections: 0,
            changed: BTreeMap::new(),
        };
        let server = Self(Arc::new(Inner {
            history,
            sync,
            core: Mutex::new(core),
            turn: tokio::sync::Mutex::default(),
            status: Signal::new(Status { up: true, life: 0 }),
            synced: Signal::new(0),
            disk: Signal::new(Disk { most: Duration::from_millis(2), stuck: false }),
        }));
        if sync == Sync::NowAndThen {
            tokio::spawn(server.clone().sync_now_and_then());
        }
        server
    }

    /// Its clock is set forward, or back.
    pub(super) fn set_clock(&self, by_millis: i64) {
        self.0.history.note(format_args!("redis: its clock is set by {by_millis} ms"));
        self.core().clock_skew += by_millis;
    }

    /// Every record that was written and not lost: the key as Redis names it, and the record.
    pub(super) fn records(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.core().data.records()
    }

    /// How many connections were ever opened.
    pub(super) fn connections(&self) -> u64 {
        self.core().connections
    }

    /// Whether the room that it counts is that of all keys together.
    pub(super) fn adds_up(&self) -> bool {
        self.core().data.adds_up()
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.0.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// Remembers what the last script has changed, if it has.
    fn keep(&mut self, connection: u64) {
        if let Some(undo) = self.data.changes() {
            self.unsynced.push(undo);
            self.written += 1;
            self.changed.insert(connection, self.written);
        }
    }

    fn publish(&mut self, channel: &[u8], message: &[u8]) {
        for (name, listener) in self.listeners.values() {
            if name == channel {
                let word = [&b"message"[..], channel, message].map(|item| Reply::Bulk(item.to_vec()));
                let _ = listener.send(Reply::Array(word.to_vec()));
            }
        }
    }
}
