//! Connections to the admin port: HTTP/1.1, few at once, none for long.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use http::StatusCode;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{Admin, reply};
use crate::limits;

/// Serves until it is dropped, and every connection with it.
pub(super) async fn serve(listener: TcpListener, admin: Arc<Admin>) {
    let places = Arc::new(Semaphore::new(limits::ADMIN_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let admin = admin.clone();
                connections.spawn(async move {
                    let _place = place;
                    converse(stream, peer, admin).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the admin port cannot be accepted");
                sleep(limits::ACCEPT_PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, peer: SocketAddr, admin: Arc<Admin>) {
    let service = service_fn(|request| {
        let admin = admin.clone();
        async move {
            let answering = timeout(limits::ADMIN_TIMEOUT, admin.answer(request, peer)).await;
            let late = |_| reply::text(StatusCode::SERVICE_UNAVAILABLE, "It took too long.\n");
            Ok::<_, Infallible>(answering.unwrap_or_else(late))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::ADMIN_HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection to the admin port ended early");
    }
}
