//! An upstream that speaks HTTP/2 over TLS and knows the ways in which HTTP/2 says no: a refused stream, a stream reset
//! after the request was read, a GOAWAY below or above the stream, a connection that just ends. The difference between
//! them is whether the request can have been processed (RFC 9113, sections 6.8 and 8.7).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::tls::Authority;
use crate::upstream::{Log, Script, Seen};

mod act;
mod connection;
mod frames;
mod shared;

#[cfg(test)]
mod tests;

pub use act::H2Act;
pub use h2::Reason;

/// A running HTTP/2 upstream; the script is checked as [`crate::upstream::Upstream`] checks its own.
pub struct H2Upstream {
    addr: SocketAddr,
    log: Arc<Log<H2Act>>,
    accepting: JoinHandle<()>,
    checked: bool,
}

impl H2Upstream {
    /// Starts on a free port of 127.0.0.1 with the authority's leaf; the only protocol offered is `h2`.
    pub async fn start(script: Script<H2Act>, authority: &Authority) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let log = Arc::new(Log::new(script));
        let accepting = tokio::spawn(accept(listener, authority.server(&["h2"]).into(), log.clone()));
        Self { addr, log, accepting, checked: false }
    }

    /// The URL of that path here. The path starts with `/` or is empty.
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.addr.port())
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The requests that arrived whole, in the order of their arrival, the refused ones among them. At most the first 100,000.
    pub fn requests(&self) -> Vec<Seen> {
        self.log.requests()
    }

    /// How many requests may have been processed: those that arrived whole and were not refused in a way that
    /// promises otherwise.
    pub fn hits(&self) -> usize {
        self.log.hits()
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.log.connections()
    }

    /// How many requests broke off in their body.
    pub fn incomplete(&self) -> usize {
        self.log.incomplete()
    }

    /// Waits until so many requests, in all, were reset by the client while [`H2Act::Hang`] or [`H2Act::Hold`] kept it
    /// waiting.
    ///
    /// # Panics
    /// When it were fewer after [`crate::gate::PATIENCE`].
    pub async fn abandoned_by(&self, requests: usize) {
        self.log.abandoned_by(requests).await;
    }

    /// Stops, and returns what was seen.
    ///
    /// # Panics
    /// When steps of the script are left over, and when a request came that the script did not foresee.
    pub async fn finish(mut self) -> Vec<Seen> {
        self.checked = true;
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
        self.log.check();
        self.log.requests()
    }
}

impl Drop for H2Upstream {
    fn drop(&mut self) {
        self.accepting.abort();
        if !self.checked && !std::thread::panicking() {
            self.log.check();
        }
    }
}

/// Owns the connections: when this task is aborted they close.
async fn accept(listener: TcpListener, tls: TlsAcceptor, log: Arc<Log<H2Act>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let (tls, log) = (tls.clone(), log.clone());
                let number = log.connected();
                connections.spawn(async move {
                    // A client that distrusts the certificate is a test's intention, not a mistake.
                    if let Ok(stream) = tls.accept(stream).await {
                        connection::serve(stream, number, &log).await;
                    }
                });
            }
            Some(ended) = connections.join_next() => {
                if ended.is_err_and(|error| error.is_panic()) {
                    log.complain("a connection of the HTTP/2 upstream panicked".to_owned());
                }
            }
        }
    }
}
