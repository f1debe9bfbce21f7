//! The way in without a connection, for the fuzzing of `fuzz/` (feature `fuzzing`): all guards that a request passes
//! before its key and body are read, and what they make of it.

use std::sync::Arc;

use http::{Request, Uri};

use crate::{
    callers::{Asker, Callers},
    config::{Config, Route},
    log::Line,
    outcall::Asked,
    receipt::Receipts,
    router::{self, Routes},
};

/// The routes and callers of a configuration.
pub struct Door {
    routes: Routes,
    callers: Callers,
}

/// A request that was let in.
#[derive(Debug)]
pub struct Entered {
    /// Its route.
    pub route: Arc<Route>,
    /// The URL that would be called.
    pub target: Uri,
    /// Who sent it, on a route that is not for everybody.
    pub caller: Option<String>,
}

impl Door {
    /// The door that a gateway with this configuration has.
    pub fn new(config: Config) -> Self {
        Self { callers: Callers::new(&config), routes: Routes::new(config.routes) }
    }

    /// Asks the guards; nothing, if one of them turned the request away.
    pub fn enter(&self, request: Request<()>) -> Option<Entered> {
        let line = Line::begin(request.method());
        let entered = router::enter(&self.routes, &self.callers, &Receipts::default(), request, &line);
        let Asked { served, asker, target, .. } = entered.ok()?;
        Some(Entered {
            route: served.route.clone(),
            target,
            caller: asker.as_ref().map(Asker::name).map(str::to_owned),
        })
    }
}
