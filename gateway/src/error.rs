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
    /// A defect of the gateway.
    Internal,
}

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
    /// Every kind, for documentation and tests.
    pub const ALL: [Self; 40] = [
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
        Self::Internal,
    ];

    /// The kind of this name, as a stored answer has it.
    pub(crate) fn of_kind(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.facts().kind == kind)
    }

    /// The fixed facts of this kind.
    pub fn facts(self) -> Facts {
        use Executed::{No, Unknown, Yes};
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
            Self::Internal => ("internal", 500, Unknown, "The gateway failed; ask the same key again."),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Facts { kind, status, executed, detail }
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_is_valid_json_with_its_own_type_and_the_members_of_rfc_9457() {
        let mut kinds = HashSet::new();
        for problem in Problem::ALL {
            let answer = problem.answer(&Method::GET);
            let json: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(json["status"], answer.status().as_u16());
            assert_eq!(json["executed"], problem.facts().executed.as_str());
            assert!(json["type"].as_str().unwrap().starts_with("urn:outcall-gateway:"));
            assert!(kinds.insert(json["type"].to_string()), "{problem:?} shares its type");
        }
        assert_eq!(kinds.len(), Problem::ALL.len());
    }

    #[test]
    fn the_bytes_of_an_error_are_these() {
        let answer = Problem::KeyReused.answer(&Method::POST);
        insta::assert_snapshot!(String::from_utf8_lossy(answer.body()), @r#"{"type":"urn:outcall-gateway:key-reused","title":"Unprocessable Entity","status":422,"detail":"This Idempotency-Key was used before with another request.","executed":"no"}"#);
        let headers: Vec<_> = answer.headers().collect();
        assert_eq!(
            headers,
            [
                ("content-type", b"application/problem+json".as_slice()),
                ("content-length", answer.body().len().to_string().as_bytes()),
            ]
        );
    }

    #[test]
    fn the_answer_to_head_carries_neither_body_nor_length() {
        let answer = Problem::NoRoute.answer(&Method::HEAD);
        assert!(answer.body().is_empty());
        assert!(answer.headers().all(|(name, _)| name != "content-length"));
    }
}
