//! The HTTP clients of a node, with the adapter's settings.

use std::{
    collections::HashMap,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        self,
        connect::{
            HttpConnector,
            dns::{GaiResolver, Name},
        },
    },
    rt::TokioExecutor,
};
use tower_service::Service;

use super::Network;
use crate::rules::limits::ADAPTER_HEADER_LIST_BYTES_MAX;

pub(super) type Client = legacy::Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

/// A client that keeps its connections.
pub(super) fn pooled(network: &Network) -> Client {
    // The adapter bounds header lists on the direct way only.
    builder().http2_max_header_list_size(ADAPTER_HEADER_LIST_BYTES_MAX).build(connector(network))
}

/// A client that makes a new connection for every request.
pub(super) fn unpooled(network: &Network) -> Client {
    builder().pool_max_idle_per_host(0).build(connector(network))
}

fn builder() -> legacy::Builder {
    legacy::Client::builder(TokioExecutor::new())
}

fn connector(network: &Network) -> HttpsConnector<HttpConnector<Resolver>> {
    let resolver = Resolver { pinned: network.pinned.clone(), system: GaiResolver::new() };
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(network.connect_timeout));
    let tls = HttpsConnectorBuilder::new().with_tls_config(network.tls());
    let schemes = if network.https_only { tls.https_only() } else { tls.https_or_http() };
    schemes.enable_all_versions().wrap_connector(tcp)
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
