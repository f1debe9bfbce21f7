//! What the client's frames say that the library does not pass on: whether a stream ended with its head, or with an
//! empty frame behind it.

use std::collections::HashSet;

/// `PRI * HTTP/2.0` and what belongs to it (RFC 9113, section 3.4).
const PREFACE_BYTES: usize = 24;
/// Length, type, flags and stream of a frame (RFC 9113, section 4.1).
const FRAME_HEADER_BYTES: usize = 9;
const HEADERS: u8 = 1;
const END_STREAM: u8 = 1;

/// A reader of frame headers, fed with a connection's bytes as they come.
pub(super) struct Frames {
    /// Bytes until the next frame header.
    ahead: usize,
    header: Vec<u8>,
    ended_with_head: HashSet<u32>,
}

impl Frames {
    pub(super) fn new() -> Self {
        Self { ahead: PREFACE_BYTES, header: Vec::new(), ended_with_head: HashSet::new() }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let passed = self.ahead.min(bytes.len());
            self.ahead -= passed;
            bytes = &bytes[passed..];
            let wanted = FRAME_HEADER_BYTES - self.header.len();
            let taken = wanted.min(bytes.len());
            self.header.extend(&bytes[..taken]);
            bytes = &bytes[taken..];
            if self.header.len() == FRAME_HEADER_BYTES {
                self.frame();
            }
        }
    }

    /// Whether the head of this stream, which has arrived, was its end.
    pub(super) fn ended_with_head(&self, stream: u32) -> bool {
        self.ended_with_head.contains(&stream)
    }

    fn frame(&mut self) {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        let (kind, flags) = (self.header[3], self.header[4]);
        if kind == HEADERS && flags & END_STREAM != 0 {
            self.ended_with_head.insert(number(&self.header[5..]) & 0x7fff_ffff);
        }
        self.ahead = number(&self.header[..3]) as usize;
        self.header.clear();
    }
}
