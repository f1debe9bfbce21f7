//! What a request gets: an answer, or one of the ways to get none.

use super::Gate;

/// An answer, byte for byte as it is written, or none. Nothing is added to it but its `content-length`.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) end: End,
    pub(super) gate: Option<Gate>,
}

/// How far an answer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// To its end; the connection stays.
    Whole,
    /// So many bytes of the body that was promised; then the connection is closed.
    CutOff(usize),
    /// Not a byte: the connection is closed.
    Close,
    /// Not a byte: the connection is reset.
    Reset,
    /// Not a byte, and the connection stays open.
    Never,
}

impl Answer {
    /// An answer with that status, without headers and body.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), end: End::Whole, gate: None }
    }

    /// 200 with this text as `application/json`.
    pub fn json(body: impl Into<String>) -> Self {
        Self::new(200).header("content-type", "application/json").body(body.into())
    }

    /// 200 with this text as `text/plain`.
    pub fn text(body: impl Into<String>) -> Self {
        Self::new(200).header("content-type", "text/plain").body(body.into())
    }

    /// No answer: the request is read to its end, then the connection is closed.
    pub fn closed() -> Self {
        Self { end: End::Close, ..Self::new(0) }
    }

    /// No answer: the request is read to its end, then the connection is reset.
    pub fn reset() -> Self {
        Self { end: End::Reset, ..Self::new(0) }
    }

    /// No answer, ever. A replica gives up after 30 s of real time: [`crate::adapter::Network`] can be told otherwise.
    pub fn never() -> Self {
        Self { end: End::Never, ..Self::new(0) }
    }

    /// Another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds a header line; a name may come several times. Spelled as it is here.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Promises the whole body, sends so many bytes of it, and closes.
    #[must_use]
    pub fn cut_off_after(mut self, bytes: usize) -> Self {
        self.end = End::CutOff(bytes);
        self
    }

    /// Waits at that gate before anything else.
    #[must_use]
    pub fn behind(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    /// The bytes of the answer, for an answer to that method.
    pub(super) fn bytes(&self, method: &str) -> Vec<u8> {
        let has_body = !matches!(self.status, 100..200 | 204 | 304);
        let mut bytes = format!("HTTP/1.1 {} \r\n", self.status).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        if has_body {
            bytes.extend(format!("content-length: {}\r\n", self.body.len()).into_bytes());
        }
        bytes.extend(b"\r\n");
        if has_body && method != "HEAD" {
            let sent = match self.end {
                End::CutOff(bytes) => bytes.min(self.body.len()),
                _ => self.body.len(),
            };
            bytes.extend(&self.body[..sent]);
        }
        bytes
    }
}
