//! One line that says what is going on, gone when there is something else to read.

use std::io::{IsTerminal, Write, stderr};

pub(crate) struct Progress {
    on_terminal: bool,
}

impl Progress {
    pub(crate) fn begin() -> Self {
        Self { on_terminal: stderr().is_terminal() }
    }

    /// On a terminal the line takes the place of the one before; in a log it is one of several.
    pub(crate) fn say(&self, what: &str) {
        let mut stderr = stderr().lock();
        // Who closed our stderr does not want to be told.
        let _ = match self.on_terminal {
            true => write!(stderr, "\r\x1b[K… {what}").and_then(|()| stderr.flush()),
            false => writeln!(stderr, "… {what}"),
        };
    }

    /// Makes room for what is to be read; the next word brings the line back.
    pub(crate) fn clear(&self) {
        if self.on_terminal {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
