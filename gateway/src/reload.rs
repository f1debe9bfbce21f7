//! A changed configuration is validated, then swapped in without dropping a request; a bad one is refused and logged
//! while the old one keeps serving.
//!
//! The file is read once a second and its text compared, rather than watched: that works for editors that write beside it
//! and rename, for links that are swapped, for mounted secrets and network file systems alike. A file that is caught
//! half-written is refused, and looked at again. SIGHUP looks at once, and reads what the configuration names anew too,
//! such as the key that signs.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use tokio::{
    select,
    signal::unix::Signal,
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use crate::{App, config::Config, limits};

mod changes;
#[cfg(test)]
mod tests;

pub use changes::Changes;

/// What became of changed configurations since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reloads {
    /// So many were swapped in.
    pub loaded: u64,
    /// So many were refused.
    pub refused: u64,
    /// Why the last one was refused; nothing, when it was swapped in.
    pub last_error: Option<String>,
    /// Since when the configuration in force serves.
    pub loaded_at: SystemTime,
}

impl Reloads {
    pub(crate) fn none() -> Self {
        Self { loaded: 0, refused: 0, last_error: None, loaded_at: SystemTime::now() }
    }

    pub(crate) fn loaded(&mut self) {
        *self = Self { loaded: self.loaded + 1, loaded_at: SystemTime::now(), last_error: None, ..*self };
    }

    pub(crate) fn refused(&mut self, problem: &str) {
        self.refused += 1;
        self.last_error = Some(problem.to_owned());
    }
}

/// Reads the text of a configuration; an error says what is wrong with it, in one or more lines.
pub(crate) type Parse = Box<dyn Fn(&str) -> Result<Config, String> + Send>;

/// Looks after the file of a running gateway.
pub(crate) struct Reload {
    app: Arc<App>,
    path: PathBuf,
    parse: Parse,
    /// The text that was last looked at, served or refused; nothing, as long as there was no file.
    seen: Option<String>,
    /// What was wrong at the last look: said once.
    problem: Option<Problem>,
}

#[derive(PartialEq, Eq)]
enum Problem {
    /// The text itself: it stays wrong until it is another.
    Text(String),
    /// What is around it: the file cannot be read, or the key that it names.
    Around(String),
}

impl Reload {
    /// For a gateway that serves what `parse` made of `text`, which was read from the file at `path`, if there was one.
    pub(crate) fn new(app: Arc<App>, path: PathBuf, text: Option<String>, parse: Parse) -> Self {
        Self { app, path, parse, seen: text, problem: None }
    }

    /// Serves what the file says whenever that changes. Never ends.
    pub(crate) async fn run(mut self, mut hangup: Signal) {
        let mut looks = interval(limits::CONFIG_LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = select! {
                _ = looks.tick() => false,
                Some(()) = hangup.recv() => true,
            };
            // The file may lie on a disk that hangs, and a thousand filters take a while to compile.
            self = match spawn_blocking(move || self.look(asked)).await {
                Ok(reload) => reload,
                Err(_) => return std::future::pending().await,
            };
        }
    }

    /// One look at the file; `asked`, if somebody wants it read anew whatever it says.
    fn look(mut self, asked: bool) -> Self {
        let problem = match read(&self.path) {
            // A gateway that runs without a file of its own is not told each second that there is none.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.seen.is_none() && !asked => None,
            Err(error) => Some(Problem::Around(format!("{}: {error}", self.path.display()))),
            Ok(text) => {
                let same = self.seen.as_ref() == Some(&text);
                let settled = !matches!(self.problem, Some(Problem::Around(_)));
                if same && settled && !asked {
                    return self;
                }
                let swapped = self.swap(&text);
                self.seen = Some(text);
                swapped.err()
            }
        };
        if let Some(Problem::Text(said) | Problem::Around(said)) = &problem
            && (asked || problem != self.problem)
        {
            self.app.refused_to_reload(said);
            // One line, whatever it holds.
            let problem = said.replace('\n', "; ");
            tracing::error!(%problem, "the configuration is not reloaded: the one before is served on");
        }
        self.problem = problem;
        self
    }

    fn swap(&self, text: &str) -> Result<(), Problem> {
        let config = (self.parse)(text).map_err(Problem::Text)?;
        let changes = self.app.reload(config).map_err(|error| Problem::Around(error.to_string()))?;
        changes.log();
        Ok(())
    }
}

/// The text of a configuration file.
///
/// # Errors
/// When it cannot be read, is larger than one may be, or is no UTF-8.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    // One more than may be: that is enough for the parser to say so.
    File::open(path)?.take(limits::CONFIG_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}
