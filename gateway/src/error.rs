//! Every unhappy end: the one place that turns a failure into an answer.
//!
//! The bodies are `application/problem+json` (RFC 9457), one fixed text per kind, so that every replica that meets
//! the same failure reads the same bytes. What the operator needs beyond that goes into the log, where the failure
//! is seen. The member `executed` tells the canister whether the upstream may have acted:
//!
//! - `"no"`: nothing was executed, and this key will not be led while the refusal lasts: try again under a new key;
//! - `"yes"`: the upstream answered, but its answer could not be passed on;
//! - `"unknown"`: ask the same key again; if the answer stays, reconcile with the upstream.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use crate::answer::Answer;

mod facts;
#[cfg(test)]
mod tests;

pub use facts::Facts;

/// Whether the upstream has executed the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executed {
    /// Not executed, and this key will not be.
    No,
    /// The upstream answered.
    Yes,
    /// It cannot be known, or not yet.
    Unknown,
}

impl Executed {
    /// The text of the member `executed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Unknown => "unknown",
        }
    }
}

/// A kind of failure. Its texts, status and `executed` are fixed: see [`Problem::facts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// The route wants an `Idempotency-Key` and the request has none.
    KeyMissing,
    /// The `Idempotency-Key` is not one.
    KeyInvalid,
    /// The same key came before with another request.
    KeyReused,
    /// The path could leave its route, or is not a path.
    PathInvalid,
    /// The URL is longer than a canister can send.
    UrlTooLong,
    /// An HTTP/1.1 request in absolute form.
    AbsoluteForm,
    /// An HTTP/1.1 request without a `Host`, or with more than one.
    HostInvalid,
    /// An HTTP/1.1 request whose `Transfer-Encoding` is anything but `chunked`.
    TransferCoding,
    /// The body ended early, stalled, or was malformed.
    BodyIncomplete,
    /// The body is larger than a canister can send.
    BodyTooLarge,
    /// The bodies of other requests take all the room there is for bodies.
    BodiesFull,
    /// Too many or too large request headers.
    HeadersTooLarge,
    /// The route is for callers who are known by name, and the request has no token.
    TokenMissing,
    /// The request's token is not one that the gateway believes.
    TokenInvalid,
    /// The request's token was signed for another request, or for none where it must be.
    TokenForAnother,
    /// The request's token may not lead a key now.
    TokenExpired,
    /// The request's token is good for longer than it would be known that its request was led.
    TokenLastsTooLong,
    /// The route is for other callers.
    CallerNotAllowed,
    /// No route has this path.
    NoRoute,
    /// The route does not serve this method.
    MethodNotAllowed,
    /// The route's rate of new keys is used up.
    RateLimited,
    /// The route's upstream calls in flight are at their limit.
    UpstreamBusy,
    /// The upstream has failed too often; the breaker is open.
    BreakerOpen,
    /// The gateway is shutting down and cannot see this call through.
    Draining,
    /// The ledger has no room for another answer.
    LedgerFull,
    /// The ledger's store cannot be reached, read or written.
    LedgerUnreachable,
    /// The ledger's store is new or has lost records, and no operator has accepted that yet.
    LedgerForgotten,
    /// Too many requests wait for this one key.
    WaitersFull,
    /// Nothing could be sent to the upstream.
    UpstreamUnreachable,
    /// The host that the request names leads to no public address.
    UpstreamNotPublic,
    /// A request that is safe to repeat failed each time.
    UpstreamFailed,
    /// A request that is safe to repeat found no answer in time.
    UpstreamTimeout,
    /// A request that is not safe to repeat was sent and has no answer.
    OutcomeUnknown,
    /// A leader of this safe request was lost, who may have sent it, and no other got an answer.
    LeaderLost,
    /// The upstream's answer is larger than the route allows.
    AnswerTooLarge,
    /// The upstream's answer has a content coding that cannot be undone.
    AnswerCoding,
    /// The upstream's answer is not the JSON that the route promises.
    AnswerNotJson,
    /// The route's jq filter did not yield one value.
    AnswerProjection,
    /// The upstream's answer has headers that every replica would refuse.
    AnswerHeaders,
    /// The gateway failed over the upstream's answer.
    AnswerUnfinished,
    /// Of a ticket: nobody was given it, or not who asks.
    TicketUnknown,
    /// Of a ticket: its result has expired.
    TicketExpired,
    /// The call of a ticket was cancelled.
    Cancelled,
    /// A defect of the gateway.
    Internal,
}

impl Problem {
    /// Every kind, for documentation and tests.
    pub const ALL: [Self; 44] = [
        Self::KeyMissing,
        Self::KeyInvalid,
        Self::KeyReused,
        Self::PathInvalid,
        Self::UrlTooLong,
        Self::AbsoluteForm,
        Self::HostInvalid,
        Self::TransferCoding,
        Self::BodyIncomplete,
        Self::BodyTooLarge,
        Self::BodiesFull,
        Self::HeadersTooLarge,
        Self::TokenMissing,
        Self::TokenInvalid,
        Self::TokenForAnother,
        Self::TokenExpired,
        Self::TokenLastsTooLong,
        Self::CallerNotAllowed,
        Self::NoRoute,
        Self::MethodNotAllowed,
        Self::RateLimited,
        Self::UpstreamBusy,
        Self::BreakerOpen,
        Self::Draining,
        Self::LedgerFull,
        Self::LedgerUnreachable,
        Self::LedgerForgotten,
        Self::WaitersFull,
        Self::UpstreamUnreachable,
        Self::UpstreamNotPublic,
        Self::UpstreamFailed,
        Self::UpstreamTimeout,
        Self::OutcomeUnknown,
        Self::LeaderLost,
        Self::AnswerTooLarge,
        Self::AnswerCoding,
        Self::AnswerNotJson,
        Self::AnswerProjection,
        Self::AnswerHeaders,
        Self::AnswerUnfinished,
        Self::TicketUnknown,
        Self::TicketExpired,
        Self::Cancelled,
        Self::Internal,
    ];

    /// The kind of this name, as a stored answer has it.
    pub(crate) fn of_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.facts().kind == kind)
    }

    /// The answer that every replica gets for this failure of a request with `method`.
    pub fn answer(self, method: &Method) -> Answer {
        self.answer_with(method, None)
    }

    /// A 405, which names the methods that the route does serve (RFC 9110, section 15.5.6).
    pub(crate) fn method_not_allowed(method: &Method, allow: HeaderValue) -> Answer {
        Self::MethodNotAllowed.answer_with(method, Some((header::ALLOW, allow)))
    }

    /// The end of a connection on which somebody before us may have seen another end of this request's body.
    pub(crate) fn transfer_coding(method: &Method) -> Answer {
        Self::TransferCoding
            .answer_with(method, Some((header::CONNECTION, HeaderValue::from_static("close"))))
    }

    fn answer_with(self, method: &Method, extra: Option<(HeaderName, HeaderValue)>) -> Answer {
        let Facts { kind, status, executed, detail } = self.facts();
        let title = status.canonical_reason().unwrap_or_default();
        // Every text is ours and free of quotes and backslashes (a test keeps it so): no escaping is needed.
        let body = format!(
            r#"{{"type":"urn:outcall-gateway:{kind}","title":"{title}","status":{},"detail":"{detail}","executed":"{}"}}"#,
            status.as_u16(),
            executed.as_str(),
        );
        let mut headers: Vec<_> = extra.into_iter().collect();
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110, section 15.5.2.
            headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        Answer::new(method, status, headers, Bytes::from(body)).saying(self)
    }
}
