//! The finished answer: the bytes that every replica of an outcall gets, now, later and after a restart.
//!
//! An [`Answer`] is complete when it is made. Nothing is computed when it is sent: no date, no length, no header
//! that the connection would add, so that no two replicas can see it differ.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;

use crate::error::Problem;

/// Status, header block and body, in the order and spelling in which they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: StatusCode,
    /// Shared by all who have the answer, as the body is.
    headers: Arc<[(HeaderName, HeaderValue)]>,
    body: Bytes,
    /// What went wrong, when the answer is one of our own. For the log; the bytes say it already.
    problem: Option<Problem>,
}

impl Answer {
    /// An answer to a request with `method`. `content-length` is added last, except where HTTP has no body to
    /// measure (HEAD, 204, 304): those carry neither body nor length.
    pub fn new(
        method: &Method,
        status: StatusCode,
        mut headers: Vec<(HeaderName, HeaderValue)>,
        body: Bytes,
    ) -> Self {
        if !has_body(method, status) {
            return Self { status, headers: headers.into(), body: Bytes::new(), problem: None };
        }
        headers.push((header::CONTENT_LENGTH, HeaderValue::from(body.len())));
        Self { status, headers: headers.into(), body, problem: None }
    }

    /// An answer that was complete before, as a store gives it back.
    pub(crate) fn restored(
        status: StatusCode,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Bytes,
        problem: Option<Problem>,
    ) -> Self {
        Self { status, headers: headers.into(), body, problem }
    }

    /// The same answer with further fields, before what measures its body.
    pub(crate) fn with_fields(self, fields: Vec<(HeaderName, HeaderValue)>) -> Self {
        let at = self.headers.iter().position(|(name, _)| name == header::CONTENT_LENGTH);
        let (before, behind) = self.headers.split_at(at.unwrap_or(self.headers.len()));
        let headers = before.iter().cloned().chain(fields).chain(behind.iter().cloned()).collect();
        Self { headers, ..self }
    }

    /// The same answer, known to say that `problem` happened.
    pub(crate) fn saying(self, problem: Problem) -> Self {
        Self { problem: Some(problem), ..self }
    }

    /// What the answer says went wrong; `None` when an upstream gave it.
    pub fn problem(&self) -> Option<Problem> {
        self.problem
    }

    /// The status that the replicas see.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The header block: lower-case names in the order in which they are sent.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// The body as it is sent, never compressed.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// What this answer measures as a replica counts it: header names and values, and the body.
    pub fn bytes(&self) -> usize {
        let headers: usize = self.headers().map(|(name, value)| name.len() + value.len()).sum();
        headers + self.body.len()
    }

    /// The same bytes as an HTTP response.
    pub(crate) fn to_response(&self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body.clone()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.reserve(self.headers.len());
        for (name, value) in &*self.headers {
            headers.append(name.clone(), value.clone());
        }
        response
    }
}

/// Whether HTTP gives the answer to `method` with `status` a body at all (RFC 9110, section 6.4.1).
pub(crate) fn has_body(method: &Method, status: StatusCode) -> bool {
    method != Method::HEAD && status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED
}
