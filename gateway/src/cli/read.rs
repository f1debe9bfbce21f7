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
    Missing(PathBuf, io::Error),
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
        Err(error) => return Err(Unread::Missing(path, error)),
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

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path, error) => {
                write!(
                    f,
                    "{}: found {error}, expected a readable configuration file (--config FILE)",
                    path.display()
                )
            }
            Self::Wrong(error) => error.fmt(f),
        }
    }
}
