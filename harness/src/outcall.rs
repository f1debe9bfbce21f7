//! What a canister asks for, what a replica gets, and what it votes for.

use std::fmt;

pub use crate::reject::{REJECT_MESSAGE_BYTES_MAX, Reject, RejectCode};

/// An HTTPS outcall as the canister asks for it: the argument of `http_request` without its transform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The whole URL, with its scheme.
    pub url: String,
    /// The method in upper case: `"GET"`, `"HEAD"`, `"POST"`, `"PUT"`, `"DELETE"` or `"PATCH"`.
    pub method: String,
    /// Names, in any case, and values, in the canister's order; a name may come several times.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none. A GET may have one too.
    pub body: Vec<u8>,
    /// The cap on the response, headers and body together, in bytes; without one 2,000,000.
    pub max_response_bytes: Option<u64>,
}

impl Request {
    /// A GET without headers.
    pub fn get(url: impl Into<String>) -> Self {
        Self { url: url.into(), method: "GET".to_owned(), ..Self::default() }
    }

    /// A POST of these bytes.
    pub fn post(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { url: url.into(), method: "POST".to_owned(), body: body.into(), ..Self::default() }
    }

    /// Adds a header; the same name may come several times.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Caps the response, headers and body together.
    #[must_use]
    pub fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.max_response_bytes = Some(bytes);
        self
    }
}

/// The transform that a request names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transform {
    /// The query method of the calling canister.
    pub method: String,
    /// Handed to it along with the response.
    pub context: Vec<u8>,
}

/// A response as the adapter hands it on: what a transform is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Response {
    /// The status; 4xx and 5xx are ordinary responses.
    pub status: u16,
    /// Names in lower case and values, in order of each name's first occurrence.
    pub headers: Vec<(String, String)>,
    /// The body as it came: no coding is undone.
    pub body: Vec<u8>,
}

impl Response {
    /// Names and values of the headers and the body together, in bytes: what the cap is about, and what is paid for.
    pub fn bytes(&self) -> u64 {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        (headers + self.body.len()) as u64
    }
}

/// What one replica votes for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Content {
    /// The raw reply bytes of the transform or, without one, the Candid encoding of the `http_response`.
    Success(Vec<u8>),
    /// The replica's own failure; it is voted on as a response is.
    Reject(Reject),
}

impl Content {
    /// The bytes that are delivered and paid for: the reply's, or one for the code plus the message's.
    pub fn bytes(&self) -> u64 {
        match self {
            Content::Success(reply) => reply.len() as u64,
            Content::Reject(reject) => 1 + reject.message.len().min(REJECT_MESSAGE_BYTES_MAX) as u64,
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Success(reply) => write!(f, "Success({})", reply.escape_ascii()),
            Content::Reject(reject) => write!(f, "Reject({reject})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_counts_as_many_bytes_as_are_delivered() {
        assert_eq!(Content::Success(vec![0; 7]).bytes(), 7);
        assert_eq!(Content::Reject(Reject::new(RejectCode::SysFatal, "no")).bytes(), 3);
        assert_eq!(Content::Reject(Reject::new(RejectCode::SysFatal, "n".repeat(2_000))).bytes(), 1_025);
        let headers = vec![("a".to_owned(), "bc".to_owned())];
        assert_eq!(Response { status: 200, headers, body: vec![1; 4] }.bytes(), 7);
    }
}
