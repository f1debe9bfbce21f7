//! The same bytes for all: an upstream's answer becomes the finished answer.
//!
//! Of the headers only the kept ones stay, in one order; the body is decompressed and, if the route says so,
//! projected and canonicalised. What every replica would refuse is refused here, once.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{CONTENT_ENCODING, TRANSFER_ENCODING},
};
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
    #[error("the gateway panicked over the answer, or took too long")]
    Unfinished,
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
            Self::Unfinished => Problem::AnswerUnfinished,
        }
    }
}

/// The finished answer to a request with `method`.
pub(crate) fn finish(rules: &ResponseRules, method: &Method, received: Received) -> Result<Answer, Refused> {
    let Received { status, headers, body } = received;
    let body = if has_body(method, status) { decode(rules, &headers, body)? } else { Bytes::new() };
    let promised = status.is_success() && !body.is_empty();
    let body = if promised { shape(rules, body)? } else { body };
    let answer = Answer::new(method, status, kept(&rules.keep_headers, &headers), detached(&body));
    check_response(answer.headers(), answer.body().len(), rules.max_bytes)?;
    Ok(answer)
}

fn decode(rules: &ResponseRules, headers: &HeaderMap, body: Bytes) -> Result<Bytes, CodingError> {
    // The connection has undone `chunked` and knows no other. Nobody has offered to take one (`te`), so none is due.
    let transferred = headers
        .get_all(TRANSFER_ENCODING)
        .iter()
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b','));
    if transferred
        .map(<[u8]>::trim_ascii)
        .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"chunked"))
    {
        return Err(CodingError::Unsupported);
    }
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

/// A copy of exactly these bytes. What arrives is a view into the connection's read buffer, and a record of a hundred
/// bytes must not keep hundreds of kilobytes alive.
fn detached(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

/// The kept headers: sorted by name, repeated ones in the order in which they came.
fn kept(names: &[HeaderName], headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let fields = headers.iter().map(|field| (field.0.as_str(), field));
    let detached = |(_, (name, value)): (&str, (&HeaderName, &HeaderValue))| {
        let value = HeaderValue::from_maybe_shared(detached(value.as_bytes())).ok()?;
        Some((name.clone(), value))
    };
    header::kept(names, fields).into_iter().filter_map(detached).collect()
}

#[cfg(test)]
mod tests {
    use http::{StatusCode, header::CONTENT_TYPE};

    use super::*;
    use crate::config::Config;

    #[test]
    fn a_finished_answer_keeps_nothing_else_of_the_connections_buffer_alive() {
        let config = Config::parse(r#"{"/p": "https://api.example.com"}"#, &|_| None).unwrap();
        let buffer = Bytes::from([b"text/plain".as_slice(), b"the body", &[0; 100_000]].concat());
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_maybe_shared(buffer.slice(..10)).unwrap());
        let received = Received { status: StatusCode::OK, headers, body: buffer.slice(10..18) };
        let answer = finish(&config.routes[0].response, &Method::GET, received).unwrap();
        assert_eq!(answer.body(), "the body");
        assert_eq!(answer.headers().next(), Some(("content-type", b"text/plain".as_slice())));
        assert!(buffer.is_unique(), "the answer still holds the buffer");
    }
}
