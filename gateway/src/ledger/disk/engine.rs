//! The folder and what is in it: the only file that knows which engine keeps it.
//!
//! A failed write poisons the engine: what it had in hand may or may not have landed, and it takes no more. It goes on
//! reading, so it stays open until there is a chance that opening it anew will do. That little space is left is found out
//! before a write, so that a full disk poisons nothing.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode};

use super::{
    batch::{Batch, FORMAT, SYNCED, Space, VERSION, number, read_expiry_key},
    folder::Folder,
    known::Known,
    mark::Mark,
};
use crate::limits;

/// The open folder.
pub(super) struct Engine {
    path: PathBuf,
    held: RwLock<Option<Held>>,
    known: Known,
    /// Closed for good.
    closed: AtomicBool,
    disturbance: Option<Arc<dyn Disturb>>,
    syncs: AtomicU64,
}

/// The engine's files, and behind them the folder, which is let go when they are closed.
struct Held {
    open: Open,
    mark: Mark,
    /// The number of the last durable write that was tried.
    tried: AtomicU64,
    _folder: Folder,
}

struct Open {
    database: Database,
    records: Keyspace,
    claims: Keyspace,
    expiries: Keyspace,
    meta: Keyspace,
}

/// A key and its value.
type Pair = (Vec<u8>, Vec<u8>);

/// What may come between the store and its disk, in a test.
pub(super) trait Disturb: Send + Sync {
    /// Makes the write or not, and says what is to be believed of it.
    fn write(&self, write: &mut dyn FnMut() -> Result<(), Failed>) -> Result<(), Failed>;
}

/// How much of the disk a write may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// All but what is kept for the engine's own work.
    Most,
    /// Some of that too: it gives back more than it takes.
    Reserve,
}

/// Why something could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    /// Nothing was attempted.
    #[error("{free} bytes are left on its disk, and {} are needed to go on", limits::DISK_RESERVE_BYTES)]
    NoSpace { free: u64 },
    /// Another process has the folder.
    #[error("another process uses it")]
    Locked,
    /// Files are missing that were there.
    #[error("a ledger without its version, of which more may be missing")]
    Incomplete,
    /// Its log has a broken place, or is an older one.
    #[error("a log that ends with durable write {found}, although write {noted} was on the disk")]
    Shortened { found: u64, noted: u64 },
    /// There is something else in the folder, and no ledger.
    #[error("no ledger, but {0}")]
    Foreign(String),
    /// It may have landed.
    #[error("{0}")]
    Engine(String),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it is not open")]
    Closed,
}

impl From<fjall::Error> for Failed {
    fn from(error: fjall::Error) -> Self {
        match error {
            fjall::Error::Locked => Self::Locked,
            fjall::Error::Io(error) => Self::Io(error),
            other => Self::Engine(other.to_string()),
        }
    }
}

impl Engine {
    pub(super) fn open(path: &Path, disturbance: Option<Arc<dyn Disturb>>) -> Result<Self, Failed> {
        let held = Held::take(path)?;
        Ok(Self {
            path: path.to_owned(),
            known: held.open.known()?,
            held: RwLock::new(Some(held)),
            closed: AtomicBool::new(false),
            disturbance,
            syncs: AtomicU64::new(0),
        })
    }

    /// Opens the folder anew: after a failed write, when what had landed by then is there from now on; or to let go of files
    /// that are removed.
    pub(super) fn reopen(&self, share: Share) -> Result<(), Failed> {
        self.has_space(share)?;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        // The old one holds the lock of the folder.
        drop(held.take());
        if self.closed.load(Ordering::SeqCst) {
            return Err(Failed::Closed);
        }
        *held = Some(Held::take(&self.path)?);
        Ok(())
    }

    /// Lets go of the folder, for good.
    #[cfg(test)]
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        drop(self.held.write().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Whether there may be a record of this key. Does not wait for the disk.
    pub(super) fn may_have_record(&self, key: &[u8]) -> bool {
        self.known.may_have(key)
    }

    pub(super) fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, Failed> {
        if space == Space::Records && !self.may_have_record(key) {
            return Ok(None);
        }
        self.with(|open| Ok(open.keyspace(space).get(key)?.map(|value| value.to_vec())))
    }

    /// The first `most` values from this key up to and without that one.
    pub(super) fn range(
        &self,
        space: Space,
        keys: std::ops::Range<Vec<u8>>,
        most: usize,
    ) -> Result<Vec<Pair>, Failed> {
        self.with(|open| {
            let found = open.keyspace(space).range(keys).take(most);
            found
                .map(|item| {
                    let (key, value) = item.into_inner()?;
                    Ok((key.to_vec(), value.to_vec()))
                })
                .collect()
        })
    }

    /// Makes all changes or none, and hands them to the operating system; when they are to be durable, waits until they
    /// are on the disk.
    pub(super) fn write(&self, batch: &Batch, durable: bool, what: Share) -> Result<(), Failed> {
        self.has_space(what)?;
        for (key, _) in batch.records().filter(|(_, stays)| *stays) {
            self.known.add(key);
        }
        let mut write = || self.with_held(|held| held.write(batch, durable));
        match &self.disturbance {
            Some(disturbance) => disturbance.write(&mut write)?,
            None => write()?,
        }
        for (key, _) in batch.records().filter(|(_, stays)| !stays) {
            self.known.remove(key);
        }
        self.syncs.fetch_add(u64::from(durable), Ordering::Relaxed);
        Ok(())
    }

    /// How often it waited for the disk.
    pub(super) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    /// Has what was forgotten leave the memory, where it takes no space from the disk yet.
    pub(super) fn flush(&self) -> Result<(), Failed> {
        self.with(|open| {
            for keyspace in open.keyspaces() {
                keyspace.rotate_memtable()?;
            }
            Ok(())
        })
    }

    /// Gives the space of what was forgotten back to the disk, if that has left the memory; whether it had. The engine does
    /// so by itself only behind further writes, which a full disk does not take.
    pub(super) fn compact(&self) -> Result<bool, Failed> {
        self.with(|open| {
            let flushed = open.keyspaces().iter().all(|keyspace| keyspace.sealed_memtable_count() == 0);
            if flushed {
                // The first finds out what is not needed any more, the second removes it.
                open.records.major_compact()?;
                open.records.major_compact()?;
            }
            Ok(flushed)
        })
    }

    /// Whether the disk has space for another write.
    pub(super) fn has_space(&self, share: Share) -> Result<(), Failed> {
        let disk = rustix::fs::statvfs(&self.path).map_err(io::Error::from)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let needed = match share {
            Share::Most => limits::DISK_RESERVE_BYTES,
            Share::Reserve => limits::DISK_RESERVE_BYTES / 2,
        };
        if free < needed { Err(Failed::NoSpace { free }) } else { Ok(()) }
    }

    fn with<T>(&self, look: impl FnOnce(&Open) -> Result<T, Failed>) -> Result<T, Failed> {
        self.with_held(|held| look(&held.open))
    }

    fn with_held<T>(&self, look: impl FnOnce(&Held) -> Result<T, Failed>) -> Result<T, Failed> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        look(held.as_ref().ok_or(Failed::Closed)?)
    }
}

impl Held {
    fn take(path: &Path) -> Result<Self, Failed> {
        let folder = Folder::take(path)?;
        let open = folder.open(Open::found, Open::made)?;
        let mark = folder.mark()?;
        let (found, noted) = (open.synced()?, mark.noted()?);
        if found < noted {
            return Err(Failed::Shortened { found, noted });
        }
        Ok(Self { open, mark, tried: AtomicU64::new(found), _folder: folder })
    }

    fn write(&self, batch: &Batch, durable: bool) -> Result<(), Failed> {
        if !durable {
            return self.open.write(batch, None);
        }
        let number = self.tried.fetch_add(1, Ordering::Relaxed) + 1;
        self.open.write(batch, Some(number))?;
        Ok(self.mark.note(number)?)
    }
}

impl Open {
    /// What was made before. The engine makes anew what it misses, so that a ledger of which it has nothing looks empty.
    fn found(path: &Path) -> Result<Self, Failed> {
        let open = Self::new(path)?;
        if open.meta.get(FORMAT)?.is_none() { Err(Failed::Incomplete) } else { Ok(open) }
    }

    /// A new one, whose version is on the disk.
    fn made(path: &Path) -> Result<Self, Failed> {
        let open = Self::new(path)?;
        open.meta.insert(FORMAT, VERSION.to_be_bytes())?;
        open.database.persist(PersistMode::SyncAll)?;
        Ok(open)
    }

    fn new(path: &Path) -> Result<Self, Failed> {
        let database = Database::builder(path)
            .cache_size(limits::ENGINE_CACHE_BYTES)
            .max_journaling_size(limits::ENGINE_JOURNAL_BYTES)
            .worker_threads(limits::ENGINE_THREADS)
            // Every write says itself how far it goes.
            .manual_journal_persist(true)
            .open()?;
        let small = || KeyspaceCreateOptions::default().max_memtable_size(limits::ENGINE_MEMTABLE_BYTES);
        let large = || {
            let apart = KvSeparationOptions::default().separation_threshold(limits::ENGINE_APART_BYTES);
            small().with_kv_separation(Some(apart))
        };
        let open = Self {
            records: database.keyspace("records", large)?,
            claims: database.keyspace("claims", small)?,
            expiries: database.keyspace("expiries", small)?,
            meta: database.keyspace("meta", small)?,
            database,
        };
        open.database.persist(PersistMode::SyncAll)?;
        Ok(open)
    }

    /// The keys of all records, as their ends tell, which are smaller. A lost claim has an end too, but no room.
    fn known(&self) -> Result<Known, Failed> {
        let known = Known::default();
        for item in self.expiries.iter() {
            let (end, room) = item.into_inner()?;
            if let Some((_, id)) = read_expiry_key(&end).filter(|_| !room.is_empty()) {
                known.add(id.as_bytes());
            }
        }
        Ok(known)
    }

    fn keyspaces(&self) -> [&Keyspace; 4] {
        [&self.records, &self.claims, &self.expiries, &self.meta]
    }

    fn keyspace(&self, space: Space) -> &Keyspace {
        match space {
            Space::Records => &self.records,
            Space::Claims => &self.claims,
            Space::Expiries => &self.expiries,
            Space::Meta => &self.meta,
        }
    }

    /// The number of the last durable write.
    fn synced(&self) -> Result<u64, Failed> {
        Ok(self.meta.get(SYNCED)?.and_then(|bytes| number(&bytes)).unwrap_or_default())
    }

    /// Waits for the disk when it has a number.
    fn write(&self, batch: &Batch, durable: Option<u64>) -> Result<(), Failed> {
        let mode = if durable.is_some() { PersistMode::SyncData } else { PersistMode::Buffer };
        let mut changes = self.database.batch().durability(Some(mode));
        if let Some(number) = durable {
            changes.insert(&self.meta, SYNCED, number.to_be_bytes());
        }
        for (space, key, value) in batch.changes() {
            match value {
                Some(value) => changes.insert(self.keyspace(space), key, value),
                None => changes.remove(self.keyspace(space), key),
            }
        }
        Ok(changes.commit()?)
    }
}
