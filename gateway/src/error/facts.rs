//! What each kind of failure says: its name, its status, whether the upstream has acted, and a sentence.

use http::StatusCode;

use super::{
    Executed::{self, No, Unknown, Yes},
    Problem,
};

/// What a kind of failure says, to whom, and with which status.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The end of `urn:outcall-gateway:<kind>`.
    pub kind: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// Whether the upstream has executed the request.
    pub executed: Executed,
    /// A sentence for the developer of the canister.
    pub detail: &'static str,
}

impl Problem {
    /// The fixed facts of this kind.
    pub fn facts(self) -> Facts {
        let (kind, status, executed, detail) = match self {
            Self::KeyMissing => ("key-missing", 400, No, "This route needs an Idempotency-Key header."),
            Self::KeyInvalid => (
                "key-invalid",
                400,
                No,
                "The Idempotency-Key must be one header of 1 to 255 visible ASCII characters.",
            ),
            Self::KeyReused => {
                ("key-reused", 422, No, "This Idempotency-Key was used before with another request.")
            }
            Self::PathInvalid => (
                "path-invalid",
                400,
                No,
                "The path must not contain a backslash, an empty segment, a control character or a dot segment.",
            ),
            Self::UrlTooLong => ("url-too-long", 400, No, "The URL must not exceed 8192 bytes."),
            Self::AbsoluteForm => {
                ("absolute-form", 400, No, "The request target must be a path, not an absolute URL.")
            }
            Self::HostInvalid => ("host-invalid", 400, No, "The request must have one Host header."),
            Self::TransferCoding => {
                ("transfer-coding", 400, No, "The body's only transfer coding must be chunked, once.")
            }
            Self::BodyIncomplete => {
                // One replica's network says nothing of the others: this key may be led, or have been.
                ("body-incomplete", 400, Unknown, "The request body did not arrive whole and in time.")
            }
            Self::BodiesFull => (
                "bodies-full",
                503,
                Unknown,
                "Other requests take all the room for bodies; ask the same key again.",
            ),
            Self::BodyTooLarge => {
                ("body-too-large", 413, No, "The request body must not exceed 2000000 bytes.")
            }
            Self::HeadersTooLarge => (
                "headers-too-large",
                431,
                No,
                "The request must not have more than 128 headers or 65536 bytes of headers.",
            ),
            Self::TokenMissing => (
                "token-missing",
                401,
                Unknown,
                "This route needs an Authorization header with a Bearer token.",
            ),
            Self::TokenInvalid => (
                "token-invalid",
                401,
                Unknown,
                "The token is neither a known one nor signed by a known caller for this gateway.",
            ),
            Self::TokenForAnother => (
                "token-for-another",
                403,
                Unknown,
                "The token must have been signed for this very request and none other.",
            ),
            Self::TokenExpired => (
                "token-expired",
                401,
                No,
                "The token has expired or is not valid yet; this outcall was not sent.",
            ),
            Self::TokenLastsTooLong => (
                "token-lasts-too-long",
                401,
                No,
                "The token is good for longer than this outcall would be remembered; it was not sent.",
            ),
            Self::CallerNotAllowed => {
                ("caller-not-allowed", 403, Unknown, "This route is for other callers.")
            }
            Self::NoRoute => ("no-route", 404, Unknown, "No route of this gateway has this path."),
            Self::MethodNotAllowed => {
                ("method-not-allowed", 405, Unknown, "This route does not serve this method.")
            }
            Self::RateLimited => (
                "rate-limited",
                429,
                No,
                "The route's rate of new outcalls is used up; this one was not sent.",
            ),
            Self::UpstreamBusy => (
                "upstream-busy",
                503,
                No,
                "The route's upstream calls in flight are at their limit; this one was not sent.",
            ),
            Self::BreakerOpen => (
                "breaker-open",
                503,
                No,
                "The upstream failed repeatedly and is being left alone; this outcall was not sent.",
            ),
            Self::Draining => {
                ("draining", 503, No, "The gateway is shutting down; this outcall was not sent.")
            }
            Self::LedgerFull => (
                "ledger-full",
                503,
                Unknown,
                "The ledger has no room for another outcall; nothing was sent now.",
            ),
            Self::LedgerUnreachable => (
                "ledger-unreachable",
                503,
                Unknown,
                "The ledger cannot be reached, so that this outcall could not be claimed; nothing was sent now.",
            ),
            Self::LedgerForgotten => (
                "ledger-forgotten",
                503,
                Unknown,
                "The ledger is new or has lost records, so that it cannot know whether this outcall was made before; nothing was sent now.",
            ),
            Self::WaitersFull => (
                "waiters-full",
                503,
                Unknown,
                "Too many requests wait for this outcall already; ask the same key again.",
            ),
            Self::UpstreamUnreachable => {
                ("upstream-unreachable", 502, No, "The upstream could not be reached; nothing was sent.")
            }
            Self::UpstreamNotPublic => (
                "upstream-not-public",
                502,
                No,
                "The host leads to no public address, and this route calls no other; nothing was sent.",
            ),
            Self::UpstreamFailed => {
                ("upstream-failed", 502, Unknown, "The upstream broke off before its answer was complete.")
            }
            Self::UpstreamTimeout => {
                ("upstream-timeout", 504, Unknown, "The upstream did not answer in time.")
            }
            Self::OutcomeUnknown => (
                "outcome-unknown",
                502,
                Unknown,
                "The request may have been sent, but no complete answer came back; it will not be sent again.",
            ),
            Self::LeaderLost => (
                "leader-lost",
                502,
                Unknown,
                "The outcall was lost inside the gateway; ask the same key again.",
            ),
            Self::AnswerTooLarge => {
                ("answer-too-large", 502, Yes, "The upstream's answer exceeds the size limit of this route.")
            }
            Self::AnswerCoding => (
                "answer-coding",
                502,
                Yes,
                "The upstream's answer has a content coding that cannot be undone.",
            ),
            Self::AnswerNotJson => (
                "answer-not-json",
                502,
                Yes,
                "The upstream's answer is not the JSON that this route promises.",
            ),
            Self::AnswerProjection => {
                ("answer-projection", 502, Yes, "The route's jq filter did not yield exactly one value.")
            }
            Self::AnswerHeaders => (
                "answer-headers",
                502,
                Yes,
                "The upstream's answer has headers that the replicas would refuse.",
            ),
            Self::AnswerUnfinished => {
                ("answer-unfinished", 502, Yes, "The gateway failed over the upstream's answer.")
            }
            Self::TicketUnknown => {
                ("ticket-unknown", 404, Unknown, "Nobody knows this ticket, or it is another caller's.")
            }
            Self::TicketExpired => (
                "ticket-expired",
                410,
                Unknown,
                "The result of this ticket was recorded and has expired; reconcile with the upstream.",
            ),
            Self::Cancelled => (
                "cancelled",
                502,
                Unknown,
                "The call was cancelled while the upstream was at work; it will not be sent again.",
            ),
            Self::Internal => ("internal", 500, Unknown, "The gateway failed; ask the same key again."),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Facts { kind, status, executed, detail }
    }
}
