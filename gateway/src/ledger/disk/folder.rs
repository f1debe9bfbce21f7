//! The folder itself: who has it, and whether a ledger in it was ever finished.
//!
//! ```text
//! lock          held by the one process that uses the folder
//! unfinished    there while a ledger is made for the first time
//! engine/       the engine's own files
//! mark          how far their log has come
//! ```
//!
//! An engine that is killed while it makes its files leaves some that it cannot open again. Nobody has relied on them: as
//! long as the folder says `unfinished`, they are made anew. Without that word nothing is ever thrown away.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::{engine::Failed, mark::Mark};

const LOCK: &str = "lock";
const UNFINISHED: &str = "unfinished";
const ENGINE: &str = "engine";
const MARK: &str = "mark";
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
        make(path)?;
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
    pub(super) fn open<T>(
        &self,
        open: impl FnOnce(&Path) -> Result<T, Failed>,
        make: impl FnOnce(&Path) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
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
        let made = make(&engine)?;
        self.mark()?.note(0)?;
        fs::remove_file(&unfinished)?;
        self.sync()?;
        Ok(made)
    }

    /// Where it is noted how far the log has come.
    pub(super) fn mark(&self) -> Result<Mark, Failed> {
        Ok(Mark::open(&self.path.join(MARK))?)
    }

    fn sync(&self) -> Result<(), Failed> {
        Ok(sync(&self.path)?)
    }
}

/// Makes the folder, and those that it is in. Each is on the disk before anything is put into it: what is synced in a
/// folder that a power cut takes away is lost all the same.
fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let Some(above) = path.parent() else { return fs::create_dir(path) };
    let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
    make(above)?;
    // Another process may be making it too.
    fs::create_dir_all(path)?;
    sync(above)
}

/// The names in it are on the disk when this returns.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
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
