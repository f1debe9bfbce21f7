//! What happened, in order, for whoever has to understand a seed that broke a promise.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The events of one simulation. Clones share them.
#[derive(Clone)]
pub(super) struct History {
    started: Instant,
    pages: Arc<Mutex<Pages>>,
}

#[derive(Default)]
struct Pages {
    events: Vec<(Duration, String)>,
    defects: Vec<String>,
}

impl History {
    /// Nothing has happened yet.
    pub(super) fn begin() -> Self {
        Self { started: Instant::now(), pages: Arc::default() }
    }

    /// How long it has been going on.
    pub(super) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Something happened.
    pub(super) fn note(&self, event: fmt::Arguments<'_>) {
        self.pages().events.push((self.now(), event.to_string()));
    }

    /// A promise is broken, or the simulation itself is wrong.
    pub(super) fn defect(&self, what: fmt::Arguments<'_>) {
        self.note(format_args!("BROKEN: {what}"));
        self.pages().defects.push(what.to_string());
    }

    /// What is wrong.
    pub(super) fn defects(&self) -> Vec<String> {
        self.pages().defects.clone()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, event) in &self.pages().events {
            writeln!(f, "{:>8.3} {event}", at.as_secs_f64())?;
        }
        Ok(())
    }
}
