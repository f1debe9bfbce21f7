//! What the writer is asked to do. Whoever asks may leave at any time: the writer owns it from here on.

use std::{sync::Arc, time::Instant};

use outcall_protocol::digest::Digest;
use tokio::sync::oneshot;

use super::Core;
use crate::ledger::{
    Claimed, Ending, Foretold, Record, Standing, Unavailable,
    entry::{Entry, Settled},
    room::Reservation,
};

/// One thing to write.
pub(super) enum Op {
    /// A claim, which is to be on the disk when it is answered.
    Claim { id: Digest, claim: Vec<u8>, reply: oneshot::Sender<Result<(), NotClaimed>> },
    /// A claim that is none any more: its leader is lost, or, when it was not lost before, nothing was sent under it.
    Reclaim { id: Digest, lost: Option<Box<Claimed>> },
    /// A record in the place of its claim.
    Settle(Box<Settling>),
    /// An operator wants a key forgotten, if it has a record. Answers what stood there, when that is gone from the disk.
    Forget { id: Digest, reply: oneshot::Sender<Result<Standing, Unavailable>> },
    /// Room is wanted: forget what has expired. Answers whether there is more of it.
    Sweep { reply: oneshot::Sender<bool> },
}

impl Op {
    /// How much of it goes to the disk, roughly.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Settle(settling) => settling.record.settlement.answer.bytes(),
            Self::Claim { claim, .. } => claim.len(),
            Self::Reclaim { .. } | Self::Forget { .. } | Self::Sweep { .. } => 0,
        }
    }
}

/// Why a claim is not durable.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NotClaimed {
    /// No attempt was made.
    Unattempted,
    /// It may be there.
    Perhaps,
}

/// What became of a record that was to be written.
pub(super) enum Outcome {
    Written,
    /// Another one was there, or the same: it stands.
    Stands(Arc<Record>),
    /// What is there cannot be read.
    Unreadable,
}

/// A record that is to be written before anybody has it.
pub(super) struct Settling {
    pub(super) core: Arc<Core>,
    pub(super) record: Arc<Record>,
    /// Whether it must be on the disk, or only out of the process.
    pub(super) durable: bool,
    /// Given back when the record leaves.
    pub(super) reservation: Option<Reservation>,
    /// What everybody is told when it cannot be written until then.
    pub(super) lost: Foretold,
    pub(super) deadline: Instant,
    pub(super) progress: Progress,
    /// Told when everybody has been told.
    pub(super) done: Option<oneshot::Sender<()>>,
}

/// How far a record has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Everybody waits for it.
    Awaited,
    /// Everybody was told *unknown*, which is now the record to write.
    Owed,
    /// There is nothing left to do.
    Over,
}

impl Settling {
    pub(super) fn id(&self) -> &Digest {
        &self.record.request.id
    }

    /// There is nothing left to write.
    pub(super) fn end(&mut self, outcome: Outcome) {
        let record = match outcome {
            Outcome::Written => {
                // The room that it takes is counted on the disk from here on.
                if let Some(reservation) = self.reservation.take() {
                    reservation.keep();
                }
                self.record.clone()
            }
            Outcome::Stands(record) => {
                if record != self.record {
                    tracing::warn!(key = %self.id().short(), "a record that was thought unwritten had landed: it stands");
                }
                record
            }
            Outcome::Unreadable => {
                self.give_up();
                self.progress = Progress::Over;
                return;
            }
        };
        // Found here before it is missing among the keys in flight.
        self.core.hot.insert(*self.id(), record.clone());
        match self.progress {
            Progress::Awaited => self.core.shards.end(self.id(), None, Ending::Settled(record)),
            Progress::Owed => self.core.shards.forget(&self.record),
            Progress::Over => {}
        }
        self.progress = Progress::Over;
        self.tell();
    }

    /// It could not be written in time: everybody is told *unknown*, which takes its place.
    pub(super) fn give_up(&mut self) {
        if self.progress != Progress::Awaited {
            return;
        }
        let unknown = Arc::new(self.record.request.settled(self.lost.settlement(), self.core.clock.now()));
        tracing::error!(key = %self.id().short(), "an answer could not be recorded: its outcome is unknown");
        let known = Entry::Settled(Settled { record: unknown.clone(), _reservation: None });
        let next = Some((known, unknown.expires));
        self.core.shards.end(self.id(), next, Ending::Settled(unknown.clone()));
        self.record = unknown;
        self.progress = Progress::Owed;
        self.tell();
    }

    fn tell(&mut self) {
        if let Some(done) = self.done.take() {
            // Whoever led may be gone.
            let _ = done.send(());
        }
    }
}

impl Drop for Settling {
    /// The writer is gone. Nobody may wait for ever.
    fn drop(&mut self) {
        self.give_up();
    }
}
