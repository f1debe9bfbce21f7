//! The HTTP/1.1 reader that replicas and upstreams share. It keeps every byte it has taken, so that a replica can
//! compare answers as they stood on the wire, and it is strict: what two HTTP implementations could read in two
//! ways is an error here.

use std::io::{self, ErrorKind};

use tokio::io::AsyncReadExt;

use crate::transport::Stream;

/// A head longer than this is somebody's bug: the largest one a test sends on purpose has 64 KiB of headers.
const HEAD_BYTES_MAX: usize = 1 << 20;

/// A stream with the bytes read from it: first those taken, then those still ahead.
pub(crate) struct Wire {
    pub(crate) stream: Stream,
    buffer: Vec<u8>,
    taken: usize,
}

impl Wire {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, buffer: Vec::new(), taken: 0 }
    }

    /// Forgets the bytes taken so far: a new message begins here.
    pub(crate) fn begin_message(&mut self) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
    }

    /// The bytes taken since the message began, exactly as they came.
    pub(crate) fn message(&self) -> &[u8] {
        &self.buffer[..self.taken]
    }

    /// Whether bytes have arrived that nobody has taken.
    pub(crate) fn has_more(&self) -> bool {
        self.buffer.len() > self.taken
    }

    /// Reads once; false at the end of the stream. Nothing is lost when the future is dropped.
    pub(crate) async fn fill(&mut self) -> io::Result<bool> {
        Ok(self.stream.read_buf(&mut self.buffer).await? > 0)
    }

    /// Returns when the other side has closed or reset the connection, whatever it sends before that.
    pub(crate) async fn left(&mut self) {
        while let Ok(true) = self.fill().await {}
    }

    /// A head up to and including its blank line; `None` when the stream ends before the first byte of it.
    pub(crate) async fn head(&mut self) -> io::Result<Option<Head>> {
        if !self.has_more() && !self.fill().await? {
            return Ok(None);
        }
        let bytes = self.until(b"\r\n\r\n").await?;
        Head::parse(&bytes).map(Some)
    }

    /// The body that `length` describes, without its framing.
    pub(crate) async fn body(&mut self, length: Length) -> io::Result<Vec<u8>> {
        match length {
            Length::Exactly(bytes) => self.exactly(bytes).await,
            Length::Chunked => self.chunked().await,
            Length::UntilClose => {
                while self.fill().await? {}
                let rest = self.buffer[self.taken..].to_vec();
                self.taken = self.buffer.len();
                Ok(rest)
            }
        }
    }

    async fn chunked(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = text(&self.until(b"\r\n").await?);
            let size = line.split(';').next().unwrap_or_default().trim();
            let size =
                usize::from_str_radix(size, 16).map_err(|_| malformed(format!("chunk size {line:?}")))?;
            if size == 0 {
                // Trailers, if any, then the blank line.
                while self.until(b"\r\n").await? != b"\r\n" {}
                return Ok(body);
            }
            body.extend(self.exactly(size).await?);
            if self.exactly(2).await? != b"\r\n" {
                return Err(malformed("a chunk that is longer than its size"));
            }
        }
    }

    async fn exactly(&mut self, bytes: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() - self.taken < bytes {
            self.more().await?;
        }
        Ok(self.take(bytes))
    }

    async fn until(&mut self, end: &[u8]) -> io::Result<Vec<u8>> {
        let mut searched = self.taken;
        loop {
            if let Some(at) = self.buffer[searched..].windows(end.len()).position(|window| window == end) {
                return Ok(self.take(searched + at + end.len() - self.taken));
            }
            searched = self.buffer.len().saturating_sub(end.len() - 1).max(self.taken);
            if self.buffer.len() - self.taken > HEAD_BYTES_MAX {
                return Err(malformed("a head without an end"));
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.fill().await? { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    fn take(&mut self, bytes: usize) -> Vec<u8> {
        let from = self.taken;
        self.taken += bytes;
        self.buffer[from..self.taken].to_vec()
    }
}

/// The first line of a message and its header lines, spelled and ordered as they came.
pub(crate) struct Head {
    pub(crate) first: String,
    pub(crate) lines: Vec<String>,
}

/// How the end of a body is known.
pub(crate) enum Length {
    Exactly(usize),
    Chunked,
    UntilClose,
}

impl Head {
    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let head = text(bytes);
        let mut lines = head.trim_end_matches("\r\n").split("\r\n").map(str::to_owned);
        let first = lines.next().unwrap_or_default();
        let lines: Vec<_> = lines.collect();
        match lines.iter().find(|line| !line.contains(':') || line.starts_with([' ', '\t'])) {
            Some(line) => Err(malformed(format!("header line {line:?}"))),
            None => Ok(Self { first, lines }),
        }
    }

    /// The framing that the headers announce, `None` when they announce none.
    pub(crate) fn length(&self) -> io::Result<Option<Length>> {
        let lengths = values(&self.lines, "content-length");
        let codings = values(&self.lines, "transfer-encoding");
        match (&lengths[..], &codings[..]) {
            ([], []) => Ok(None),
            ([], ["chunked"]) => Ok(Some(Length::Chunked)),
            ([bytes], []) if !bytes.is_empty() && bytes.bytes().all(|digit| digit.is_ascii_digit()) => {
                let bytes = bytes.parse().map_err(|_| malformed(format!("content-length {bytes:?}")))?;
                Ok(Some(Length::Exactly(bytes)))
            }
            _ => Err(malformed(format!("content-length {lengths:?} with transfer-encoding {codings:?}"))),
        }
    }
}

/// The values of all header lines with that name, which is compared without regard to case.
pub(crate) fn values<'a>(lines: &'a [String], name: &str) -> Vec<&'a str> {
    let named = lines.iter().filter_map(|line| line.split_once(':'));
    named.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
}

/// An error for bytes that are not the HTTP they should be.
pub(crate) fn malformed(what: impl Into<String>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what.into())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
