//! The configuration in force, and all that is made of it: what a reload swaps, and what it takes along.

use std::sync::Arc;

use crate::{
    callers::Callers,
    config::{Config, Server},
    receipt::{NoKey, Receipts},
    router::Routes,
    stats::Stats,
};

/// A configuration in force.
pub(crate) struct InForce {
    pub(crate) config: Config,
    pub(crate) routes: Routes,
    pub(crate) callers: Callers,
    pub(crate) receipts: Arc<Receipts>,
}

impl InForce {
    /// What this configuration makes of itself, and of what the one `before` remembers.
    pub(crate) fn new(config: Config, stats: &Stats, before: Option<&Self>) -> Result<Self, NoKey> {
        let receipts = Arc::new(Receipts::open(config.receipts.as_ref())?);
        Ok(Self {
            callers: Callers::new(&config, before.map(|before| &before.callers)),
            routes: Routes::new(&config.routes, &receipts, stats, before.map(|before| &before.routes)),
            receipts,
            config,
        })
    }

    pub(crate) fn server(&self) -> &Server {
        &self.config.server
    }

    /// `next` with those of its settings as they are that take a restart, and the names of those that would be others.
    pub(crate) fn keeping_what_is_fixed(&self, mut next: Config) -> (Config, Vec<&'static str>) {
        let mut kept = Vec::new();
        let (now, server) = (&self.config.server, &mut next.server);
        keep(&now.listen, &mut server.listen, "server.listen", &mut kept);
        keep(&now.connections, &mut server.connections, "server.connections", &mut kept);
        keep(
            &now.connections_per_address,
            &mut server.connections_per_address,
            "server.connections_per_address",
            &mut kept,
        );
        keep(&now.trusted_proxies, &mut server.trusted_proxies, "server.trusted_proxies", &mut kept);
        keep(&now.tls, &mut server.tls, "server.tls", &mut kept);
        keep(&now.upstream_ca, &mut server.upstream_ca, "server.upstream_ca", &mut kept);
        keep(&self.config.store, &mut next.store, "store", &mut kept);
        (next, kept)
    }
}

fn keep<T: Clone + PartialEq>(now: &T, next: &mut T, name: &'static str, kept: &mut Vec<&'static str>) {
    if now != next {
        next.clone_from(now);
        kept.push(name);
    }
}
