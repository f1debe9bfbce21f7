//! The HTTP clients: one for what is safe to repeat, one that is careful about connections.
//!
//! A request that must not be repeated rides on a new connection, on HTTP/2, or on one that was busy within the last
//! second: one that has been idle for longer may just be closing, and then nobody could tell whether the request was
//! read. Neither client follows redirects, reads proxy variables, or adds a header beyond `host` and
//! `content-length`.

use std::{
    collections::HashMap,
    future::Future,
    io,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        self,
        connect::{
            HttpConnector,
            dns::{GaiResolver, Name},
        },
    },
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use tower_service::Service;

use super::{UpstreamError, body::Outgoing};
use crate::limits;

pub(super) type Client = legacy::Client<HttpsConnector<HttpConnector<Resolver>>, Outgoing>;

/// Both clients.
pub(super) struct Clients {
    safe: Client,
    careful: Client,
}

/// How names lead to addresses.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Names that are not looked up, with the address (and port, where the URL has none) to use instead.
    pub pinned: HashMap<String, SocketAddr>,
}

impl Clients {
    pub(super) fn new(extra_ca: Option<&Path>, network: Network) -> Result<Self, UpstreamError> {
        let tls = tls(extra_ca)?;
        let resolver = Resolver { pinned: Arc::new(network.pinned), system: GaiResolver::new() };
        Ok(Self {
            safe: client(&tls, &resolver, limits::POOL_IDLE_SAFE),
            careful: client(&tls, &resolver, limits::POOL_IDLE_UNSAFE),
        })
    }

    pub(super) fn of(&self, safe_to_repeat: bool) -> &Client {
        if safe_to_repeat { &self.safe } else { &self.careful }
    }
}

fn client(tls: &ClientConfig, resolver: &Resolver, idle: Duration) -> Client {
    let mut tcp = HttpConnector::new_with_resolver(resolver.clone());
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(limits::CONNECT_TIMEOUT));
    tcp.set_keepalive(Some(limits::UPSTREAM_PING));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls.clone())
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(tcp);
    legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(idle)
        .pool_max_idle_per_host(limits::POOL_IDLE_PER_HOST)
        .http1_max_headers(limits::UPSTREAM_HEADER_LINES_MAX)
        .http2_max_header_list_size(limits::UPSTREAM_HEADER_LIST_BYTES_MAX)
        .http2_keep_alive_interval(limits::UPSTREAM_PING)
        .http2_keep_alive_timeout(limits::UPSTREAM_PING)
        .http2_keep_alive_while_idle(true)
        .build(connector)
}

/// The system's trusted roots, and those of the file that the configuration names.
fn tls(extra_ca: Option<&Path>) -> Result<ClientConfig, UpstreamError> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!(%error, "a trusted certificate of the system cannot be read");
    }
    roots.add_parsable_certificates(system.certs);
    if let Some(path) = extra_ca {
        roots.add_parsable_certificates(read_ca(path)?);
    }
    if roots.is_empty() {
        tracing::warn!(
            "no trusted certificates found: https upstreams cannot be reached (install ca-certificates)"
        );
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn read_ca(path: &Path) -> Result<Vec<CertificateDer<'static>>, UpstreamError> {
    let unreadable = |source| UpstreamError::UnreadableCa { path: path.to_owned(), source };
    let pem = std::fs::read(path).map_err(unreadable)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(unreadable(io::Error::other("no certificate"))),
        Err(error) => Err(unreadable(io::Error::other(error))),
    }
}

/// The system's resolver, behind the pinned names.
#[derive(Clone)]
pub(super) struct Resolver {
    pinned: Arc<HashMap<String, SocketAddr>>,
    system: GaiResolver,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.system.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        if let Some(address) = self.pinned.get(name.as_str()) {
            return Box::pin(std::future::ready(Ok(vec![*address].into_iter())));
        }
        let addresses = self.system.call(name);
        Box::pin(async move { Ok(addresses.await?.collect::<Vec<_>>().into_iter()) })
    }
}
