//! One connection of a replica: requests out, answers in, every byte accounted for.

use std::io::{self, ErrorKind};

use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::{Answer, Outcall, REQUEST_TIMEOUT};
use crate::transport::Stream;
use crate::wire::{Length, Wire, malformed};

/// A connection that carries one call after the other. Dropping it closes it in order.
pub struct Session {
    wire: Wire,
    host: String,
}

impl Session {
    pub(super) fn new(stream: Stream, host: String) -> Self {
        Self { wire: Wire::new(stream), host }
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Makes the call and waits for its answer.
    ///
    /// # Errors
    /// As [`super::Replica::send`].
    pub async fn send(&mut self, outcall: &Outcall) -> io::Result<Answer> {
        self.write(outcall).await?;
        self.answer(outcall).await
    }

    /// Writes these bytes, which need not be a request.
    ///
    /// # Errors
    /// When the server has closed the connection.
    pub async fn write_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = timeout(REQUEST_TIMEOUT, async {
            self.wire.stream.write_all(bytes).await?;
            self.wire.stream.flush().await
        });
        written.await.map_err(|_| timed_out())?
    }

    pub(super) async fn write(&mut self, outcall: &Outcall) -> io::Result<()> {
        let (mut bytes, body) = outcall.encode(&self.host);
        bytes.extend(body);
        self.write_bytes(&bytes).await
    }

    /// Reads the answer to a call that was written.
    ///
    /// # Errors
    /// As [`super::Replica::send`].
    pub async fn answer(&mut self, outcall: &Outcall) -> io::Result<Answer> {
        timeout(REQUEST_TIMEOUT, self.read(outcall.method == "HEAD")).await.map_err(|_| timed_out())?
    }

    /// Waits until the server has closed the connection; whether it said nothing more before that.
    ///
    /// # Errors
    /// When it has not within 30 s.
    pub async fn closed(&mut self) -> io::Result<bool> {
        timeout(REQUEST_TIMEOUT, self.wire.left()).await.map_err(|_| timed_out())?;
        Ok(!self.wire.has_more())
    }

    pub(super) fn reset(self) -> io::Result<()> {
        self.wire.stream.reset_when_dropped()
    }

    async fn read(&mut self, to_head: bool) -> io::Result<Answer> {
        self.wire.begin_message();
        // Interim answers stay part of the raw bytes: one replica that gets one differs from one that gets none.
        let (status, head) = loop {
            let head = self.wire.head().await?.ok_or_else(|| io::Error::from(ErrorKind::UnexpectedEof))?;
            let status = head.first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
            let status: u16 = status.ok_or_else(|| malformed(format!("status line {:?}", head.first)))?;
            if status >= 200 {
                break (status, head);
            }
        };
        let length = match head.length()? {
            _ if to_head || status == 204 || status == 304 => Length::Exactly(0),
            Some(length) => length,
            None => Length::UntilClose,
        };
        let body = self.wire.body(length).await?;
        if self.wire.has_more() {
            return Err(malformed("bytes after the answer's end"));
        }
        Ok(Answer { status, header_lines: head.lines, body, raw: self.wire.message().to_vec() })
    }
}

fn timed_out() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "Timeout expired")
}
