//! A route and what it remembers while the gateway runs.

use std::sync::Arc;

use super::admit::Gate;
use crate::{
    config::Route,
    stats::{Counts, Stats},
};

/// A route in service.
pub(crate) struct Served {
    pub(crate) route: Arc<Route>,
    /// What every new key of the route is asked.
    pub(crate) gate: Gate,
    /// What it has done.
    pub(crate) counts: Arc<Counts>,
}

impl Served {
    pub(crate) fn new(route: Arc<Route>, stats: &Stats) -> Arc<Self> {
        let (gate, counts) = (Gate::new(&route), stats.route(&route.path));
        Arc::new(Self { route, gate, counts })
    }
}
