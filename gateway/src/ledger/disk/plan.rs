//! What one round changes on the disk: all of it, or nothing.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use outcall_protocol::digest::Digest;

use super::{
    Core,
    batch::{Batch, HELD, Held, Space, TOLD, expiry_key, number, read_expiry_key},
    engine::{Failed, Share},
    op::{Op, Outcome},
};
use crate::ledger::{Claimed, Record, Standing, Timestamp, room::Reservation};

/// Stands where a record has its room, when what ends is no record.
const NO_ROOM: &[u8] = &[];

/// Changes that belong together.
pub(super) struct Plan {
    batch: Batch,
    now: Timestamp,
    pub(super) durable: bool,
    pub(super) share: Share,
    /// How many records there are afterwards, and the room that they take.
    pub(super) held: Held,
    /// Room of records that are gone afterwards, in bytes.
    pub(super) freed: u64,
    /// The records in it, and the room that they take.
    records: HashMap<Digest, (Arc<Record>, u64)>,
    /// What becomes of each record that was to be written.
    pub(super) outcomes: VecDeque<Outcome>,
    /// What stood under each key that was to be forgotten; nothing where it cannot be read.
    pub(super) forgotten: VecDeque<(Digest, Option<Standing>)>,
}

impl Plan {
    /// No change but that of the time.
    pub(super) fn new(core: &Core, held: Held) -> Self {
        let (now, records, outcomes) = (core.clock.now(), HashMap::new(), VecDeque::new());
        let (durable, share, forgotten) = (false, Share::Most, VecDeque::new());
        Self { batch: Batch::default(), now, durable, share, held, freed: 0, records, outcomes, forgotten }
    }

    /// The changes of these.
    pub(super) fn of(core: &Core, held: Held, ops: &[Op]) -> Result<Self, Failed> {
        let mut plan = Self::new(core, held);
        for op in ops {
            match op {
                Op::Claim { id, claim, .. } => {
                    plan.claim(id, Some(claim.clone()));
                    plan.durable = true;
                }
                Op::Reclaim { lost: Some(lost), .. } => plan.lost(lost),
                Op::Reclaim { id, lost: None } => plan.claim(id, None),
                Op::Settle(settling) => {
                    let room = settling.reservation.as_ref().map_or(0, Reservation::bytes);
                    let outcome = plan.record(core, &settling.record, room)?;
                    plan.durable |= settling.durable;
                    plan.outcomes.push_back(outcome);
                }
                Op::Forget { id, .. } => plan.forget_key(core, id)?,
                Op::Sweep { .. } => {}
            }
        }
        Ok(plan)
    }

    /// Adds a record that takes this room, in the place of its claim, where no live one is.
    pub(super) fn record(&mut self, core: &Core, record: &Arc<Record>, room: u64) -> Result<Outcome, Failed> {
        let id = &record.request.id;
        // Where the disk could not be written for longer than a record lives, both may be in one plan.
        if let Some((there, its_room)) = self.records.get(id).cloned() {
            if self.now < there.expires {
                return Ok(Outcome::Stands(there));
            }
            self.forget(core, &expiry_key(there.expires, id), &its_room.to_be_bytes())?;
        }
        if let Some(bytes) = core.engine.get(Space::Records, id.as_bytes())? {
            let there = match Record::decode(*id, &bytes) {
                Ok(there) => there,
                Err(damaged) => {
                    tracing::error!(%damaged, "nothing is written over what cannot be read");
                    return Ok(Outcome::Unreadable);
                }
            };
            if self.now < there.expires {
                return Ok(Outcome::Stands(Arc::new(there)));
            }
            // With its end, which would be taken for the end of this one.
            let expiry = expiry_key(there.expires, id);
            if let Some(room) = core.engine.get(Space::Expiries, &expiry)? {
                self.forget(core, &expiry, &room)?;
            }
        }
        self.records.insert(*id, (record.clone(), room));
        self.batch.put(Space::Records, id.as_bytes(), record.encode());
        self.batch.put(Space::Expiries, &expiry_key(record.expires, id), room.to_be_bytes().to_vec());
        self.claim(id, None);
        self.held = Held { keys: self.held.keys + 1, bytes: self.held.bytes + room };
        Ok(Outcome::Written)
    }

    /// Forgets what ends here: a record that takes this room, or a lost claim, which takes none.
    pub(super) fn forget(&mut self, core: &Core, expiry: &[u8], room: &[u8]) -> Result<(), Failed> {
        self.batch.remove(Space::Expiries, expiry);
        let Some((until, id)) = read_expiry_key(expiry) else { return Ok(()) };
        if let Some(room) = number(room) {
            self.batch.remove(Space::Records, id.as_bytes());
            self.held.keys = self.held.keys.saturating_sub(1);
            self.held.bytes = self.held.bytes.saturating_sub(room);
            self.freed += room;
            return Ok(());
        }
        let claim = core.engine.get(Space::Claims, id.as_bytes())?;
        let claim = claim.and_then(|claim| Claimed::decode(id, &claim).ok());
        if claim.is_some_and(|claim| claim.lost_until == Some(until)) {
            self.claim(&id, None);
        }
        Ok(())
    }

    /// Forgets the record of a key, whatever its end.
    fn forget_key(&mut self, core: &Core, id: &Digest) -> Result<(), Failed> {
        let standing = self.standing(core, id)?;
        if let Some(Standing::Settled(record)) = &standing {
            let expiry = expiry_key(record.expires, id);
            if let Some(room) = core.engine.get(Space::Expiries, &expiry)? {
                self.forget(core, &expiry, &room)?;
                self.durable = true;
            }
        }
        self.forgotten.push_back((*id, standing));
        Ok(())
    }

    fn standing(&self, core: &Core, id: &Digest) -> Result<Option<Standing>, Failed> {
        if self.records.contains_key(id) {
            return Ok(Some(Standing::InFlight));
        }
        let Some(bytes) = core.engine.get(Space::Records, id.as_bytes())? else {
            return Ok(Some(Standing::Absent));
        };
        if self.forgotten.iter().any(|(other, _)| other == id) {
            return Ok(Some(Standing::Absent));
        }
        match Record::decode(*id, &bytes) {
            Ok(record) if self.now < record.expires => Ok(Some(Standing::Settled(Arc::new(record)))),
            Ok(_) => Ok(Some(Standing::Absent)),
            Err(damaged) => {
                tracing::error!(%damaged, "what cannot be read is not forgotten");
                Ok(None)
            }
        }
    }

    /// Puts a claim there, or takes it away.
    pub(super) fn claim(&mut self, id: &Digest, claim: Option<Vec<u8>>) {
        match claim {
            Some(claim) => self.batch.put(Space::Claims, id.as_bytes(), claim),
            None => self.batch.remove(Space::Claims, id.as_bytes()),
        }
    }

    /// Remembers a claim as lost, until its time is over.
    pub(super) fn lost(&mut self, lost: &Claimed) {
        let id = &lost.request.id;
        self.claim(id, Some(lost.encode()));
        if let Some(until) = lost.lost_until {
            self.batch.put(Space::Expiries, &expiry_key(until, id), NO_ROOM.to_vec());
        }
    }

    /// Makes the changes, with the sums and the time that belong to them.
    pub(super) fn carry_out(&mut self, core: &Core) -> Result<(), Failed> {
        self.batch.put(Space::Meta, HELD, self.held.encode());
        self.batch.put(Space::Meta, TOLD, self.now.as_millis().to_be_bytes().to_vec());
        core.engine.write(&self.batch, self.durable, self.share)?;
        core.room.give_back(self.freed);
        core.records.store(self.held.keys, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    /// The time that the disk knows when this has been carried out.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }
}
