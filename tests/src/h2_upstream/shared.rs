//! A stream with two owners: the HTTP/2 library drives it until the script wants a frame that the library would not
//! send; then the library's half is dropped and the frame is written by hand.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::frames::Frames;

#[derive(Clone)]
pub(super) struct Shared {
    stream: Arc<Mutex<TlsStream<TcpStream>>>,
    frames: Arc<Mutex<Frames>>,
}

impl Shared {
    pub(super) fn new(stream: TlsStream<TcpStream>) -> Self {
        Self { stream: Arc::new(Mutex::new(stream)), frames: Arc::new(Mutex::new(Frames::new())) }
    }

    /// Whether the head of this stream, which has arrived, was its end.
    pub(super) fn ended_with_head(&self, stream: u32) -> bool {
        self.frames.lock().unwrap().ended_with_head(stream)
    }

    fn with<T>(&self, poll: impl FnOnce(Pin<&mut TlsStream<TcpStream>>) -> T) -> T {
        poll(Pin::new(&mut *self.stream.lock().unwrap()))
    }
}

impl AsyncRead for Shared {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let polled = self.with(|stream| stream.poll_read(cx, into));
        self.frames.lock().unwrap().feed(&into.filled()[before..]);
        polled
    }
}

impl AsyncWrite for Shared {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(cx, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_shutdown(cx))
    }
}
