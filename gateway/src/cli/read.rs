//! Reads the configuration file that the command line names.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use super::File;
use crate::{
    config::{Config, ConfigError},
    reload,
};

const DEFAULT: &str = "proxy_conf.json";

/// Whether the program brings routes of its own, so that a file may have none, or be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Routes {
    OfFile,
    OfProgramToo,
}

/// Why there is no configuration.
pub(super) enum Unread {
    Missing {
        path: PathBuf,
        /// Whether somebody named it, rather than that it has this name when nobody does.
        is_named: bool,
        error: io::Error,
    },
    Wrong(ConfigError),
}

/// A configuration that was read.
pub(super) struct Read {
    pub(super) config: Config,
    /// The file, whether it was there or not.
    pub(super) path: PathBuf,
    /// What it held, if it was there.
    pub(super) text: Option<String>,
}

/// The configuration.
pub(super) fn config(file: &File, routes: Routes) -> Result<Read, Unread> {
    let path = file.config.clone().unwrap_or_else(|| DEFAULT.into());
    let text = match reload::read(&path) {
        Ok(text) => Some(text),
        // Without a file of his own a newcomer still gets the demo.
        Err(error) if may_be_missing(&error, file, routes) => None,
        Err(error) => return Err(Unread::Missing { path, is_named: file.config.is_some(), error }),
    };
    let config = parse(text.as_deref().unwrap_or("{}"), &path, routes).map_err(Unread::Wrong)?;
    Ok(Read { config, path, text })
}

/// The configuration that the file at `path` holds as `text`.
pub(super) fn parse(text: &str, path: &Path, routes: Routes) -> Result<Config, ConfigError> {
    let parse = match routes {
        Routes::OfFile => Config::parse,
        Routes::OfProgramToo => Config::parse_with_routes_optional,
    };
    parse(text, &|name| std::env::var(name).ok()).map_err(|error| error.with_file(path.display().to_string()))
}

fn may_be_missing(error: &io::Error, file: &File, routes: Routes) -> bool {
    error.kind() == io::ErrorKind::NotFound && file.config.is_none() && routes == Routes::OfProgramToo
}

impl Unread {
    /// Whether there is no file at all, and whether it was named.
    fn is_nowhere(&self) -> Option<bool> {
        match self {
            Self::Missing { error, is_named, .. } if error.kind() == io::ErrorKind::NotFound => {
                Some(*is_named)
            }
            _ => None,
        }
    }

    /// For whoever wants to serve: how that goes without a file, where it does. Who names a file means it.
    pub(super) fn or_the_demo(&self) -> &'static str {
        match self.is_nowhere() {
            Some(false) => ", and --with-demo-upstream needs none",
            _ => "",
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, error) = match self {
            Self::Missing { path, error, .. } => (path.display(), error),
            Self::Wrong(error) => return error.fmt(f),
        };
        write!(f, "{path}: found {error}, expected a readable configuration file (--config FILE)")?;
        match self.is_nowhere() {
            Some(true) => write!(f, "; outcall-gateway init {path} writes one to start from"),
            Some(false) => f.write_str("; outcall-gateway init writes one to start from"),
            None => Ok(()),
        }
    }
}
