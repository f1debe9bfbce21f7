//! What a connection of the rig runs over: plain TCP or TLS on top of it. Both can be torn down with a reset, which
//! is what a crashed machine or an impatient middlebox looks like from the other side.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

/// A byte stream over TCP that can end in a reset instead of an orderly close.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {
    /// From now on, dropping the stream sends RST (`SO_LINGER` 0) instead of FIN.
    fn reset_when_dropped(&self) -> io::Result<()>;
}

/// Any transport; the rig does not care which.
pub(crate) type Stream = Box<dyn Transport>;

impl Transport for TcpStream {
    fn reset_when_dropped(&self) -> io::Result<()> {
        self.set_zero_linger()
    }
}

impl Transport for TlsStream<TcpStream> {
    fn reset_when_dropped(&self) -> io::Result<()> {
        self.get_ref().0.set_zero_linger()
    }
}
