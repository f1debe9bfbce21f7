//! The ticket of an outcall that takes minutes: where its answer will be, and under which keys a ledger keeps it.
//!
//! A route with `respond_async` answers a POST at once, with a ticket. It is the outcall's identity in hexadecimal:
//! nothing random, no secret of the process, so whoever has sent the POST can compute where to ask without having read the
//! answer to it.
//!
//! ```
//! use outcall_protocol::{key::IdempotencyKey, outcall_id::{Key, outcall_id}, ticket::Ticket};
//!
//! let key = Key::Given(IdempotencyKey::parse([b"prompt-7".as_slice()]).unwrap());
//! let ticket = Ticket::of(outcall_id("/llm", "", &key));
//! assert_eq!(ticket.location("/llm"), format!("/llm/ticket/{ticket}"));
//! ```

use std::fmt;

use crate::digest::{Digest, Hasher};

const RESULT_LABEL: &str = "outcall-gateway result-id v1";
const ISSUED_LABEL: &str = "outcall-gateway issued-id v1";
const CANCEL_LABEL: &str = "outcall-gateway cancel-id v1";
const SEGMENT: &str = "/ticket/";
const CANCEL: &str = "/cancel";

/// The ticket that a request was given. `Display` is its 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket(Digest);

/// What a path below a route with `respond_async` asks for, which is the gateway's to answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TicketPath {
    /// What has become of a ticket; `None` when no ticket is spelled like that.
    Poll(Option<Ticket>),
    /// That it be cancelled.
    Cancel(Option<Ticket>),
}

impl Ticket {
    /// The ticket of the outcall with this identity.
    pub const fn of(outcall: Digest) -> Self {
        Self(outcall)
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        Digest::from_hex(text).map(Self)
    }

    /// The identity of the outcall.
    pub const fn outcall(&self) -> &Digest {
        &self.0
    }

    /// The path at which the answer is asked for: below that of the route, as the configuration spells it.
    pub fn location(&self, route: &str) -> String {
        format!("{}{SEGMENT}{self}", route.trim_end_matches('/'))
    }

    /// The path at which the call is cancelled, on a route that allows it.
    pub fn cancel_location(&self, route: &str) -> String {
        self.location(route) + CANCEL
    }

    /// The identity under which the result is recorded, for this caller alone: whoever asks in another name asks for
    /// another one.
    pub fn result_id(&self, caller: &str) -> Digest {
        self.scoped(RESULT_LABEL, caller)
    }

    /// The identity under which it is noted that this caller was given the ticket. Nobody in particular may read all of a
    /// route, so there the outcall's own record says it.
    pub fn issued_id(&self, caller: &str) -> Digest {
        if caller.is_empty() { self.0 } else { self.scoped(ISSUED_LABEL, caller) }
    }

    /// The identity under which it is noted that this caller wants the call to end.
    pub fn cancel_id(&self, caller: &str) -> Digest {
        self.scoped(CANCEL_LABEL, caller)
    }

    fn scoped(&self, label: &str, caller: &str) -> Digest {
        Hasher::new(label).part(caller.as_bytes()).part(self.0.as_bytes()).finish()
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TicketPath {
    /// Reads the part of a path behind that of its route; `None` when it is not below `/ticket`, and so the upstream's.
    pub fn parse(rest: &str) -> Option<Self> {
        let text = match rest.strip_prefix(SEGMENT) {
            Some(text) => text,
            None if rest == SEGMENT.trim_end_matches('/') => "",
            None => return None,
        };
        Some(match text.strip_suffix(CANCEL) {
            Some(text) => Self::Cancel(Ticket::parse(text)),
            None => Self::Poll(Ticket::parse(text)),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{
        key::IdempotencyKey,
        outcall_id::{Key, outcall_id},
    };

    fn ticket() -> Ticket {
        let key = IdempotencyKey::parse([b"order-42".as_slice()]).unwrap();
        Ticket::of(outcall_id("/pay", "aaaaa-aa", &Key::Given(key)))
    }

    #[test]
    fn a_ticket_is_the_outcalls_identity_below_its_route() {
        let hex = "53ade00aa331df5dfd769194efea756682b63006a915c9e9509594d87789f9a1";
        assert_eq!(ticket().to_string(), hex);
        assert_eq!(ticket().location("/pay"), format!("/pay/ticket/{hex}"));
        assert_eq!(ticket().location("/"), format!("/ticket/{hex}"), "the route of everything");
        assert_eq!(ticket().cancel_location("/pay"), format!("/pay/ticket/{hex}/cancel"));
        assert_eq!(Ticket::parse(hex), Some(ticket()));
    }

    #[test]
    fn identities_never_change_between_versions() {
        let pinned = "2ad6841cd8407e66db5dfcd12fc7d1ae8929fd0423829b94a952fd4b3dd3b23f";
        assert_eq!(ticket().result_id("aaaaa-aa").to_string(), pinned);
        let pinned = "d2b0dc12a6d9bfed249326ebcfbcc271d2e1e1b5223fa0b83dee3f5b1e858906";
        assert_eq!(ticket().cancel_id("aaaaa-aa").to_string(), pinned);
        let pinned = "117a37018c1c9c6ba427fe827bfc95d47f936d99aeff31c58d4de2d64f38dd9e";
        assert_eq!(ticket().issued_id("aaaaa-aa").to_string(), pinned);
    }

    #[test]
    fn the_same_ticket_has_another_result_for_another_caller() {
        let ticket = ticket();
        assert_ne!(ticket.result_id("aaaaa-aa"), ticket.result_id("bbbbb-bb"));
        assert_ne!(ticket.result_id("aaaaa-aa"), ticket.result_id(""));
        let ids = [ticket.result_id("aaaaa-aa"), ticket.issued_id("aaaaa-aa"), ticket.cancel_id("aaaaa-aa")];
        assert_eq!(ids.into_iter().chain([*ticket.outcall()]).collect::<HashSet<_>>().len(), 4);
        assert_eq!(ticket.issued_id(""), *ticket.outcall());
    }

    #[test]
    fn everything_below_ticket_is_the_gateways_and_nothing_beside_it() {
        let hex = ticket().to_string();
        let poll = |ticket| Some(TicketPath::Poll(ticket));
        assert_eq!(TicketPath::parse(&format!("/ticket/{hex}")), poll(Some(ticket())));
        assert_eq!(
            TicketPath::parse(&format!("/ticket/{hex}/cancel")),
            Some(TicketPath::Cancel(Some(ticket())))
        );
        for misspelled in ["/ticket", "/ticket/", "/ticket/7", "/ticket/cancel"] {
            assert_eq!(TicketPath::parse(misspelled), poll(None), "{misspelled}");
        }
        for misspelled in
            [hex.to_uppercase(), hex[1..].into(), format!("{hex}0"), format!("{hex}/"), format!("{hex}/x")]
        {
            assert_eq!(TicketPath::parse(&format!("/ticket/{misspelled}")), poll(None), "{misspelled}");
        }
        assert_eq!(TicketPath::parse("/ticket/7/cancel"), Some(TicketPath::Cancel(None)));
        for theirs in ["", "/", "/tickets", "/tickets/7", "/Ticket/7", "/v1/ticket/7"] {
            assert_eq!(TicketPath::parse(theirs), None, "{theirs}");
        }
    }
}
