//! One request as the upstream saw it.

use crate::wire;

/// A request that arrived whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its place in the order of arrival, from 0.
    pub order: usize,
    /// The connection it came on, numbered from 0 in the order in which they were accepted.
    pub connection: usize,
    /// The method, `GET`.
    pub method: String,
    /// The request target as it stood on the request line: path and query. Over HTTP/2 the `:path`.
    pub target: String,
    /// The header lines in order, spelled as they came. Over HTTP/2 `:authority` is the first of them.
    pub header_lines: Vec<String>,
    /// Whether the head said that no body follows: over HTTP/2 its frame ended the stream, over HTTP/1.1 it has neither
    /// `content-length` nor `transfer-encoding`.
    pub ended_with_head: bool,
    /// The body, without chunks.
    pub body: Vec<u8>,
}

impl Seen {
    /// The first value of that header, without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).first().copied()
    }

    /// All values of that header, in order.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        wire::values(&self.header_lines, name)
    }

    /// The names of all header lines, in order and as spelled.
    pub fn header_names(&self) -> Vec<&str> {
        let name = |line: &str| line.find(':').unwrap_or(line.len());
        self.header_lines.iter().map(|line| &line[..name(line)]).collect()
    }

    /// The body as text, where bytes that are not UTF-8 show as replacement characters.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
