//! The command as people and scripts meet it: the real binary, its exit status, and every word it says.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use tokio::process::Command;

mod browser;
mod candid;
mod motoko;
mod output;
mod probe;
#[path = "../../src/adapter/tests/server.rs"]
#[expect(dead_code, reason = "the adapter's own tests need more of it")]
mod recorder;
mod refusals;
mod report;
mod sample;
#[path = "../../src/subnet/tests/server.rs"]
#[expect(dead_code, reason = "the subnet's own tests need more of it")]
mod server;
mod verdicts;

use outcall_harness::upstream;
use server::Server;

const BINARY: &str = env!("CARGO_BIN_EXE_outcall-harness");

/// Hands its argument on to `http_request`, and the answer back.
const ASKER: &str = include_str!("../../src/subnet/tests/asker.wat");

/// A canister in a file of its own.
struct Canister(PathBuf);

impl Canister {
    fn new(text: &str) -> Self {
        let wasm = Self::file("wasm");
        std::fs::write(&wasm.0, wat::parse_str(text).unwrap()).unwrap();
        wasm
    }

    /// The same canister, saying something about itself.
    fn with_metadata(text: &str, metadata: &str) -> Self {
        let end = text.rfind(')').unwrap();
        Self::new(&format!("{} {metadata})", &text[..end]))
    }

    /// A file of another kind, gone as a canister's is.
    fn did(text: &str) -> Self {
        let did = Self::file("did");
        std::fs::write(&did.0, text).unwrap();
        did
    }

    fn file(extension: &str) -> Self {
        let name = format!("outcall-harness-{}-{:016x}", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name).with_extension(extension))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    async fn round(&self, arguments: &[&str]) -> Ran {
        run(&[&["round", "--wasm", self.path()], arguments].concat()).await
    }
}

impl Drop for Canister {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a finished program leaves behind.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    /// What went wrong, without the progress.
    fn error(&self) -> String {
        let lines = self.stderr.lines().filter(|line| !line.starts_with("… "));
        lines.collect::<Vec<_>>().join("\n")
    }
}

async fn run(arguments: &[&str]) -> Ran {
    let Output { status, stdout, stderr } = command(arguments).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The argument of `http_request` for a GET of that URL, as text that means what it says.
fn get(url: &str) -> String {
    format!(
        r#"(record {{ url = "{url}"; max_response_bytes = opt (1_000 : nat64); method = variant {{ get }}; headers = vec {{}}; body = null; transform = null }})"#
    )
}
