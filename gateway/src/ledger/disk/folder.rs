//! The folder itself: who has it, and whether a ledger in it was ever finished.
//!
//! ```text
//! lock          held by the one process that uses the folder
//! unfinished    there while a ledger is made for the first time
//! engine/       the engine's own files
//! ```
//!
//! An engine that is killed while it makes its files leaves some that it cannot open again. Nobody has relied on them: as
//! long as the folder says `unfinished`, they are made anew. Without that word nothing is ever thrown away.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::engine::Failed;

const LOCK: &str = "lock";
const UNFINISHED: &str = "unfinished";
const ENGINE: &str = "engine";
/// What a fresh file system comes with.
const LOST_AND_FOUND: &str = "lost+found";

/// A folder that this process has, for as long as this lives.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if there is none, and takes it.
    pub(super) fn take(path: &Path) -> Result<Self, Failed> {
        fs::create_dir_all(path)?;
        if !path.join(ENGINE).exists() && !path.join(UNFINISHED).exists() {
            has_nothing_else(path)?;
        }
        let lock = File::options().create(true).write(true).truncate(false).open(path.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Failed::Locked),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Has the engine open its files, or make them. Made is what is on the disk as a whole.
    pub(super) fn open<T>(&self, open: impl FnOnce(&Path) -> Result<T, Failed>) -> Result<T, Failed> {
        let (engine, unfinished) = (self.path.join(ENGINE), self.path.join(UNFINISHED));
        if unfinished.exists() {
            match fs::remove_dir_all(&engine) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        } else if engine.exists() {
            return open(&engine);
        } else {
            File::create(&unfinished)?;
            self.sync()?;
        }
        let made = open(&engine)?;
        fs::remove_file(&unfinished)?;
        self.sync()?;
        Ok(made)
    }

    /// The names in it are on the disk when this returns.
    fn sync(&self) -> Result<(), Failed> {
        Ok(File::open(&self.path)?.sync_all()?)
    }
}

/// What is not ours stays untouched, and whoever looks for a ledger that is not there hears of it.
fn has_nothing_else(path: &Path) -> Result<(), Failed> {
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        if name != LOCK && name != LOST_AND_FOUND {
            return Err(Failed::Foreign(name.display().to_string()));
        }
    }
    Ok(())
}
