//! Reads the configuration file that the command line names.

use std::{fmt, io, path::PathBuf};

use super::File;
use crate::config::{Config, ConfigError};

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

/// The configuration, and the name of the file it came from, if there was one.
pub(super) fn config(file: &File, routes: Routes) -> Result<(Config, Option<PathBuf>), Unread> {
    let path = file.config.clone().unwrap_or_else(|| DEFAULT.into());
    let (text, read_from) = match std::fs::read_to_string(&path) {
        Ok(text) => (text, Some(path.clone())),
        // Without a file of his own a newcomer still gets the demo.
        Err(error) if may_be_missing(&error, file, routes) => ("{}".to_owned(), None),
        Err(error) => return Err(Unread::Missing(path, error)),
    };
    let parse = match routes {
        Routes::OfFile => Config::parse,
        Routes::OfProgramToo => Config::parse_with_routes_optional,
    };
    let config = parse(&text, &|name| std::env::var(name).ok())
        .map_err(|error| Unread::Wrong(error.with_file(path.display().to_string())))?;
    Ok((config, read_from))
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
