//! Opening a folder: what a dead process left unfinished is found, and decided.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
};

use outcall_protocol::digest::Digest;

use super::{
    Core,
    batch::{FORMAT, HELD, Held, Space, TOLD, VERSION, number},
    engine::{Engine, Failed, Share},
    plan::Plan,
};
use crate::{
    ledger::{
        Claimed, Damaged, Repeat, Timestamp, clock,
        entry::{Entry, Lost},
    },
    limits,
};

/// Why a folder cannot be a ledger.
#[derive(Debug, thiserror::Error)]
pub enum Unopened {
    /// Another process has it.
    #[error("{path}: found another process that uses this ledger, expected none", path = .0.display())]
    InUse(PathBuf),
    /// It cannot be read or written.
    #[error("{path}: found {found}, expected a folder for the ledger that can be read and written", path = .0.display(), found = .1)]
    Unusable(PathBuf, String),
    /// Another version of the gateway wrote it.
    #[error("{path}: found version {found} of the ledger, expected {VERSION}", path = .0.display(), found = .1)]
    Version(PathBuf, u64),
    /// Something in it cannot be read; without it, what it stands for could be sent again.
    #[error("{path}: {damaged}; the ledger is not served without it", path = .0.display(), damaged = .1)]
    Damaged(PathBuf, Damaged),
    /// The system gives no thread.
    #[error("the ledger's writer cannot be started: {0}")]
    Thread(#[source] io::Error),
}

/// What stands in the way.
pub(super) enum Obstacle {
    Failed(Failed),
    Version(u64),
    Damaged(Damaged),
}

impl From<Failed> for Obstacle {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

impl Obstacle {
    pub(super) fn at(self, path: PathBuf) -> Unopened {
        match self {
            Self::Failed(Failed::Locked) => Unopened::InUse(path),
            Self::Failed(failed) => Unopened::Unusable(path, failed.to_string()),
            Self::Version(found) => Unopened::Version(path, found),
            Self::Damaged(damaged) => Unopened::Damaged(path, damaged),
        }
    }
}

/// The latest time that the folder knows. Refuses a folder of another layout.
pub(super) fn told(engine: &Engine) -> Result<Timestamp, Obstacle> {
    let read = |key| Ok::<_, Failed>(engine.get(Space::Meta, key)?.and_then(|bytes| number(&bytes)));
    match read(FORMAT)? {
        // Without one it was not opened.
        Some(VERSION) | None => Ok(read(TOLD)?.map_or(clock::DAWN, Timestamp::from_millis)),
        Some(other) => Err(Obstacle::Version(other)),
    }
}

/// Decides what is unfinished: *unknown* where it must not be repeated, lost where only its own configuration may lead it
/// again, and nothing where anybody may.
pub(super) fn finish(core: &Core) -> Result<Held, Obstacle> {
    let held = core.engine.get(Space::Meta, HELD)?;
    let mut held = held.and_then(|held| Held::decode(&held)).unwrap_or_default();
    core.room.take(held.bytes);
    core.records.store(held.keys, Ordering::Relaxed);
    let now = core.clock.now();
    let mut next = Vec::new();
    loop {
        let claims = core.engine.range(Space::Claims, next..vec![u8::MAX; 33], limits::CLAIMS_PER_ROUND)?;
        // Where nothing is unfinished nothing is written: a full disk is no reason not to serve what is known.
        let Some((last, _)) = claims.last() else { return Ok(held) };
        // Behind it, so that those that stay are passed.
        next = [&last[..], &[0]].concat();
        let mut plan = Plan::new(core, held);
        (plan.durable, plan.share) = (true, Share::Reserve);
        for (key, value) in &claims {
            let id = <[u8; 32]>::try_from(&key[..]).map(Digest::from_bytes);
            let Ok(id) = id else { continue };
            decide(core, &mut plan, Claimed::decode(id, value).map_err(Obstacle::Damaged)?, now)?;
        }
        plan.carry_out(core)?;
        held = plan.held;
    }
}

fn decide(core: &Core, plan: &mut Plan, claimed: Claimed, now: Timestamp) -> Result<(), Failed> {
    let id = claimed.request.id;
    match (claimed.repeat, claimed.lost_until) {
        (Repeat::Never, _) => {
            tracing::warn!(key = %id.short(), "a call was cut off by a crash: its outcome is unknown, also to who asks with its ticket");
            plan.record(core, &Arc::new(claimed.request.settled(claimed.lost, now)), 0)?;
        }
        (Repeat::SameConfiguration, until) if until.is_none_or(|until| now < until) => {
            let until = until.unwrap_or_else(|| now.after(claimed.lost.life));
            let lost = Lost::found(claimed, until);
            plan.lost(&lost.as_claimed());
            core.shards.of(&id).insert(id, Entry::Lost(Box::new(lost)), Some(until));
        }
        (Repeat::SameConfiguration | Repeat::Always, _) => plan.claim(&id, None),
    }
    Ok(())
}
