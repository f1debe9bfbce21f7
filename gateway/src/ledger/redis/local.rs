//! Where the replicas of one key meet in this process: one of them asks Redis, the others wait for what it is told.
//!
//! An entry lives from the first request that asks until the key's end is known here. It holds no answer but one that
//! could not be written yet.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use outcall_protocol::digest::Digest;
use tokio::sync::Notify;

use super::script::Token;
use crate::ledger::{
    Ask, Claim, Ending, Record, Request, Settlement, Unavailable, Waiter,
    in_flight::InFlight,
    word::{Hearer, Teller},
};

/// The keys in flight here. In an order, so that what is done with all of them is done alike whenever it is played again.
#[derive(Default)]
pub(super) struct Locals(Mutex<BTreeMap<Digest, Local>>);

enum Local {
    /// Redis is being asked.
    Asking { told: Hearer<Told>, seat: Seat },
    /// Somebody leads it, here or elsewhere.
    Open(Open),
    /// Everybody here was told this, and it is still to be written.
    Owed { record: Arc<Record>, seat: Seat },
}

struct Open {
    running: InFlight,
    seat: Seat,
    led: Option<Box<Led>>,
}

/// A key that this process leads, or has led.
#[derive(Clone)]
pub(super) struct Led {
    pub(super) token: Token,
    /// What its loss means, where it must not be repeated.
    pub(super) unknown: Option<Settlement>,
    pub(super) hold: Hold,
}

/// Whether a claim is still this process's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Its call is under way, its lease is renewed.
    Held,
    /// Its end is being written, which will say so should it be fenced; its lease is renewed.
    Ending,
    /// It was given up for lost.
    Fenced,
}

/// One life of an entry: a later one under the same key has another. Notified when there may be news of the key.
pub(super) type Seat = Arc<Notify>;

/// What Redis told the one who asked, as far as it concerns the others.
#[derive(Clone)]
pub(super) enum Told {
    Settled(Arc<Record>),
    Unavailable(Unavailable),
}

/// What a request finds here.
pub(super) enum Found {
    /// Its key is in flight here.
    Known(Claim),
    /// Another request is asking Redis.
    Asking(Hearer<Told>),
    /// Nothing: it is the one to ask.
    Nothing(Place),
}

impl Locals {
    /// What is known here of the key of a request.
    pub(super) fn find(self: &Arc<Self>, ask: &Ask) -> Found {
        match self.lock().entry(ask.id) {
            Entry::Occupied(entry) => match entry.get() {
                Local::Asking { told, .. } => Found::Asking(told.clone()),
                Local::Open(open) if !ask.is(&open.running.request) => Found::Known(Claim::Conflict),
                Local::Open(open) => Found::Known(open.running.follow()),
                Local::Owed { record, .. } => Found::Known(replay(ask, record)),
            },
            Entry::Vacant(entry) => {
                let (tell, told) = Teller::new();
                let seat = Seat::default();
                entry.insert(Local::Asking { told, seat: seat.clone() });
                Found::Nothing(Place {
                    locals: self.clone(),
                    id: ask.id,
                    seat,
                    tell: Some(tell),
                    taken: false,
                })
            }
        }
    }

    /// Everybody who waits in this seat is told how it ended, and the entry is gone.
    pub(super) fn end(&self, id: Digest, seat: &Seat, ending: Ending) {
        let Some(Local::Open(open)) = self.take(id, seat) else { return };
        let ending = match ending {
            // A claim elsewhere may have been undone, and its key claimed by another request, without a word heard here.
            Ending::Settled(record) if record.request != open.running.request => Ending::Lost,
            ending => ending,
        };
        open.running.end(ending);
    }

    /// Everybody who waits in this seat is told this record, and so is everybody who comes before it is written.
    pub(super) fn owe(&self, id: Digest, seat: &Seat, record: Arc<Record>) {
        let mut entries = self.lock();
        let Some(entry) = entries.get_mut(&id).filter(|entry| entry.is_of(seat)) else { return };
        let owed = Local::Owed { record: record.clone(), seat: seat.clone() };
        if let Local::Open(open) = std::mem::replace(entry, owed) {
            open.running.end(Ending::Settled(record));
        }
    }

    /// There may be news of this key.
    pub(super) fn wake(&self, id: Digest) {
        if let Some(entry) = self.lock().get(&id) {
            entry.seat().notify_one();
        }
    }

    /// There may have been news of any key.
    pub(super) fn wake_all(&self) {
        self.lock().values().for_each(|entry| entry.seat().notify_one());
    }

    /// The claims that this process holds.
    pub(super) fn leads(&self) -> Vec<(Digest, Token)> {
        let entries = self.lock();
        let led = entries.iter().filter_map(|(id, entry)| match entry {
            Local::Open(Open { led: Some(led), .. }) if led.hold != Hold::Fenced => {
                Some((*id, led.token.clone()))
            }
            _ => None,
        });
        led.collect()
    }

    /// This claim is another's, or nobody's. The seat of those who wait for it, if its call is still under way.
    pub(super) fn fence(&self, id: Digest, token: &Token) -> Option<Seat> {
        match self.lock().get_mut(&id) {
            Some(Local::Open(Open { led: Some(led), seat, .. })) if led.token == *token => {
                let held = std::mem::replace(&mut led.hold, Hold::Fenced);
                (held == Hold::Held).then(|| seat.clone())
            }
            _ => None,
        }
    }

    /// The end of what is led in this seat is being written.
    pub(super) fn ending(&self, id: Digest, seat: &Seat) {
        if let Some(Local::Open(Open { led: Some(led), seat: own, .. })) = self.lock().get_mut(&id)
            && Arc::ptr_eq(own, seat)
            && led.hold == Hold::Held
        {
            led.hold = Hold::Ending;
        }
    }

    /// What is led in this seat was not sent, and its claim is being undone.
    pub(super) fn disown(&self, id: Digest, seat: &Seat) {
        if let Some(Local::Open(open)) = self.lock().get_mut(&id)
            && Arc::ptr_eq(&open.seat, seat)
        {
            open.led = None;
        }
    }

    /// What was owed in this seat is written.
    pub(super) fn forget(&self, id: Digest, seat: &Seat) {
        self.take(id, seat);
    }

    /// What this process led of the key in this seat.
    pub(super) fn led(&self, id: Digest, seat: &Seat) -> Option<(Request, Led)> {
        match self.lock().get(&id) {
            Some(Local::Open(open)) if Arc::ptr_eq(&open.seat, seat) => {
                open.led.clone().map(|led| (open.running.request.clone(), *led))
            }
            _ => None,
        }
    }

    /// Whether anybody waits in this seat; when nobody does, the entry is gone.
    pub(super) fn is_watched(&self, id: Digest, seat: &Seat) -> bool {
        let mut entries = self.lock();
        match entries.get(&id) {
            Some(Local::Open(open)) if Arc::ptr_eq(&open.seat, seat) => {
                let watched = open.running.is_watched();
                if !watched {
                    entries.remove(&id);
                }
                watched
            }
            _ => false,
        }
    }

    fn take(&self, id: Digest, seat: &Seat) -> Option<Local> {
        let mut entries = self.lock();
        if entries.get(&id)?.is_of(seat) { entries.remove(&id) } else { None }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Digest, Local>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Local {
    fn seat(&self) -> &Seat {
        match self {
            Self::Asking { seat, .. } | Self::Owed { seat, .. } => seat,
            Self::Open(open) => &open.seat,
        }
    }

    fn is_of(&self, seat: &Seat) -> bool {
        Arc::ptr_eq(self.seat(), seat)
    }
}

/// What a request is worth to which this record answers, if it is the same request.
pub(super) fn replay(ask: &Ask, record: &Arc<Record>) -> Claim {
    if ask.is(&record.request) { Claim::Replay(record.clone()) } else { Claim::Conflict }
}

/// The place of the one request that asks Redis. Dropped, it wakes the others, and one of them asks.
pub(super) struct Place {
    locals: Arc<Locals>,
    id: Digest,
    seat: Seat,
    tell: Option<Teller<Told>>,
    taken: bool,
}

impl Place {
    /// Somebody leads the key: all who are here and all who come wait in the seat that is returned.
    pub(super) fn open(mut self, request: Request, led: Option<Led>) -> (Waiter, Seat) {
        let (running, waiter) = InFlight::new(request);
        let open = Open { running, seat: self.seat.clone(), led: led.map(Box::new) };
        self.locals.lock().insert(self.id, Local::Open(open));
        self.taken = true;
        (waiter, self.seat.clone())
    }

    /// The others are told the same.
    pub(super) fn tell(mut self, told: Told) {
        if let Some(tell) = self.tell.take() {
            tell.say(told);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.taken {
            self.locals.take(self.id, &self.seat);
        }
    }
}

#[cfg(test)]
mod tests;
