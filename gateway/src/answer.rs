//! The finished answer: the bytes that every replica of an outcall gets, now, later and after a restart.
//!
//! An [`Answer`] is complete when it is made. Nothing is computed when it is sent: no date, no length, no header
//! that the connection would add, so that no two replicas can see it differ.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;

use crate::error::Problem;

/// The name, for those who are told names as text.
const CONTENT_LENGTH: &str = "content-length";

/// Status, header block and body, in the order and spelling in which they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: StatusCode,
    /// Shared by all who have the answer, as the body is.
    headers: Arc<[(HeaderName, HeaderValue)]>,
    /// The last header, where there is one; kept apart since it is as good as free here, and a million records have it.
    content_length: Option<Decimal>,
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
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Bytes,
    ) -> Self {
        let (content_length, body) = match has_body(method, status) {
            true => (Some(Decimal::of(body.len())), body),
            false => (None, Bytes::new()),
        };
        Self { status, headers: headers.into(), content_length, body, problem: None }
    }

    /// An answer that was complete before, as a store gives it back.
    pub(crate) fn restored(
        status: StatusCode,
        mut headers: Vec<(HeaderName, HeaderValue)>,
        body: Bytes,
        problem: Option<Problem>,
    ) -> Self {
        let measured = Decimal::of(body.len());
        let is_length = |(name, value): &mut (HeaderName, HeaderValue)| {
            *name == header::CONTENT_LENGTH && value.as_bytes() == measured.as_bytes()
        };
        let content_length = headers.pop_if(is_length).map(|_| measured);
        Self { status, headers: headers.into(), content_length, body, problem }
    }

    /// The same answer with further fields, before what measures its body.
    pub(crate) fn with_fields(self, fields: Vec<(HeaderName, HeaderValue)>) -> Self {
        let headers = self.headers.iter().cloned().chain(fields).collect();
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
        let length = self.content_length.iter().map(|length| (CONTENT_LENGTH, length.as_bytes()));
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).chain(length)
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
        headers.reserve(self.headers.len() + 1);
        for (name, value) in &*self.headers {
            headers.append(name.clone(), value.clone());
        }
        if let Some(length) = self.content_length.and_then(Decimal::value) {
            headers.append(header::CONTENT_LENGTH, length);
        }
        response
    }
}

/// Whether HTTP gives the answer to `method` with `status` a body at all (RFC 9110, section 6.4.1).
pub(crate) fn has_body(method: &Method, status: StatusCode) -> bool {
    method != Method::HEAD && status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED
}

/// A number of bytes as HTTP spells it: digits, without any memory of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Decimal {
    /// Right-aligned, with zeros before it.
    digits: [u8; Decimal::DIGITS],
    length: u8,
}

impl Decimal {
    /// What the largest number of bytes takes.
    const DIGITS: usize = 20;

    fn of(number: usize) -> Self {
        let (mut digits, mut length, mut rest) = ([b'0'; Self::DIGITS], 0, number);
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            length += 1;
            if rest == 0 {
                break;
            }
        }
        Self { digits, length }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.digits[Self::DIGITS - usize::from(self.length)..]
    }

    fn value(self) -> Option<HeaderValue> {
        HeaderValue::from_bytes(self.as_bytes()).ok()
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_spelled_as_numbers_are() {
        for number in [0, 1, 9, 10, 250, 2_000_000, usize::MAX] {
            assert_eq!(Decimal::of(number).as_bytes(), number.to_string().as_bytes());
            assert_eq!(format!("{:?}", Decimal::of(number)), number.to_string());
        }
    }

    #[test]
    fn what_a_store_gives_back_is_what_it_was_given() {
        for (method, status) in
            [(Method::GET, 200), (Method::HEAD, 200), (Method::GET, 204), (Method::POST, 409)]
        {
            let status = StatusCode::from_u16(status).unwrap();
            let kept = vec![(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))];
            let answer = Answer::new(&method, status, kept, Bytes::from_static(b"5 ICP"));
            let headers = answer.to_response().headers().clone();
            let listed: Vec<_> = headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            let told: Vec<_> =
                answer.headers().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
            let sent = listed.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
            assert_eq!(told, sent.collect::<Vec<_>>());
            assert_eq!(Answer::restored(status, listed, answer.body().clone(), None), answer);
        }
    }
}
