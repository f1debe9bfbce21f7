//! One kept connection of a lean client: it writes requests that are ready, and counts the bytes of answers whose length it
//! knows.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::SocketAddr,
};

use mio::net::TcpStream;

use super::Failed;
use crate::message;

/// Beyond this an answer is compared at its two ends only, so that comparing does not cost more than answering.
const COMPARED_BYTES: usize = 4096;

/// What every answer must be.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    answer: Vec<u8>,
    is_exact: bool,
}

impl Expected {
    /// Asks once, over a connection of its own, and takes that answer for the measure.
    pub(crate) fn first(
        address: SocketAddr,
        key: &str,
        body_bytes: usize,
        is_exact: bool,
    ) -> Result<Self, Failed> {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.write_all(&message::order(key))?;
        let mut answer = Vec::new();
        let mut chunk = vec![0; 1 << 16];
        while message::whole(&answer).is_none_or(|bytes| answer.len() < bytes) {
            let read = stream.read(&mut chunk)?;
            if read == 0 {
                return Err("the connection ended within the first answer".into());
            }
            answer.extend(&chunk[..read]);
        }
        Self::of(answer, body_bytes, is_exact)
    }

    /// Takes this answer for the measure, if it has the body that the upstream gives.
    pub(crate) fn of(answer: Vec<u8>, body_bytes: usize, is_exact: bool) -> Result<Self, Failed> {
        let body = message::body(body_bytes);
        if answer.starts_with(OK) && answer.ends_with(format!("\r\n\r\n{body}").as_bytes()) {
            return Ok(Self { answer, is_exact });
        }
        let said = String::from_utf8_lossy(&answer[..answer.len().min(600)]).into_owned();
        Err(format!("expected 200 and a body of {body_bytes} bytes, found {said:?}").into())
    }

    /// The bytes of an answer.
    pub(crate) fn bytes(&self) -> usize {
        self.answer.len()
    }

    /// Whether these bytes are the answer; they are as many.
    pub(crate) fn is(&self, received: &[u8]) -> bool {
        if !self.is_exact {
            return received.starts_with(OK);
        }
        if received.len() <= COMPARED_BYTES {
            return received == self.answer;
        }
        let end = received.len() - COMPARED_BYTES / 2;
        received[..COMPARED_BYTES / 2] == self.answer[..COMPARED_BYTES / 2]
            && received[end..] == self.answer[end..]
    }
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\n";

pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    received: usize,
}

impl Connection {
    /// Connects, and waits until it is connected.
    pub(super) fn open(address: SocketAddr, expected: &Expected) -> io::Result<Self> {
        Ok(Self::open_twice(address, expected)?.0)
    }

    /// As [`Connection::open`], with a second handle for another thread that asks.
    pub(super) fn open_twice(
        address: SocketAddr,
        expected: &Expected,
    ) -> io::Result<(Self, std::net::TcpStream)> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let other = stream.try_clone()?;
        let buffer = vec![0; expected.bytes()];
        Ok((Self { stream: TcpStream::from_std(stream), buffer, received: 0 }, other))
    }

    pub(super) fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Writes a request; the one before must have been answered, so there is room for it.
    pub(super) fn ask(&mut self, request: &[u8]) -> Result<(), Failed> {
        let written = (&self.stream).write(request)?;
        if written == request.len() { Ok(()) } else { Err("a request was written in part only".into()) }
    }

    /// Reads what is there; whether the answer is whole now.
    pub(super) fn is_answered(&mut self, expected: &Expected) -> Result<bool, Failed> {
        while self.received < self.buffer.len() {
            match (&self.stream).read(&mut self.buffer[self.received..]) {
                Ok(0) => return Err("a connection ended before its answer was whole".into()),
                Ok(read) => self.received += read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        self.received = 0;
        if expected.is(&self.buffer) {
            return Ok(true);
        }
        let said = String::from_utf8_lossy(&self.buffer[..self.buffer.len().min(600)]);
        Err(format!("an answer is not what it must be: {said:?}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_differs_is_seen() {
        let answer = [OK, b"content-length: 2\r\n\r\n{}"].concat();
        let mut other = answer.clone();
        let exact = Expected { answer, is_exact: true };
        assert!(exact.is(&other));
        *other.last_mut().unwrap() = b'!';
        assert!(!exact.is(&other));
        assert!(Expected { is_exact: false, ..exact }.is(&other), "a date may differ");
    }
}
