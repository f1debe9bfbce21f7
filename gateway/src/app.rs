//! What every request shares.

use std::sync::Arc;

use crate::{
    activity::Activity,
    callers::Callers,
    config::{Config, Server},
    ledger::{Ledger, Refusals},
    outcall::{Answers, Bodies},
    receipt::{NoKey, Receipts},
    router::Routes,
    stats::Stats,
    upstream::{Network, Upstream, UpstreamError},
};

/// A gateway, ready to answer.
pub struct App {
    pub(crate) routes: Routes,
    pub(crate) callers: Callers,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) refusals: Refusals,
    pub(crate) upstream: Upstream,
    pub(crate) receipts: Receipts,
    pub(crate) bodies: Bodies,
    pub(crate) answers: Answers,
    pub(crate) activity: Activity,
    pub(crate) server: Server,
    pub(crate) stats: Stats,
    /// How many bytes the ledger may hold.
    pub(crate) room_bytes: u64,
}

/// Why a gateway cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// There is no way to its upstreams.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// There is no key to sign with.
    #[error(transparent)]
    Receipts(#[from] NoKey),
}

impl App {
    /// A gateway with this configuration, ledger and way to its upstreams.
    ///
    /// # Errors
    /// When the trusted certificates of the upstreams, or the key that signs answers, cannot be read.
    pub fn new(config: Config, ledger: Arc<dyn Ledger>, network: Network) -> Result<Self, NotReady> {
        let upstream = Upstream::new(&config, network)?;
        Ok(Self::over(config, ledger, upstream)?)
    }

    /// The same, over a way to its upstreams that is open.
    pub(crate) fn over(config: Config, ledger: Arc<dyn Ledger>, upstream: Upstream) -> Result<Self, NoKey> {
        let receipts = Receipts::open(config.receipts.as_ref())?;
        let stats = Stats::default();
        Ok(Self {
            callers: Callers::new(&config),
            routes: Routes::new(config.routes, &stats),
            ledger,
            refusals: Refusals::default(),
            upstream,
            receipts,
            bodies: Bodies::new(),
            answers: Answers::new(),
            activity: Activity::default(),
            server: config.server,
            stats,
            room_bytes: config.store.room_bytes,
        })
    }
}
