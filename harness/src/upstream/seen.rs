//! A request, as it came.

use std::fmt;

/// A request that came whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many requests met the same line of the script before it.
    pub number: usize,
    /// The method, as it was sent.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// What is behind the `?`, if there is one.
    pub query: Option<String>,
    /// Names, as they were sent, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Seen {
    /// The first value of a header, whose name may be in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// Reads a head: the request line, then the headers, up to the empty line.
    pub(super) fn read(head: &str) -> Option<Self> {
        let mut lines = head.trim_end_matches("\r\n").split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() || !version.starts_with("HTTP/1.") {
            return None;
        }
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        };
        let headers = lines.map(header).collect::<Option<Vec<_>>>()?;
        Some(Self { method: method.to_owned(), path: path.to_owned(), query, headers, ..Self::default() })
    }

    /// How long the body is that follows the head; none where that is not said by `content-length`.
    pub(super) fn body_bytes(&self) -> Option<usize> {
        match (self.header("content-length"), self.header("transfer-encoding")) {
            (Some(length), None) => length.parse().ok(),
            (None, None) => Some(0),
            _ => None,
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        if let Some(key) = self.header("idempotency-key") {
            write!(f, ", idempotency-key {key}")?;
        }
        match self.body.len() {
            0 => Ok(()),
            bytes => write!(f, ", {bytes} bytes"),
        }
    }
}
