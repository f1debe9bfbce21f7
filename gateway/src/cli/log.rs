//! The log of a gateway that serves: which lines are written, how, and where to.

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter, filter::ParseError, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use super::LogFormat;
use crate::{admin::Complaints, log::AUDIT};

/// What the operator wants to read, and what operators have done in any case.
pub(super) fn filter(written: &str) -> Result<EnvFilter, ParseError> {
    let audit = format!("{AUDIT}=info").parse()?;
    Ok(EnvFilter::try_new(written)?.add_directive(audit))
}

pub(super) fn to_stderr(format: LogFormat, filter: EnvFilter, complaints: Complaints) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(may_be_coloured())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Human => log.compact().finish().with(complaints).init(),
        LogFormat::Json => log.json().flatten_event(true).finish().with(complaints).init(),
    }
}

/// On a terminal, unless its owner wants none (<https://no-color.org>).
fn may_be_coloured() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal() && !unwanted
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    /// What is written through a filter: a line of what operators do, and one of any other kind.
    fn written(through: &str) -> String {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let to = lines.clone();
        let writer = move || Lines(to.clone());
        let log = tracing_subscriber::fmt().with_env_filter(filter(through).unwrap()).with_writer(writer);
        tracing::subscriber::with_default(log.finish(), || {
            tracing::info!(target: AUDIT, key = "k", by = "alice", "done");
            tracing::info!(key = "k", "other");
        });
        let lines = lines.lock().unwrap().clone();
        String::from_utf8(lines).unwrap()
    }

    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_operators_do_is_written_through_every_filter() {
        for through in [
            "off",
            "error",
            "outcall_gateway=off",
            "outcall_gateway::audit=off",
            "[{key}]=off",
            "warn,outcall_gateway::audit=error",
        ] {
            let said = written(through);
            assert!(said.contains("done") && said.contains("alice"), "{through}: {said}");
            assert!(!said.contains("other"), "the control: {through}: {said}");
        }
        assert!(written("info").contains("other"));
    }
}
