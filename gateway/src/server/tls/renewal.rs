//! A certificate that is renewed on the disk is served without a restart.
//!
//! The files are looked at by their times rather than watched: that works for links that are swapped, mounted secrets
//! and network file systems alike. Whoever renews writes two files, one after the other; while they do not belong
//! together, what was served before is served on.

use std::{fs, os::unix::fs::MetadataExt, path::Path, sync::Arc, time::SystemTime};

use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use super::{Acceptor, Served, read};
use crate::{config::Tls, limits};

/// What tells one state of the two files from another.
pub(super) type Stamps = [Option<(SystemTime, u64, u64)>; 2];

/// The stamps of certificate and key; nothing, where there is no file.
pub(super) fn stamps(files: &Tls) -> Stamps {
    let stamp = |path: &Path| {
        let about = fs::metadata(path).ok()?;
        Some((about.modified().ok()?, about.len(), about.ino()))
    };
    [stamp(&files.certificate), stamp(&files.key)]
}

impl Acceptor {
    /// Serves what the files hold whenever that changes. Never ends.
    pub(in crate::server) async fn renew(&self) {
        let Some(served) = &self.0 else { return std::future::pending().await };
        let mut looks = interval(limits::TLS_LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut renewal = Renewal { served: served.clone(), seen: served.read_at, problem: None };
        loop {
            looks.tick().await;
            // The files may lie on a disk that hangs.
            renewal = match spawn_blocking(move || renewal.look()).await {
                Ok(renewal) => renewal,
                Err(_) => return std::future::pending().await,
            };
        }
    }
}

struct Renewal {
    served: Arc<Served>,
    /// The files as they are served, or as they were refused.
    seen: Stamps,
    /// What was wrong with them at the last look: said once.
    problem: Option<String>,
}

impl Renewal {
    /// Files that cannot be used are tried again at every look: it may be the system that is short of something.
    fn look(mut self) -> Self {
        // Before they are read: what changes while they are is seen the next time.
        let stamps = stamps(&self.served.files);
        if stamps == self.seen && self.problem.is_none() {
            return self;
        }
        self.seen = stamps;
        self.problem = match read(&self.served.files) {
            Ok(acceptor) => {
                self.served.replace(acceptor);
                tracing::info!("the certificate was renewed");
                None
            }
            Err(error) => {
                let problem = error.to_string();
                if self.problem.as_ref() != Some(&problem) {
                    tracing::warn!(%problem, "a changed certificate cannot be used: the one before is served on");
                }
                Some(problem)
            }
        };
        self
    }
}
