//! A route and what it remembers while the gateway runs.

use std::sync::Arc;

use super::admit::Gate;
use crate::config::Route;

/// A route in service.
pub(crate) struct Served {
    pub(crate) route: Arc<Route>,
    /// What every new key of the route is asked.
    pub(crate) gate: Gate,
}

impl Served {
    pub(crate) fn new(route: Arc<Route>) -> Arc<Self> {
        let gate = Gate::new(&route);
        Arc::new(Self { route, gate })
    }
}
