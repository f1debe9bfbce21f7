//! The admin port: how operators see the gateway, apart from the door that canisters call.
//!
//! ```text
//! listener ── access: may they? ─┬─ /healthz, /readyz   for whoever runs the process
//!                                ├─ /metrics            for Prometheus
//!                                ├─ /                   for people; /live, the part of it that lives
//!                                └─ /api/keys           for `outcall-gateway keys`
//! ```
//!
//! It shows digests in the place of keys, names in the place of tokens, and neither paths beyond a route, queries, headers
//! nor bodies. It is off unless `--admin` names an address.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::net::TcpListener;

mod access;
mod complaints;
pub(crate) mod keys;
mod listener;
mod metrics;
mod minutes;
mod page;
mod reply;

pub(crate) use access::{Access, CHANGES, Guard, WrongAccess};
pub(crate) use complaints::Complaints;

use crate::App;
use minutes::Minutes;

/// What the admin port shows, and to whom.
pub(crate) struct Admin {
    app: Arc<App>,
    access: Access,
    complaints: Complaints,
    minutes: Minutes,
}

impl Admin {
    pub(crate) fn new(app: Arc<App>, access: Access, complaints: Complaints) -> Self {
        Self { app, access, complaints, minutes: Minutes::default() }
    }

    /// Serves `listener` until this is dropped.
    pub(crate) async fn run(self, listener: TcpListener) {
        let admin = Arc::new(self);
        let serving = listener::serve(listener, admin.clone());
        let charting = admin.minutes.keep(&admin.app.stats);
        tokio::join!(serving, charting);
    }

    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        if let Err(denied) = self.access.ask(&head) {
            return denied.answer();
        }
        if let Some(rest) = below(head.uri.path(), "/api/keys") {
            return keys::answer(&self.app, (&head, body), rest, peer).await;
        }
        let looks = [Method::GET, Method::HEAD].contains(&head.method);
        match head.uri.path() {
            _ if !looks => reply::text(StatusCode::METHOD_NOT_ALLOWED, "GET and HEAD are served here.\n"),
            "/healthz" => reply::text(StatusCode::OK, "alive\n"),
            "/readyz" => self.readiness(),
            "/metrics" => reply::metrics(metrics::of(&self.app)),
            "/" => reply::html(page::page(self)),
            "/live" => reply::html(page::live(self)),
            "/style.css" => reply::of(StatusCode::OK, "text/css; charset=utf-8", page::STYLE),
            "/script.js" => reply::of(StatusCode::OK, "text/javascript; charset=utf-8", page::SCRIPT),
            "/icon.svg" => reply::of(StatusCode::OK, "image/svg+xml", page::ICON),
            _ => reply::text(StatusCode::NOT_FOUND, "Nothing is here.\n"),
        }
    }

    /// Not ready from the beginning of the drain on, while the door is still open: whoever balances the load has time to
    /// send the next replicas elsewhere.
    fn readiness(&self) -> Response<Full<Bytes>> {
        if self.app.activity.is_draining() {
            return reply::text(StatusCode::SERVICE_UNAVAILABLE, "draining\n");
        }
        if !self.app.ledger.is_reachable() {
            return reply::text(StatusCode::SERVICE_UNAVAILABLE, "the ledger cannot be reached\n");
        }
        reply::text(StatusCode::OK, "ready\n")
    }
}

/// What a path has beyond this one: nothing, or what begins with a slash.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    path.strip_prefix(folder).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}
