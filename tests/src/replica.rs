//! One replica, as the IC's HTTPS-outcalls adapter makes its request. Model: dfinity/ic
//! rs/https_outcalls/adapter/src/rpc_server.rs. Header names go out in lower case, `user-agent: ic/1.0` and `host` are
//! added and, for a body, `content-length`; no `accept`, no `accept-encoding`; redirects are not followed and nothing
//! is decompressed. The answer is read by hand, so that two replicas can compare what stood on the wire.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::{TlsConnector, TlsStream};

use crate::tls::Authority;
use crate::transport::Stream;

mod answer;
mod http2;
mod leave;
mod outcall;
mod session;
mod subnet;

#[cfg(test)]
mod tests;

pub use answer::{Answer, agreed, first_difference};
pub use http2::{H2Answer, H2Replica};
pub use leave::{Pending, Stage};
pub use outcall::Outcall;
pub use session::Session;
pub use subnet::Subnet;

/// What the adapter grants a whole request. Source: rs/https_outcalls/adapter/src/config.rs.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What the adapter grants the connection. Source: rs/https_outcalls/adapter/src/config.rs.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A node that calls one server. It keeps no connection unless it is asked to, by [`Replica::session`].
#[derive(Clone, Debug)]
pub struct Replica {
    addr: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
}

impl Replica {
    /// A replica that calls this address in clear text.
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, tls: None }
    }

    /// A replica that calls `localhost` at this address over TLS and trusts this authority. It offers `http/1.1`.
    pub fn over_tls(addr: SocketAddr, authority: &Authority) -> Self {
        Self { addr, tls: Some(authority.client(&["http/1.1"])) }
    }

    /// Makes the call on a connection of its own and waits for the answer.
    ///
    /// # Errors
    /// No connection, a reset, half an answer, bytes after it, an answer that is not HTTP/1.1, or 30 s gone.
    pub async fn send(&self, outcall: &Outcall) -> io::Result<Answer> {
        self.start(outcall).await?.answer().await
    }

    /// Writes the whole request on a connection of its own, and reads nothing yet.
    ///
    /// # Errors
    /// As [`Replica::send`], before an answer is read.
    pub async fn start(&self, outcall: &Outcall) -> io::Result<Pending> {
        let mut session = self.session().await?;
        session.write(outcall).await?;
        Ok(Pending::new(session, outcall))
    }

    /// The same call twice, each on a connection of its own, one after the other: what a node does that was restarted,
    /// or that takes the way through the SOCKS proxy after an error.
    ///
    /// # Errors
    /// As [`Replica::send`].
    pub async fn send_twice(&self, outcall: &Outcall) -> io::Result<[Answer; 2]> {
        Ok([self.send(outcall).await?, self.send(outcall).await?])
    }

    /// Breaks off at that stage, then makes the same call on a new connection and waits for the answer.
    ///
    /// # Errors
    /// As [`Replica::send`].
    pub async fn resend(&self, outcall: &Outcall, after: Stage) -> io::Result<Answer> {
        self.send_and_leave(outcall, after).await?;
        self.send(outcall).await
    }

    /// Makes the call up to that stage and resets the connection.
    ///
    /// # Errors
    /// When there is no connection, or the server closed it first.
    pub async fn send_and_leave(&self, outcall: &Outcall, at: Stage) -> io::Result<()> {
        let mut session = self.session().await?;
        let (head, body) = outcall.encode(session.host());
        session.write_bytes(at.part_of(&head, &body).as_slice()).await?;
        session.reset()
    }

    /// A connection that is kept for several calls, as the adapter's pool does.
    ///
    /// # Errors
    /// When there is none within 2 s, or TLS fails.
    pub async fn session(&self) -> io::Result<Session> {
        timeout(CONNECT_TIMEOUT, self.connect()).await.map_err(|_| io::Error::from(ErrorKind::TimedOut))?
    }

    async fn connect(&self) -> io::Result<Session> {
        let stream = TcpStream::connect(self.addr).await?;
        stream.set_nodelay(true)?;
        let Some(config) = &self.tls else {
            return Ok(Session::new(Box::new(stream), self.addr.to_string()));
        };
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let stream = TlsConnector::from(config.clone()).connect(name, stream).await?;
        let stream: Stream = Box::new(TlsStream::from(stream));
        Ok(Session::new(stream, format!("localhost:{}", self.addr.port())))
    }
}
