//! One line that says what is going on, gone when there is something else to read; with a bar where it is known how much
//! there is to do.

use std::io::{IsTerminal, Write, stderr};

/// Cells of the bar.
const CELLS: u64 = 20;
/// A longer line would leave its first part standing on a terminal of the usual width.
const CHARACTERS_MAX: usize = 78;

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
            true => write!(stderr, "\r\x1b[K{}", cut(&format!("… {what}"))).and_then(|()| stderr.flush()),
            false => writeln!(stderr, "… {what}"),
        };
    }

    /// So many of all are done, and this is going on.
    pub(crate) fn at(&self, done: u64, of: u64, what: &str) {
        match self.on_terminal {
            true => self.say(&format!("{} {done} of {of}: {what}", bar(done, of))),
            false => self.say(&format!("{done} of {of}: {what}")),
        }
    }

    /// Makes room for what is to be read; the next word brings the line back.
    pub(crate) fn clear(&self) {
        if self.on_terminal {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

fn bar(done: u64, of: u64) -> String {
    let full = (CELLS * done.min(of)).checked_div(of).unwrap_or(0);
    (0..CELLS).map(|cell| if cell < full { '█' } else { '░' }).collect()
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_the_work_is_done() {
        assert_eq!(bar(0, 20), "░".repeat(20));
        assert_eq!(bar(7, 20), format!("{}{}", "█".repeat(7), "░".repeat(13)));
        assert_eq!(bar(199, 200), format!("{}░", "█".repeat(19)), "full is done");
        assert_eq!((bar(200, 200), bar(0, 0)), ("█".repeat(20), "░".repeat(20)));
    }

    #[test]
    fn a_line_fits_on_a_terminal() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"ä".repeat(100)).chars().count(), CHARACTERS_MAX + 1);
    }
}
