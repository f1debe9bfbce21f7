//! The bytes of a connection: a client that takes none of its answer for too long is given up, and a small answer leaves in
//! one piece.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_io_timeout::TimeoutStream;

use crate::limits;

/// Head and body up to this size are put together before they are written. The copy costs less than what the system does
/// to gather two pieces.
const SMALL: usize = 2048;

/// A connection's bytes, in and out.
pub(super) struct Guarded<S> {
    stream: Pin<Box<TimeoutStream<S>>>,
    stuck: Stuck,
}

/// Whether a connection has bytes that its client does not take.
#[derive(Clone, Default)]
pub(super) struct Stuck(Arc<AtomicBool>);

impl Stuck {
    pub(super) fn now(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<S: AsyncRead + AsyncWrite> Guarded<S> {
    pub(super) fn new(stream: S) -> Self {
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits::WRITE_TIMEOUT));
        Self { stream: Box::pin(stream), stuck: Stuck::default() }
    }

    pub(super) fn stuck(&self) -> Stuck {
        self.stuck.clone()
    }

    fn noted<T>(&self, polled: Poll<T>) -> Poll<T> {
        self.stuck.0.store(polled.is_pending(), Ordering::Relaxed);
        polled
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(context, into)
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = self.stream.as_mut().poll_write(context, bytes);
        self.noted(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut whole = [0; SMALL];
        let polled = match put_together(pieces, &mut whole) {
            Some(bytes) => self.stream.as_mut().poll_write(context, &whole[..bytes]),
            None => self.stream.as_mut().poll_write_vectored(context, pieces),
        };
        self.noted(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.stream.as_mut().poll_flush(context);
        self.noted(polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(context)
    }
}

/// The bytes of all `pieces` in `whole`, and how many they are; none where they are one, or too many.
fn put_together(pieces: &[IoSlice<'_>], whole: &mut [u8; SMALL]) -> Option<usize> {
    let bytes = pieces.iter().map(|piece| piece.len()).sum::<usize>();
    if pieces.len() < 2 || bytes > SMALL {
        return None;
    }
    let mut free = &mut whole[..];
    for piece in pieces {
        let (taken, rest) = free.split_at_mut(piece.len());
        taken.copy_from_slice(piece);
        free = rest;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    async fn written(pieces: &[&[u8]]) -> (usize, Vec<u8>) {
        let (mut near, far) = duplex(1 << 20);
        let mut guarded = Guarded::new(far);
        let slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let bytes = guarded.write_vectored(&slices).await.unwrap();
        drop(guarded);
        let mut found = Vec::new();
        near.read_to_end(&mut found).await.unwrap();
        (bytes, found)
    }

    #[tokio::test]
    async fn small_pieces_are_written_as_one_and_large_ones_as_they_are() {
        assert_eq!(written(&[b"HTTP/1.1 200 OK\r\n\r\n", b"5 ICP"]).await.1, b"HTTP/1.1 200 OK\r\n\r\n5 ICP");
        assert_eq!(written(&[]).await, (0, vec![]));
        for size in [SMALL - 1, SMALL, SMALL + 1, SMALL * 20] {
            let (head, body) = ([b'h'; 1], vec![b'b'; size - 1]);
            let (bytes, found) = written(&[&head, &body]).await;
            assert_eq!(found, [&head[..], &body].concat()[..bytes], "{size}");
            assert!(size > SMALL || bytes == size, "{size}: {bytes} bytes at once");
        }
    }

    #[tokio::test]
    async fn what_the_client_does_not_take_is_stuck_until_he_does() {
        let (mut near, far) = duplex(4);
        let mut guarded = Guarded::new(far);
        let stuck = guarded.stuck();
        guarded.write_all(b"5 IC").await.unwrap();
        assert!(!stuck.now());
        let mut more = Box::pin(guarded.write_all(b"P"));
        assert!(futures_util::poll!(more.as_mut()).is_pending());
        assert!(stuck.now());
        near.read_exact(&mut [0; 4]).await.unwrap();
        more.await.unwrap();
        assert!(!stuck.now());
    }
}
