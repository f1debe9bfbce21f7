//! What every request shares.

use std::sync::Arc;

use crate::{
    activity::Activity,
    config::{Config, Server},
    ledger::{Ledger, Refusals},
    outcall::{Answers, Bodies},
    router::Routes,
    upstream::{Network, Upstream, UpstreamError},
};

/// A gateway, ready to answer.
pub struct App {
    pub(crate) routes: Routes,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) refusals: Refusals,
    pub(crate) upstream: Upstream,
    pub(crate) bodies: Bodies,
    pub(crate) answers: Answers,
    pub(crate) activity: Activity,
    pub(crate) server: Server,
}

impl App {
    /// A gateway with this configuration, ledger and way to its upstreams.
    ///
    /// # Errors
    /// When the trusted certificates of the upstreams cannot be read.
    pub fn new(config: Config, ledger: Arc<dyn Ledger>, network: Network) -> Result<Self, UpstreamError> {
        let upstream = Upstream::new(&config, network)?;
        Ok(Self::over(config, ledger, upstream))
    }

    /// The same, over a way to its upstreams that is open.
    pub(crate) fn over(config: Config, ledger: Arc<dyn Ledger>, upstream: Upstream) -> Self {
        Self {
            routes: Routes::new(config.routes),
            ledger,
            refusals: Refusals::default(),
            upstream,
            bodies: Bodies::new(),
            answers: Answers::new(),
            activity: Activity::default(),
            server: config.server,
        }
    }
}
