//! Opens the door: accepts connections, serves HTTP/1.1 and HTTP/2 on each, and closes in order.
//!
//! The accept loop is our own because two things must not be left to a framework: no answer may carry a `date`, and
//! a stopping gateway must go on accepting, since the last replicas of a burst are still on their way.

use std::{convert::Infallible, future::Future, iter, sync::Arc};

use futures_util::stream::{FuturesUnordered, StreamExt};
use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout, timeout_at},
};

use crate::{app::App, config::Tls, limits, router};

mod descriptors;
mod idleness;
mod listen;
mod places;
mod stream;
mod tls;

pub use descriptors::raise_descriptor_limit;
pub use listen::listen;
pub use tls::TlsError;

use idleness::Idleness;
use places::{Place, Places};
use stream::Guarded;
use tls::{Acceptor, Stream};

/// Everything for which the certificate and key of `server.tls` cannot be used.
pub(crate) fn check_certificate(files: &Tls) -> Vec<TlsError> {
    tls::problems(files)
}

/// Serves `listener` until `shutdown` is ready, then drains.
///
/// # Errors
/// As [`Opened::new`].
pub async fn run(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), TlsError> {
    Opened::new(listener, app)?.run(shutdown).await;
    Ok(())
}

/// A listener with all that it takes to serve it: nothing can go wrong from here on.
pub struct Opened {
    listener: TcpListener,
    door: Door,
}

impl Opened {
    /// Reads the certificate and key of the door, where it has one.
    ///
    /// # Errors
    /// When the certificate or key that `server.tls` names cannot be used; nothing has been accepted then.
    pub fn new(listener: TcpListener, app: Arc<App>) -> Result<Self, TlsError> {
        let in_force = app.in_force();
        let server = in_force.server();
        let acceptor = Acceptor::new(server.tls.as_ref())?;
        let places = Places::new(server.connections, server.connections_per_address, &server.trusted_proxies);
        Ok(Self { listener, door: Door { acceptor, places, app } })
    }

    /// Serves until `shutdown` is ready, then drains.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { listener, door } = self;
        let (close, closing) = watch::channel(());
        let mut connections = JoinSet::new();
        let ending = async {
            shutdown.await;
            let drain = door.app.in_force().server().drain;
            let ends = Instant::now() + drain;
            door.app.activity.drain(drain).await;
            ends
        };
        let acceptor = door.acceptor.clone();
        let renewing = acceptor.renew();
        tokio::pin!(ending, renewing);
        let drain_ends = loop {
            tokio::select! {
                biased;
                ends = &mut ending => break ends,
                Some(_) = connections.join_next() => {}
                () = &mut renewing => {}
                (stream, place) = door.accept(&listener) => {
                    connections.spawn(door.clone().serve(stream, place, closing.clone()));
                }
            }
        };
        drop((listener, closing));
        // Idle connections close at once, the others when they have flushed.
        drop(close);
        let flushed = async { while connections.join_next().await.is_some() {} };
        let _ = timeout_at(drain_ends.max(Instant::now() + limits::CLOSE_GRACE), flushed).await;
        tracing::info!("stopped");
    }
}

/// What every connection comes through.
#[derive(Clone)]
struct Door {
    acceptor: Acceptor,
    places: Places,
    app: Arc<App>,
}

impl Door {
    /// The next connection that has a place. A failing accept is not the end: the system may be out of descriptors
    /// for a moment.
    async fn accept(&self, listener: &TcpListener) -> (TcpStream, Place) {
        loop {
            let Some(permit) = self.places.free().await else { return std::future::pending().await };
            match listener.accept().await {
                Ok((stream, peer)) => match self.places.take(permit, peer.ip()) {
                    Some(place) => return (stream, place),
                    None => tracing::debug!(%peer, "too many connections of this address: closed"),
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    sleep(limits::ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn serve(self, stream: TcpStream, place: Place, closing: watch::Receiver<()>) {
        let _place = place;
        let _counted = self.app.stats.connection();
        let _ = stream.set_nodelay(true);
        let served = match self.acceptor.accept(stream).await {
            Ok(Stream::Plain(stream)) => self.converse(stream, closing).await,
            Ok(Stream::Tls(stream)) => self.converse(stream, closing).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = served {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    async fn converse<S>(&self, stream: S, mut closing: watch::Receiver<()>) -> Result<(), BoxError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let app = &self.app;
        let idleness = Idleness::default();
        let service = service_fn(|request| {
            let (app, in_use) = (app.clone(), idleness.in_use());
            async move {
                let _in_use = in_use;
                Ok::<_, Infallible>(router::answer(app, request).await)
            }
        });
        let stream = Guarded::new(stream);
        let stuck = stream.stuck();
        let protocol = protocol();
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        let over = async {
            tokio::select! {
                // The sender is dropped when everything is answered: nothing in flight is altered by closing.
                _ = closing.changed() => false,
                // Nor here: nothing is in flight.
                () = idleness.too_long() => true,
            }
        };
        // A collection looks at what it holds only when that has been woken, and not for each byte that comes.
        let mut over: FuturesUnordered<_> = iter::once(over).collect();
        tokio::pin!(connection);
        let idle = tokio::select! {
            biased;
            ended = connection.as_mut() => return ended,
            idle = over.next() => idle == Some(true),
        };
        connection.as_mut().graceful_shutdown();
        // Whoever was idle, and has taken what was his, is not waited for: he may be in the middle of a head.
        let patience = if idle && !stuck.now() { limits::CLOSE_GRACE } else { limits::IDLE_TIMEOUT };
        match timeout(patience, connection).await {
            Ok(ended) => ended,
            Err(_) => Err("a closing connection did not end".into()),
        }
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// HTTP/1.1 and HTTP/2 without anything that differs between two answers.
fn protocol() -> auto::Builder<TokioExecutor> {
    let mut protocol = auto::Builder::new(TokioExecutor::new());
    protocol
        .http1()
        .auto_date_header(false)
        // The idleness of the connection is the time for a head: one clock less for each request.
        .header_read_timeout(None)
        .max_headers(limits::HEADER_LINES_READ);
    protocol
        .http2()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::H2_STREAMS_MAX)
        .max_header_list_size(limits::H2_HEADER_LIST_BYTES_MAX)
        .initial_connection_window_size(limits::H2_AHEAD_BYTES_MAX)
        .initial_stream_window_size(limits::H2_AHEAD_BYTES_MAX)
        .keep_alive_interval(limits::H2_PING)
        .keep_alive_timeout(limits::H2_PING);
    protocol
}

#[cfg(test)]
mod tests;
