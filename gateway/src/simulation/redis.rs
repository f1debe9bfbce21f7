//! A Redis that is played: the ledger's real scripts, by its own clock, over wires that fail.
//!
//! One thing happens at a time, as in Redis. What was written and not synced yet is lost when it crashes, from any script
//! on; when it syncs is up to its mode and to chance.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use super::{
    dice::{chance, millis, one_of},
    history::History,
    signal::Signal,
};

mod data;
mod lua;
mod resp;
mod wire;

use data::{Data, Undo};
use resp::{Command, Reply};
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
    /// How long the disk takes at the moment, at most.
    disk: Mutex<Duration>,
}

/// Whether it runs, and for the how many-th time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Status {
    up: bool,
    life: u64,
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
        };
        let server = Self(Arc::new(Inner {
            history,
            sync,
            core: Mutex::new(core),
            turn: tokio::sync::Mutex::default(),
            status: Signal::new(Status { up: true, life: 0 }),
            synced: Signal::new(0),
            disk: Mutex::new(Duration::from_millis(2)),
        }));
        if sync == Sync::NowAndThen {
            tokio::spawn(server.clone().sync_now_and_then());
        }
        server
    }

    /// How long its disk takes from now on, at most.
    pub(super) fn set_disk(&self, most: Duration) {
        *self.0.disk.lock().unwrap_or_else(PoisonError::into_inner) = most;
    }

    /// Its clock is set forward, or back.
    pub(super) fn set_clock(&self, by_millis: i64) {
        self.0.history.note(format_args!("redis: its clock is set by {by_millis} ms"));
        self.core().clock_skew += by_millis;
    }

    /// It is gone, with whatever was not synced, from some script on. Whether anything was lost.
    pub(super) fn crash(&self) -> bool {
        let mut core = self.core();
        let lost = fastrand::usize(0..=core.unsynced.len());
        for _ in 0..lost {
            if let Some(undo) = core.unsynced.pop() {
                core.data.take_back(undo);
            }
        }
        core.unsynced.clear();
        core.written -= lost as u64;
        self.0.synced.set(core.written);
        self.gone(&mut core);
        self.0.history.note(format_args!("redis: crashes, and loses the changes of {lost} scripts"));
        lost > 0
    }

    /// It is gone, and its disk too.
    pub(super) fn lose_all(&self) {
        let mut core = self.core();
        core.data = Data::default();
        core.unsynced.clear();
        self.0.synced.set(core.written);
        self.gone(&mut core);
        self.0.history.note(format_args!("redis: crashes, and loses all"));
    }

    fn gone(&self, core: &mut Core) {
        core.scripts.clear();
        core.listeners.clear();
        self.0.status.change(|status| status.up = false);
    }

    /// It is there again, and reads its log for a while.
    pub(super) fn restart(&self) {
        self.core().loading_until = Instant::now() + one_of(&[Duration::ZERO, millis(0..=800)]);
        self.0.status.change(|status| *status = Status { up: true, life: status.life + 1 });
        self.0.history.note(format_args!("redis: is there again"));
    }

    /// Every record that was written and not lost: the key as Redis names it, and the record.
    pub(super) fn records(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.core().data.records()
    }

    /// Whether the room that it counts is that of all keys together.
    pub(super) fn adds_up(&self) -> bool {
        self.core().data.adds_up()
    }

    async fn sync_now_and_then(self) {
        loop {
            sleep(millis(50..=1000)).await;
            let written = self.core().written;
            let status = self.0.status.get();
            sleep(self.disk_time()).await;
            let mut core = self.core();
            if self.0.status.get() != status {
                continue;
            }
            let synced = self.0.synced.get();
            core.unsynced.drain(..(written - synced) as usize);
            self.0.synced.set(written);
        }
    }

    /// Does what a command says, when it is its turn.
    async fn execute(
        &self,
        command: &Command,
        connection: u64,
        outbox: &mpsc::UnboundedSender<Reply>,
    ) -> Reply {
        let (name, arguments) = command.split_first().expect("a command");
        let name = std::str::from_utf8(name).expect("a name");
        let loading = self.core().loading_until > Instant::now();
        if loading && matches!(name, "EVALSHA" | "SCRIPT") {
            return Reply::Error("LOADING Redis is loading the dataset in memory".to_owned());
        }
        match (name, arguments) {
            ("CLIENT", _) => Reply::Status("OK"),
            ("INFO", []) => Reply::text(
                "redis_version:7.4.0\r\nrole:master\r\nredis_mode:standalone\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n",
            ),
            ("CONFIG", _) => {
                let value = if self.0.sync == Sync::Always { "always" } else { "everysec" };
                Reply::Array(vec![Reply::text("appendfsync"), Reply::text(value)])
            }
            ("COMMAND", _) => Reply::Array(vec![Reply::Array(vec![Reply::text("waitaof")])]),
            ("PING", []) => Reply::Array(vec![Reply::text("pong"), Reply::text("")]),
            ("SUBSCRIBE", [channel]) => {
                self.core().listeners.insert(connection, (channel.clone(), outbox.clone()));
                Reply::Array(vec![Reply::text("subscribe"), Reply::Bulk(channel.clone()), Reply::Integer(1)])
            }
            ("SCRIPT", [_, script]) => {
                let script = String::from_utf8(script.clone()).expect("a script");
                let hash = ::redis::Script::new(&script).get_hash().to_owned();
                self.core().scripts.insert(hash.clone(), script.into());
                Reply::text(&hash)
            }
            ("EVALSHA", [hash, count, key, arguments @ ..]) if count == b"1" => {
                self.evaluate(hash, key, arguments).await
            }
            ("WAITAOF", [_, _, millis]) => {
                let millis = std::str::from_utf8(millis).ok().and_then(|millis| millis.parse().ok());
                self.wait(Duration::from_millis(millis.expect("a number"))).await
            }
            _ => {
                self.0.history.defect(format_args!("the played server does not know {name}"));
                Reply::Error("ERR unknown command".to_owned())
            }
        }
    }

    async fn evaluate(&self, hash: &[u8], key: &[u8], arguments: &[Vec<u8>]) -> Reply {
        let _turn = self.0.turn.lock().await;
        let (reply, unsynced) = {
            let mut core = self.core();
            let hash = std::str::from_utf8(hash).expect("a hash");
            let Some(script) = core.scripts.get(hash).cloned() else {
                return Reply::Error("NOSCRIPT No matching script. Please use EVAL.".to_owned());
            };
            let now = self.0.history.now().as_micros() as i64 + (DAWN_MILLIS + core.clock_skew) * 1000;
            let (mut told, core) = (Vec::new(), &mut *core);
            let data = &mut core.data;
            let mut calls = |command: Command| match &command[..] {
                [name] if name == b"TIME" => Ok(time(now)),
                [name, channel, message] if name == b"PUBLISH" => {
                    told.push((channel.clone(), message.clone()));
                    Ok(Reply::Integer(0))
                }
                command => data.run(command),
            };
            let reply =
                lua::run((hash, &script), &[key.to_vec()], arguments, &mut calls).unwrap_or_else(|error| {
                    self.0.history.defect(format_args!("a script failed: {error}"));
                    Reply::Error(format!("ERR {error}"))
                });
            for (channel, message) in told {
                core.publish(&channel, &message);
            }
            core.keep();
            // What an earlier script has changed, too: its connection may have broken before it was synced.
            (reply, !core.unsynced.is_empty())
        };
        if unsynced && self.0.sync == Sync::Always {
            let disk = self.disk_time();
            if !disk.is_zero() {
                sleep(disk).await;
            }
            let mut core = self.core();
            core.unsynced.clear();
            self.0.synced.set(core.written);
        }
        reply
    }

    async fn wait(&self, patience: Duration) -> Reply {
        let written = self.core().written;
        let waited = timeout(patience, self.0.synced.until(|synced| *synced >= written)).await;
        Reply::Array(vec![Reply::Integer(waited.is_ok().into()), Reply::Integer(0)])
    }

    fn disk_time(&self) -> Duration {
        let most = *self.0.disk.lock().unwrap_or_else(PoisonError::into_inner);
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        if chance(1, 2) { Duration::ZERO } else { millis(0..=most) }
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.0.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// Remembers what the last script has changed, if it has.
    fn keep(&mut self) {
        if let Some(undo) = self.data.changes() {
            self.unsynced.push(undo);
            self.written += 1;
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

fn time(micros: i64) -> Reply {
    let parts = [micros / 1_000_000, micros % 1_000_000];
    Reply::Array(parts.map(|part| Reply::text(&part.to_string())).to_vec())
}
