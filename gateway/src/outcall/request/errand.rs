//! What a request is there for, and what follows from that: how long it may take, whether it may be repeated, and how long
//! it is remembered.

use std::time::Duration;

use outcall_protocol::ticket::Ticket;

use super::Request;
use crate::{config::is_safe, ledger::Repeat, limits};

/// What a request is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// To call the upstream.
    Call,
    /// To ask what has become of the call of a ticket.
    Poll(Ticket),
    /// To have the call of a ticket end.
    Cancel(Ticket),
}

impl Request {
    /// What it is there for.
    pub(crate) fn errand(&self) -> Errand {
        self.head.errand
    }

    /// Whether it is answered with a ticket, and its call's answer asked for later.
    pub(crate) fn is_deferred(&self) -> bool {
        self.route().respond_async.is_some() && self.head.errand == Errand::Call
    }

    /// The ticket that it is given on a route that gives out tickets.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket::of(self.id)
    }

    /// Whether repeating the upstream call can do no harm.
    pub(crate) fn safe_to_repeat(&self) -> bool {
        match self.head.errand {
            Errand::Call => self.route().safe_to_repeat(self.method()),
            // No upstream is called, and what ends has ended.
            Errand::Poll(_) | Errand::Cancel(_) => true,
        }
    }

    /// How long whoever leads it may take until its replicas have their answer.
    pub(crate) fn time_to_answer(&self) -> Duration {
        match self.head.errand {
            Errand::Call if self.is_deferred() => limits::TICKET_TIMEOUT,
            Errand::Call => self.route().timeout,
            Errand::Poll(_) => limits::POLL_TIMEOUT,
            Errand::Cancel(_) => limits::CANCEL_TIMEOUT,
        }
    }

    /// How long a failure of this request is remembered in which nothing was executed.
    pub(crate) fn error_life(&self) -> Duration {
        match self.head.errand {
            Errand::Call if self.is_keyed() => self.route().error_ttl(self.safe_to_repeat()),
            Errand::Call => self.route().window,
            Errand::Poll(_) | Errand::Cancel(_) => limits::POLL_TTL,
        }
    }

    /// How long an answer to this request is remembered.
    pub(crate) fn life(&self) -> Duration {
        match self.head.errand {
            Errand::Call if self.is_keyed() => self.route().ttl,
            Errand::Call => self.route().window,
            Errand::Poll(_) | Errand::Cancel(_) => limits::POLL_TTL,
        }
    }

    /// For how long it is sure to be known that this request was led, or refused. Nothing for one that only asks; where the
    /// upstream honours the key, it knows that as well.
    pub(crate) fn remembered(&self) -> Option<Duration> {
        match (self.repeat(), self.safe_to_repeat()) {
            (Repeat::Always, _) => None,
            (_, true) => Some(self.life()),
            (_, false) => Some(self.life().min(self.error_life())),
        }
    }

    /// Whether anybody may lead it when its leader is lost: otherwise its outcome is unknown then.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.repeat() != Repeat::Never
    }

    /// Whether another may lead it when its leader is lost.
    pub(super) fn repeat(&self) -> Repeat {
        if self.head.errand != Errand::Call {
            return Repeat::Always;
        }
        if self.is_deferred() {
            // Whether the upstream would take it twice or not: what runs for an hour is not begun anew by chance.
            return Repeat::Never;
        }
        match self.safe_to_repeat() {
            true if is_safe(self.method()) => Repeat::Always,
            true => Repeat::SameConfiguration,
            false => Repeat::Never,
        }
    }
}
