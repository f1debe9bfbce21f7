//! The command line, as people and scripts meet it: the real binary, its exit status, and every word it says.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use tokio::process::Command;

mod check;
mod demo;
mod files;
mod health;
mod log;
mod redis;
mod serve;
mod start;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");

/// An empty folder of a test's own.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = format!("outcall-cli-{}-{:016x}", std::process::id(), fastrand::u64(..));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn with(file: &str, text: &str) -> Self {
        let folder = Self::new();
        std::fs::write(folder.0.join(file), text).unwrap();
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Runs the binary to its end in this folder.
    pub(crate) async fn run(&self, arguments: &[&str], env: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(BINARY);
        command.args(arguments).env_clear().envs(env.iter().copied()).current_dir(&self.0);
        let Output { status, stdout, stderr } =
            command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a finished program leaves behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}
