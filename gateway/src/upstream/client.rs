//! The HTTP clients: one for what is safe to repeat, one that is careful about connections.
//!
//! A request that must not be repeated rides on a new connection, on HTTP/2, or on one that was busy within the last
//! second: one that has been idle for longer may just be closing, and then nobody could tell whether the request was
//! read. No client follows redirects, reads proxy variables, or adds a header beyond `host` and `content-length`.
//!
//! There are two of each: what a request names its own host for has connections of its own, which lead to public
//! addresses only (`resolver`).

use std::{collections::HashMap, io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::{
    UpstreamError,
    body::Outgoing,
    resolver::{Reach, Resolver},
};
use crate::limits;

pub(super) type Client = legacy::Client<Connector, Outgoing>;
pub(crate) type Connector = HttpsConnector<HttpConnector<Resolver>>;

/// All clients.
pub(super) struct Clients {
    anywhere: Pair,
    public: Pair,
}

struct Pair {
    safe: Client,
    careful: Client,
    connector: Connector,
}

/// How names lead to addresses.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Names that are not looked up, with the address (and port, where the URL has none) to use instead. It may be any:
    /// this is the operator's word.
    pub pinned: HashMap<String, SocketAddr>,
}

impl Clients {
    pub(super) fn new(extra_ca: Option<&Path>, network: Network) -> Result<Self, UpstreamError> {
        let tls = tls(extra_ca)?;
        let pinned = Arc::new(network.pinned);
        let pair = |reach| {
            let connector = connector(&tls, Resolver::new(pinned.clone(), reach));
            Pair {
                safe: client(connector.clone(), limits::POOL_IDLE_SAFE),
                careful: client(connector.clone(), limits::POOL_IDLE_UNSAFE),
                connector,
            }
        };
        Ok(Self { anywhere: pair(Reach::Anywhere), public: pair(Reach::Public) })
    }

    pub(super) fn of(&self, reach: Reach, safe_to_repeat: bool) -> &Client {
        let pair = self.pair(reach);
        if safe_to_repeat { &pair.safe } else { &pair.careful }
    }

    /// What makes the connections of both.
    pub(super) fn connector(&self, reach: Reach) -> &Connector {
        &self.pair(reach).connector
    }

    fn pair(&self, reach: Reach) -> &Pair {
        match reach {
            Reach::Anywhere => &self.anywhere,
            Reach::Public => &self.public,
        }
    }
}

/// What makes the connections of whoever calls out beside this: the same trust, the same look-ups.
pub(crate) fn connector_to_anywhere(extra_ca: Option<&Path>) -> Result<Connector, UpstreamError> {
    Ok(connector(&tls(extra_ca)?, Resolver::new(Arc::default(), Reach::Anywhere)))
}

fn connector(tls: &ClientConfig, resolver: Resolver) -> Connector {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(limits::CONNECT_TIMEOUT));
    tcp.set_keepalive(Some(limits::UPSTREAM_PING));
    HttpsConnectorBuilder::new()
        .with_tls_config(tls.clone())
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(tcp)
}

fn client(connector: Connector, idle: Duration) -> Client {
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
