//! `proxy_conf.json`, in two steps: what the user wrote becomes what the program trusts.
//!
//! The text is read as JSON with comments and trailing commas (`syntax`), each route and setting is taken from the tree
//! (`top`, `node`) into plain structs (`file`), and those are judged member by member (`judge` and its neighbours) into
//! the types of this module. From then on nobody checks anything again: a [`Route`] with an unsafe path or a forbidden
//! header cannot exist.
//!
//! All problems of a file are reported together ([`ConfigError`]), each with its line, its member and what was
//! expected there. Neither an error nor `Debug` nor the [summary](Config::summary) shows a value that is injected.

use std::sync::Arc;

use jsonc_parser::ast;

mod callers;
mod cors;
mod digest;
mod duration;
mod error;
mod file;
mod headers;
mod hosts;
mod inject;
mod judge;
mod locate;
mod methods;
mod node;
mod pressure;
mod receipts;
mod respond_async;
mod response;
mod route;
pub(crate) mod schema;
mod server;
mod suggest;
mod summary;
mod syntax;
#[cfg(test)]
mod tests;
mod top;
mod upstream;

pub use callers::Caller;
pub use cors::{Cors, Origins};
pub use error::{ConfigError, Problem};
pub use hosts::HostPattern;
pub use pressure::{Breaker, Rate};
pub use receipts::{Key, Receipts};
pub use respond_async::RespondAsync;
pub use response::ResponseRules;
pub(crate) use route::is_safe;
pub use route::{KeyRule, Route, Target, UpstreamKey};
pub use server::{Server, Store, Tls};
pub use summary::Summary;
pub use upstream::Base;

use crate::limits;
use error::Problems;
use locate::Place;

/// Everything that `proxy_conf.json` says, judged and completed with the defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// The routes, in the order in which they were written. No two have the same path.
    pub routes: Vec<Arc<Route>>,
    /// How connections come in.
    pub server: Server,
    /// Who is known by name, sorted.
    pub callers: Vec<Caller>,
    /// The ledger's room.
    pub store: Store,
    /// How answers are signed; off unless named.
    pub receipts: Option<Receipts>,
}

impl Config {
    /// Reads the text of `proxy_conf.json`. `env` resolves `${NAME}` in injected headers.
    ///
    /// # Errors
    ///
    /// All problems that can be found in one pass; a file without any route is one.
    pub fn parse(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        Self::read(text, env, top::Routes::AtLeastOne)
    }

    /// As [`Config::parse`], for a caller that adds routes of its own: a file without any is fine.
    ///
    /// # Errors
    ///
    /// All problems that can be found in one pass.
    pub fn parse_with_routes_optional(
        text: &str,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        Self::read(text, env, top::Routes::Optional)
    }

    /// The print at the start: every route with its limits, and the settings, ready for a terminal.
    pub fn summary(&self) -> Summary<'_> {
        Summary::new(self)
    }

    fn read(
        text: &str,
        env: &dyn Fn(&str) -> Option<String>,
        routes: top::Routes,
    ) -> Result<Self, ConfigError> {
        let mut problems = Problems::new(text);
        if text.len() > limits::CONFIG_BYTES_MAX {
            let found = format!("a file of {} bytes", text.len());
            problems.at_offset(0, found, format!("at most {} bytes", limits::CONFIG_BYTES_MAX));
            return Err(problems.into_error());
        }
        let Some(tree) = syntax::parse(text, &mut problems) else {
            return Err(problems.into_error());
        };
        let config = match &tree {
            ast::Value::Object(members) => Some(top::config(members, &tree, env, routes, &mut problems)),
            _ => {
                problems.value(&Place::root(&tree), "an object of routes and settings");
                None
            }
        };
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(problems.into_error()),
        }
    }
}
