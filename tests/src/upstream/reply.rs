//! One answer as the script wants it on the wire: header lines spelled and ordered as given, and a framing that may
//! tell the truth or not.

use bytes::Bytes;

/// An answer. Nothing is added to it but the header line that its framing needs.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) lines: Vec<Vec<u8>>,
    pub(crate) body: Bytes,
    framing: Framing,
    trailers: Vec<String>,
}

/// How the body's end is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `content-length` with the body's true length.
    ContentLength,
    /// `transfer-encoding: chunked`, in chunks of at most 1,000 bytes, so that small bodies are cut up too.
    Chunked,
    /// `connection: close`, and the body ends with the connection.
    UntilClose,
    /// `content-length` with this number of bytes, whatever the body has. When it promises more the connection is
    /// closed after the body; when it promises less the connection is kept.
    Claimed(usize),
    /// No header line and no body: 204, 304.
    Nothing,
}

const CHUNK_BYTES: usize = 1_000;

impl Reply {
    /// An answer without header lines and body.
    pub fn new(status: u16) -> Self {
        let framing = Framing::ContentLength;
        Self { status, lines: Vec::new(), body: Bytes::new(), framing, trailers: Vec::new() }
    }

    /// 200 with this text as `application/json`.
    pub fn json(body: &str) -> Self {
        Self::new(200).header("content-type", "application/json").body(body.to_owned())
    }

    /// Adds a header line.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.line(format!("{name}: {value}"))
    }

    /// Adds a header line byte for byte; it need not be one.
    pub fn line(mut self, line: impl Into<Vec<u8>>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets how the body's end is announced; at first it is [`Framing::ContentLength`].
    pub fn framing(mut self, framing: Framing) -> Self {
        self.framing = framing;
        self
    }

    /// Adds a trailer line. Only a chunked answer sends it.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers.push(format!("{name}: {value}"));
        self
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body before any framing.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The length of the body before any framing.
    pub fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// Whether nothing can follow on the connection.
    pub(super) fn closes(&self) -> bool {
        let says_so = self.lines.iter().any(|line| line.eq_ignore_ascii_case(b"connection: close"));
        says_so || self.framing == Framing::UntilClose || self.promises_more()
    }

    /// All bytes of the answer. An answer to HEAD has the head of the answer to GET, and no body.
    pub(super) fn encode(&self, to_head: bool) -> Vec<u8> {
        let mut bytes = self.head();
        match self.framing {
            _ if to_head => {}
            Framing::ContentLength | Framing::UntilClose | Framing::Claimed(_) => bytes.extend(&self.body),
            Framing::Chunked => {
                for chunk in self.body.chunks(CHUNK_BYTES) {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(b"0\r\n");
                self.trailers.iter().for_each(|line| bytes.extend(format!("{line}\r\n").as_bytes()));
                bytes.extend(b"\r\n");
            }
            Framing::Nothing => {}
        }
        bytes
    }

    fn head(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\n", self.status).into_bytes();
        for line in &self.lines {
            head.extend(line);
            head.extend(b"\r\n");
        }
        match self.framing {
            Framing::ContentLength => {
                head.extend(format!("content-length: {}\r\n", self.body.len()).as_bytes())
            }
            Framing::Claimed(bytes) => head.extend(format!("content-length: {bytes}\r\n").as_bytes()),
            Framing::Chunked => head.extend(b"transfer-encoding: chunked\r\n"),
            Framing::UntilClose => head.extend(b"connection: close\r\n"),
            Framing::Nothing => {}
        }
        head.extend(b"\r\n");
        head
    }

    fn promises_more(&self) -> bool {
        matches!(self.framing, Framing::Claimed(bytes) if bytes > self.body.len())
    }
}
