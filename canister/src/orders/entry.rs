//! One order that is remembered.

use candid::{CandidType, Principal};
use serde::Deserialize;

use super::ASKS_PER_ATTEMPT;
use crate::{
    error::OrderError,
    order::{Order, Placed},
    reading::Cause,
};

/// What goes out under one key, byte for byte.
#[derive(CandidType, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The whole URL.
    pub url: String,
    /// The JSON text.
    pub body: String,
}

/// An outcall that is to be made for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Whose order.
    pub caller: Principal,
    /// Which of theirs.
    pub id: String,
    /// Which attempt, from 1: part of the key.
    pub attempt: u32,
    /// What to send.
    pub request: Request,
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) order: Order,
    pub(super) phase: Phase,
    /// The attempt that was begun last; 0 before the first.
    pub(super) attempt: u32,
    /// Outcalls of this attempt that were made or are under way.
    pub(super) asks: u32,
    pub(super) request: Request,
    pub(super) attempt_began_ns: u64,
    pub(super) changed_ns: u64,
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was begun.
    New,
    /// An outcall is under way.
    Asking,
    /// Perhaps executed: the same key, or nothing.
    Unknown(Cause),
    /// Surely not executed under any key so far.
    NotExecuted(Cause),
    /// Decided.
    Final(Outcome),
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Placed(Placed),
    Declined { status: u16, body: String },
    Reconcile { cause: Cause, answered: bool },
}

impl Entry {
    pub(super) fn new(order: Order, now_ns: u64) -> Self {
        Self {
            order,
            phase: Phase::New,
            attempt: 0,
            asks: 0,
            request: Request::default(),
            attempt_began_ns: now_ns,
            changed_ns: now_ns,
        }
    }

    pub(super) fn next_attempt(&mut self, request: Request, now_ns: u64) {
        self.attempt += 1;
        self.asks = 1;
        self.request = request;
        self.attempt_began_ns = now_ns;
    }

    pub(super) fn becomes(&mut self, phase: Phase, now_ns: u64) {
        self.phase = phase;
        self.changed_ns = now_ns;
    }

    /// The time of the change stays: it belongs to the ask that was begun.
    pub(super) fn interrupted(&mut self) {
        let detail = "The canister was interrupted while it waited for the answer.";
        self.phase = Phase::Unknown(Cause { kind: "interrupted".into(), detail: detail.into() });
    }

    /// Perhaps executed; and with the last ask, undecided for good.
    pub(super) fn unknown(&self, cause: Cause) -> Phase {
        if self.asks_left() == 0 {
            return Phase::Final(Outcome::Reconcile { cause, answered: false });
        }
        Phase::Unknown(cause)
    }

    pub(super) fn asks_left(&self) -> u32 {
        ASKS_PER_ATTEMPT.saturating_sub(self.asks)
    }

    /// After the window the gateway may have forgotten the key, and would execute it again.
    pub(super) fn window_is_over(&self, window_s: u64, now_ns: u64) -> bool {
        now_ns.saturating_sub(self.attempt_began_ns) / 1_000_000_000 >= window_s
    }

    /// Whether it can be forgotten: nothing is under way, and no later call could ask its key again.
    pub(super) fn is_settled(&self, window_s: u64, now_ns: u64) -> bool {
        match self.phase {
            Phase::New | Phase::Asking => false,
            Phase::NotExecuted(_) | Phase::Final(_) => true,
            Phase::Unknown(_) => self.asks_left() == 0 || self.window_is_over(window_s, now_ns),
        }
    }

    /// Whether nothing came of it under any key.
    pub(super) fn is_not_executed(&self) -> bool {
        matches!(self.phase, Phase::NotExecuted(_))
    }

    pub(super) fn ask(&self, caller: Principal) -> Ask {
        Ask { caller, id: self.order.id.clone(), attempt: self.attempt, request: self.request.clone() }
    }

    pub(super) fn told(&self) -> Result<Placed, OrderError> {
        match &self.phase {
            Phase::New | Phase::Asking => Err(OrderError::InProgress),
            Phase::Unknown(cause) => {
                Err(OrderError::Unknown { cause: cause.clone(), asks_left: self.asks_left() })
            }
            Phase::NotExecuted(cause) => Err(OrderError::NotExecuted(cause.clone())),
            Phase::Final(Outcome::Placed(placed)) => Ok(placed.clone()),
            Phase::Final(Outcome::Declined { status, body }) => {
                Err(OrderError::Declined { status: *status, body: body.clone() })
            }
            Phase::Final(Outcome::Reconcile { cause, answered }) => {
                Err(OrderError::Reconcile { cause: cause.clone(), answered: *answered })
            }
        }
    }
}
