//! The same bytes for all: an upstream's answer becomes the finished answer.
//!
//! Of the headers only the kept ones stay, in one order; the body is decompressed and, if the route says so,
//! projected and canonicalised. What every replica would refuse is refused here, once.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::CONTENT_ENCODING};
use outcall_protocol::{
    header,
    jq::ProjectError,
    json::{self, JsonError},
    limits::{ResponseRefusal, check_response},
};

use crate::{
    answer::{Answer, has_body},
    config::ResponseRules,
    error::Problem,
    upstream::Received,
};

pub(crate) mod coding;

use coding::CodingError;

/// Why a complete answer is not passed on. The texts are for the operator and hold nothing of the body, unless the
/// route's own filter puts it there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    Coding(#[from] CodingError),
    #[error(transparent)]
    Projection(#[from] ProjectError),
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error(transparent)]
    Limits(#[from] ResponseRefusal),
    #[error("the gateway panicked over the answer")]
    Panicked,
}

impl Refused {
    /// What the replicas are told.
    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::Coding(CodingError::TooLarge)
            | Self::Projection(ProjectError::TooLarge)
            | Self::Limits(ResponseRefusal::TooLarge) => Problem::AnswerTooLarge,
            Self::Coding(_) => Problem::AnswerCoding,
            Self::Projection(ProjectError::NotJson(_)) | Self::Json(_) => Problem::AnswerNotJson,
            Self::Projection(_) => Problem::AnswerProjection,
            Self::Limits(_) => Problem::AnswerHeaders,
            Self::Panicked => Problem::AnswerUnfinished,
        }
    }
}

/// The finished answer to a request with `method`.
pub(crate) fn finish(rules: &ResponseRules, method: &Method, received: Received) -> Result<Answer, Refused> {
    let Received { status, headers, body } = received;
    let body = if has_body(method, status) { decode(rules, &headers, body)? } else { Bytes::new() };
    let promised = status.is_success() && !body.is_empty();
    let body = if promised { shape(rules, body)? } else { body };
    let answer = Answer::new(method, status, kept(&rules.keep_headers, &headers), body);
    check_response(answer.headers(), answer.body().len(), rules.max_bytes)?;
    Ok(answer)
}

fn decode(rules: &ResponseRules, headers: &HeaderMap, body: Bytes) -> Result<Bytes, CodingError> {
    let codings = headers.get_all(CONTENT_ENCODING).iter().map(HeaderValue::as_bytes);
    coding::decode(codings, body, body_bytes_max(rules))
}

/// What the route promises of a body: a projection, one spelling.
fn shape(rules: &ResponseRules, body: Bytes) -> Result<Bytes, Refused> {
    let body = match &rules.jq {
        None => body,
        Some(projection) => projection.project(&body, rules.max_bytes)?.into(),
    };
    if rules.canonical_json { Ok(json::canonicalise(&body)?.into()) } else { Ok(body) }
}

/// How large a body may be before it is shaped. Where nothing shrinks it, the answer's own limit is enough.
pub(crate) fn body_bytes_max(rules: &ResponseRules) -> usize {
    if rules.jq.is_some() || rules.canonical_json { rules.max_upstream_bytes } else { rules.max_bytes }
}

/// The kept headers: sorted by name, repeated ones in the order in which they came.
fn kept(names: &[HeaderName], headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let fields = headers.iter().map(|field| (field.0.as_str(), field));
    header::kept(names, fields).into_iter().map(|(_, (name, value))| (name.clone(), value.clone())).collect()
}
