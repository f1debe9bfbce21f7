//! How far the engine's log has come, noted beside it.
//!
//! The engine takes the first place of its log that it cannot read for the log's end. A broken place would so take along all
//! that is behind it without a word, and the keys of what is lost could be led again. So every durable write has a number,
//! which is in the log, and which is noted here once it is on the disk: a log that ends before that has lost something.
//!
//! The note is not synced. A process that is killed leaves it whole; a power cut may take the notes of the last half minute
//! or so, as long as the system keeps them to itself, and then says nothing of the writes of that time.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

/// The file.
pub(super) struct Mark(File);

impl Mark {
    /// Opens the file, or makes it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        File::options().create(true).read(true).write(true).truncate(false).open(path).map(Self)
    }

    /// The durable write of this number is on the disk.
    pub(super) fn note(&self, number: u64) -> io::Result<()> {
        let note = [number.to_be_bytes(), (!number).to_be_bytes()].concat();
        self.0.write_all_at(&note, 0)
    }

    /// The number that was noted last; 0 when there is none, or none that can be read.
    pub(super) fn noted(&self) -> io::Result<u64> {
        let mut note = [0; 16];
        match self.0.read_exact_at(&mut note, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
            read => read?,
        }
        let half = |at: usize| note[at..].first_chunk().map_or(0, |half| u64::from_be_bytes(*half));
        Ok(if half(0) == !half(8) { half(0) } else { 0 })
    }
}
