//! The disk store passes the suite, and keeps what only a disk can break.

use std::{
    path::PathBuf,
    sync::{Condvar, Mutex, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use super::*;
use crate::ledger::conformance::{Bench, Failing, START, model};

mod engine;
mod folder;
mod full;
mod hung;
mod writer;

/// A store in a folder of its own, whose clock is held and whose writes fail when they are told to.
struct DiskBench {
    disk: Disk,
    folder: Folder,
    clock: Clock,
    faults: Arc<Faults>,
    room: u64,
}

/// A folder that is gone when nobody needs it any more.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("outcall-ledger-{}-{:016x}", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Comes between the store and its disk.
struct Faults {
    how: Mutex<Option<Failing>>,
    /// Writing is the end of the writer.
    panics: AtomicBool,
    /// Writing neither succeeds nor fails.
    hangs: Mutex<bool>,
    goes_on: Condvar,
    failed: watch::Sender<u64>,
}

impl Disturb for Faults {
    fn write(&self, write: &mut dyn FnMut() -> Result<(), Failed>) -> Result<(), Failed> {
        assert!(!self.panics.load(Ordering::Relaxed), "the panic of this test");
        drop(self.goes_on.wait_while(self.hangs.lock().unwrap(), |hangs| *hangs).unwrap());
        match *self.how.lock().unwrap_or_else(PoisonError::into_inner) {
            None => return write(),
            Some(Failing::Landed) => write()?,
            Some(Failing::Lost) => {}
        }
        self.failed.send_modify(|failed| *failed += 1);
        Err(Failed::Engine("the failure of this test".to_owned()))
    }
}

impl Faults {
    fn hang(&self, hangs: bool) {
        *self.hangs.lock().unwrap() = hangs;
        self.goes_on.notify_all();
    }
}

impl DiskBench {
    fn start(folder: Folder, room: u64, clock: Clock) -> Self {
        let (how, panics, hangs, goes_on, failed) = Default::default();
        let faults = Arc::new(Faults { how, panics, hangs, goes_on, failed });
        let disk = Disk::open_with(&folder.0, room, Some(faults.clone()), |_| clock.clone());
        Self { disk: disk.unwrap_or_else(|error| panic!("{error}")), folder, clock, faults, room }
    }

    fn set(&self, how: Option<Failing>) {
        *self.faults.how.lock().unwrap() = how;
    }
}

impl Bench for DiskBench {
    const OUTLIVES_ITS_PROCESS: bool = true;

    async fn open(room_bytes: u64) -> Self {
        Self::start(Folder::new(), room_bytes, Clock::held(START))
    }
    fn ledger(&self) -> &dyn Ledger {
        &self.disk
    }
    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
    async fn quiet(&self) {
        if self.faults.how.lock().unwrap().is_none() {
            // Behind all that the writer was asked for.
            self.disk.make_room().await;
        }
    }
    async fn crash(self) -> Self {
        // What the dead process still had in hand is never written.
        self.disk.0.core.engine.close();
        Self::start(self.folder, self.room, self.clock)
    }
    fn fail(&self, how: Failing) {
        self.faults.failed.send_replace(0);
        self.set(Some(how));
    }
    async fn write_failed(&self) {
        self.faults.failed.subscribe().wait_for(|failed| *failed > 0).await.unwrap();
    }
    async fn heal(&self) {
        self.set(None);
        self.disk.0.core.sound.subscribe().wait_for(|sound| *sound).await.unwrap();
    }
}

crate::conformance! { DiskBench }
crate::durable_conformance! { DiskBench }

#[test]
fn no_history_tells_the_store_from_the_model() {
    model::histories::<DiskBench>(40);
}
