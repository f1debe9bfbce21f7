//! What outlives the process: the real gateway with the disk store, killed, stopped and without room on its disk.

use std::path::{Path, PathBuf};

use outcall_tests::{
    gateway::Process,
    replica::{Answer, Outcall, Subnet, agreed},
};

mod drain;
mod full;
mod kill;
mod synced;

const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");
const REPLICAS: usize = 13;

/// A folder for a ledger, gone when nobody needs it any more.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = format!("outcall-durable-{}-{:016x}", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The gateway with its ledger in this folder. It says little: nobody reads a line for each request.
async fn start(folder: &Path, config: &str) -> Process {
    let store = format!("disk:{}", folder.display());
    Process::start(BINARY, config, &["--store", &store, "--log", "outcall_gateway::request=off,info"]).await
}

/// A POST that no other key shares, and that an upstream knows by its body.
fn order(key: &str) -> Outcall {
    Outcall::post("/r").key(key).json(&order_text(key))
}

fn order_text(key: &str) -> String {
    format!(r#"{{"order":"{key}"}}"#)
}

/// What everybody gets for this.
async fn asked(gateway: &Process, outcall: &Outcall) -> Answer {
    agreed(&Subnet::new(gateway.addr(), REPLICAS).burst(outcall).await).clone()
}
