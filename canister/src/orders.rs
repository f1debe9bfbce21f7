//! The orders that are remembered: which attempt each is at, and what a call for it may do.
//!
//! Pure: time comes in as nanoseconds, and nothing here sends. `begin` writes down what is about to be sent before
//! it is sent, so that neither a trap nor an upgrade can lose an attempt's number or make a second key for an
//! attempt that is under way.
//!
//! ```text
//!            begin            settle
//! (new) ──► asking ──► unknown ──► asking …        the same key, 6 times at most and within the window
//!              │          └──────► reconcile       when they are used up
//!              ├────► not executed ──► asking      the next attempt, a new key
//!              └────► placed · declined · reconcile   final: told again, never sent again
//! ```

use std::collections::BTreeMap;

use candid::{CandidType, Principal};
use serde::Deserialize;

use crate::{
    error::OrderError,
    limits::{ASKS_PER_ATTEMPT, ORDERS_MAX},
    order::{Order, Placed},
    outcall::Heard,
    reading::{Cause, Reading, read},
};

mod entry;

pub use entry::{Ask, Request};
use entry::{Entry, Outcome, Phase};

/// Every order that is remembered, by caller and id; [`ORDERS_MAX`] at most.
#[derive(CandidType, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders(BTreeMap<(Principal, String), Entry>);

/// What a call for an order comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Make this outcall, then [`Orders::settle`] it.
    Ask(Ask),
    /// Make none; this is what the caller is told.
    Told(Result<Placed, OrderError>),
}

impl Orders {
    /// Decides what a call does. `url` and `body` are used for a new attempt only: whatever is asked again is asked
    /// byte for byte, since another route or body under the same key would be another request.
    pub fn begin(
        &mut self,
        caller: Principal,
        order: &Order,
        url: String,
        body: String,
        window_s: u64,
        now_ns: u64,
    ) -> Next {
        let name = (caller, order.id.clone());
        if !self.0.contains_key(&name) && !self.make_room(window_s, now_ns) {
            return Next::Told(Err(OrderError::Full));
        }
        let entry = self.0.entry(name).or_insert_with(|| Entry::new(order.clone(), now_ns));
        if entry.order != *order {
            return Next::Told(Err(OrderError::IdReused));
        }
        match &entry.phase {
            Phase::Asking => return Next::Told(Err(OrderError::InProgress)),
            Phase::Final(_) => return Next::Told(entry.told()),
            Phase::Unknown(cause) => {
                if entry.asks_left() == 0 || entry.window_is_over(window_s, now_ns) {
                    let outcome = Outcome::Reconcile { cause: cause.clone(), answered: false };
                    entry.becomes(Phase::Final(outcome), now_ns);
                    return Next::Told(entry.told());
                }
                entry.asks += 1;
            }
            Phase::New | Phase::NotExecuted(_) => entry.next_attempt(Request { url, body }, now_ns),
        }
        entry.becomes(Phase::Asking, now_ns);
        Next::Ask(entry.ask(caller))
    }

    /// Writes down what came of an ask, and says what the caller is told.
    pub fn settle(&mut self, ask: &Ask, heard: Heard, now_ns: u64) -> Result<Placed, OrderError> {
        let Some(entry) = self.asking(ask) else {
            // Out of reach: an order that is being asked for is neither forgotten nor asked for twice.
            return Err(OrderError::InProgress);
        };
        let phase = match heard {
            Heard::Nothing(reason) => {
                entry.asks = entry.asks.saturating_sub(1);
                let cause = Cause { kind: "not_sent".into(), detail: "The outcall was not made.".into() };
                let nothing_before = entry.asks == 0;
                let phase = if nothing_before { Phase::NotExecuted(cause) } else { Phase::Unknown(cause) };
                entry.becomes(phase, now_ns);
                return Err(OrderError::NotSent(reason));
            }
            Heard::Silence(cause) => entry.unknown(cause),
            Heard::Answer { status, body } => {
                let words = || String::from_utf8_lossy(&body).into_owned();
                match read(status, &body) {
                    Reading::Success => Phase::Final(Outcome::Placed(Placed { status, body: words() })),
                    Reading::Declined => Phase::Final(Outcome::Declined { status, body: words() }),
                    Reading::NotExecuted(cause) => Phase::NotExecuted(cause),
                    Reading::Executed(cause) => Phase::Final(Outcome::Reconcile { cause, answered: true }),
                    Reading::Unknown(cause) => entry.unknown(cause),
                }
            }
        };
        entry.becomes(phase, now_ns);
        entry.told()
    }

    /// The code after the outcall trapped: the ask stays unsettled, and its key may be asked again.
    pub fn interrupted(&mut self, ask: &Ask) {
        if let Some(entry) = self.asking(ask) {
            entry.interrupted();
        }
    }

    /// After an upgrade nobody waits for an answer any more.
    pub fn all_interrupted(&mut self) {
        self.0.values_mut().filter(|entry| entry.phase == Phase::Asking).for_each(Entry::interrupted);
    }

    /// How many orders are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn asking(&mut self, ask: &Ask) -> Option<&mut Entry> {
        let entry = self.0.get_mut(&(ask.caller, ask.id.clone()))?;
        (entry.phase == Phase::Asking && entry.attempt == ask.attempt).then_some(entry)
    }

    /// Forgets the order that has been settled for longest, when there is no room for another one: first those that
    /// were not executed, since nothing is lost with them, however many of them somebody makes.
    fn make_room(&mut self, window_s: u64, now_ns: u64) -> bool {
        if self.0.len() < ORDERS_MAX {
            return true;
        }
        let settled = self.0.iter().filter(|(_, entry)| entry.is_settled(window_s, now_ns));
        let oldest = settled
            .min_by_key(|(_, entry)| (!entry.is_not_executed(), entry.changed_ns))
            .map(|(name, _)| name.clone());
        oldest.is_some_and(|name| self.0.remove(&name).is_some())
    }
}

#[cfg(test)]
mod tests;
