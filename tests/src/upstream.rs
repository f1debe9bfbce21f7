//! A scripted, counting, hostile HTTP/1.1 server on loopback. Every byte it sends is written by the script, so it can
//! lie in ways that no HTTP library would let it; every request it reads is kept, so a test can count what really
//! went out.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::tls::Authority;
use crate::transport::Stream;

mod act;
mod connection;
mod log;
mod ready;
mod refusing;
mod reply;
mod script;
mod seen;

#[cfg(test)]
mod tests;

pub use act::{Act, Ending};
pub(crate) use log::Log;
pub use ready::BOMB_BYTES;
pub use refusing::Refusing;
pub use reply::{Framing, Reply};
pub use script::Script;
pub use seen::Seen;

/// A running upstream. When it is dropped its connections are closed and its script is checked, as by
/// [`Upstream::finish`], unless the test is already failing.
pub struct Upstream {
    addr: SocketAddr,
    origin: String,
    log: Arc<Log<Act>>,
    accepting: JoinHandle<()>,
    checked: bool,
}

impl Upstream {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(script: Script<Act>) -> Self {
        Self::start_on(Ipv4Addr::LOCALHOST.into(), script).await
    }

    /// Starts on a free port of that loopback address, for tests of IPv6.
    pub async fn start_on(ip: IpAddr, script: Script<Act>) -> Self {
        assert!(ip.is_loopback(), "an upstream of the rig never leaves this machine");
        Self::on(TcpListener::bind((ip, 0)).await.unwrap(), script, None)
    }

    /// Starts on a free port of 127.0.0.1 with the authority's leaf; the only protocol offered is `http/1.1`.
    pub async fn start_tls(script: Script<Act>, authority: &Authority) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self::on(listener, script, Some(authority.server(&["http/1.1"]).into()))
    }

    pub(crate) fn on(listener: TcpListener, script: Script<Act>, tls: Option<TlsAcceptor>) -> Self {
        let addr = listener.local_addr().unwrap();
        // The leaf is valid for the name, and a name is what upstreams over TLS are asked by.
        let origin = match &tls {
            Some(_) => format!("https://localhost:{}", addr.port()),
            None => format!("http://{addr}"),
        };
        let log = Arc::new(Log::new(script));
        let accepting = tokio::spawn(accept(listener, tls, log.clone()));
        Self { addr, origin, log, accepting, checked: false }
    }

    /// The URL of that path here. The path starts with `/` or is empty.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The requests that arrived whole, in the order of their arrival. At most the first 100,000.
    pub fn requests(&self) -> Vec<Seen> {
        self.log.requests()
    }

    /// How many requests arrived whole. Connections without one don't count.
    pub fn hits(&self) -> usize {
        self.log.hits()
    }

    /// How many connections were accepted, with or without a request on them.
    pub fn connections(&self) -> usize {
        self.log.connections()
    }

    /// How many requests broke off in their head or body. An upstream may have acted on them all the same.
    pub fn incomplete(&self) -> usize {
        self.log.incomplete()
    }

    /// Waits until so many requests, in all, were abandoned by the client while [`Act::Hang`] or [`Act::Hold`] kept
    /// it waiting.
    ///
    /// # Panics
    /// When it were fewer after [`crate::gate::PATIENCE`].
    pub async fn abandoned_by(&self, requests: usize) {
        self.log.abandoned_by(requests).await;
    }

    /// Stops, and returns what was seen.
    ///
    /// # Panics
    /// When steps of the script are left over, when a request came that the script did not foresee, and when
    /// something arrived that is not HTTP/1.1.
    pub async fn finish(mut self) -> Vec<Seen> {
        self.checked = true;
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
        self.log.check();
        self.log.requests()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.accepting.abort();
        if !self.checked && !std::thread::panicking() {
            self.log.check();
        }
    }
}

/// Owns the connections: when this task is aborted they close.
async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, log: Arc<Log<Act>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let number = log.connected();
                connections.spawn(open(stream, tls.clone(), number, log.clone()));
            }
            Some(ended) = connections.join_next() => {
                if ended.is_err_and(|error| error.is_panic()) {
                    log.complain("a connection of the upstream panicked".to_owned());
                }
            }
        }
    }
}

async fn open(stream: TcpStream, tls: Option<TlsAcceptor>, number: usize, log: Arc<Log<Act>>) {
    let _ = stream.set_nodelay(true);
    if log.takes_step(|act| matches!(act, Act::ResetOnAccept)) {
        let _ = stream.set_zero_linger();
        return;
    }
    let stream: Stream = match tls {
        None => Box::new(stream),
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => Box::new(tokio_rustls::TlsStream::from(stream)),
            // A client that distrusts the certificate is a test's intention, not a mistake.
            Err(_) => return,
        },
    };
    connection::serve(stream, number, &log).await;
}
