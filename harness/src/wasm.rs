//! A canister's Wasm, built by cargo from the workspace that one stands in.
//!
//! It is built below `target/canisters`, a target folder of its own: the cargo that runs a test holds the lock of the
//! usual one. Each package is built once per process; whether anything is to be done is cargo's business.
//!
//! ```no_run
//! use outcall_harness::wasm::Build;
//!
//! let wasm = Build::package("outcall-canister").profile("canister").run()?;
//! # Ok::<(), outcall_harness::wasm::BuildError>(())
//! ```

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

#[cfg(test)]
mod tests;

/// What canisters are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// How to build a package. Two equal builds of a process are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Build {
    package: String,
    profile: String,
    folder: PathBuf,
}

/// Why there is no Wasm.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no cargo to ask.
    #[error("{command} cannot be run: {why}. Building a canister takes a Rust toolchain with cargo")]
    NoCargo {
        /// What was to be run.
        command: String,
        /// What the system said.
        why: Arc<io::Error>,
    },
    /// Cargo refused.
    #[error("{command} failed:\n{said}")]
    Cargo {
        /// What was run.
        command: String,
        /// The end of what it said.
        said: String,
    },
    /// The toolchain cannot compile for canisters, and rustup could not change that.
    #[error(
        "this Rust toolchain has no target {TARGET}, and adding it failed: {why}\n\
         Run `rustup target add {TARGET}` where the network can be reached, in the folder {folder}; \
         without rustup, install the package of your system that brings the target"
    )]
    NoTarget {
        /// Where the toolchain is the one that was used.
        folder: PathBuf,
        /// What rustup said.
        why: String,
    },
    /// The package has no library of crate type `cdylib`.
    #[error("the package {0} makes no Wasm: its [lib] needs crate-type = [\"cdylib\"]")]
    NoWasm(String),
    /// The Wasm was built and cannot be read.
    #[error("{file}: {why}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: Arc<io::Error>,
    },
}

type Built = Arc<OnceLock<Result<Arc<[u8]>, BuildError>>>;

impl Build {
    /// The release build of that package of the workspace around the current folder.
    pub fn package(package: impl Into<String>) -> Self {
        Self { package: package.into(), profile: "release".to_owned(), folder: PathBuf::from(".") }
    }

    /// Another profile of the workspace.
    #[must_use]
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.profile = profile.into();
        self
    }

    /// The workspace around that folder.
    #[must_use]
    pub fn within(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Builds it, unless this process has done so. It blocks, for a minute if everything has to be compiled.
    ///
    /// # Errors
    /// See [`BuildError`]; a second call gives the same error.
    pub fn run(&self) -> Result<Arc<[u8]>, BuildError> {
        static BUILT: Mutex<BTreeMap<Build, Built>> = Mutex::new(BTreeMap::new());
        let built =
            BUILT.lock().unwrap_or_else(PoisonError::into_inner).entry(self.clone()).or_default().clone();
        built.get_or_init(|| self.build()).clone()
    }

    fn build(&self) -> Result<Arc<[u8]>, BuildError> {
        let root = self.root()?;
        let mut cargo = self.cargo(&root);
        let mut output = run(&mut cargo)?;
        if misses_target(&output) {
            let added = self.add_target();
            output = run(&mut cargo)?;
            // Another process may have added it meanwhile; then it does not matter that we could not.
            if misses_target(&output) {
                added?;
            }
        }
        if !output.status.success() {
            return Err(BuildError::Cargo { command: spelled(&cargo), said: end_of(&output) });
        }
        let file = artifact(&output.stdout).ok_or_else(|| BuildError::NoWasm(self.package.clone()))?;
        match fs::read(&file) {
            Ok(wasm) => Ok(wasm.into()),
            Err(why) => Err(BuildError::Unreadable { file, why: Arc::new(why) }),
        }
    }

    /// The root of the workspace.
    fn root(&self) -> Result<PathBuf, BuildError> {
        let mut cargo = Command::new(program());
        cargo.args(["locate-project", "--workspace", "--message-format", "plain"]).current_dir(&self.folder);
        let output = run(&mut cargo)?;
        let manifest = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        match manifest.parent() {
            Some(root) if output.status.success() => Ok(root.to_owned()),
            _ => Err(BuildError::Cargo { command: spelled(&cargo), said: end_of(&output) }),
        }
    }

    fn cargo(&self, root: &Path) -> Command {
        let mut cargo = Command::new(program());
        cargo.args(["build", "--target", TARGET, "--profile", &self.profile, "--package", &self.package]);
        cargo.args(["--message-format", "json-render-diagnostics", "--target-dir"]);
        cargo.arg(root.join("target").join("canisters"));
        if root.join("Cargo.lock").exists() {
            cargo.arg("--locked");
        }
        // What is set for the machine that runs the tests is not meant for canisters.
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_TARGET_DIR"] {
            cargo.env_remove(name);
        }
        cargo.env("CARGO_TERM_COLOR", "never").current_dir(root);
        cargo
    }

    /// One at a time: two at once are in each other's way, and the second finds nothing left to do.
    fn add_target(&self) -> Result<(), BuildError> {
        static ADDING: Mutex<()> = Mutex::new(());
        let _adding = ADDING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rustup = Command::new("rustup");
        rustup.args(["target", "add", TARGET]).current_dir(&self.folder);
        let why = match rustup.output() {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => end_of(&output),
            Err(error) => format!("rustup: {error}"),
        };
        let folder = fs::canonicalize(&self.folder).unwrap_or_else(|_| self.folder.clone());
        Err(BuildError::NoTarget { folder, why })
    }
}

/// The cargo that runs us, or else the one in the path.
fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn run(command: &mut Command) -> Result<Output, BuildError> {
    command.output().map_err(|why| BuildError::NoCargo { command: spelled(command), why: Arc::new(why) })
}

/// The command as one would type it.
fn spelled(command: &Command) -> String {
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    std::iter::once("cargo".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// Rustc's words for a target whose standard library is not installed.
fn misses_target(output: &Output) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    !output.status.success()
        && (said.contains("target may not be installed") || said.contains("can't find crate for `core`"))
}

/// The last words, which hold the reason.
fn end_of(output: &Output) -> String {
    const LINES: usize = 40;
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.trim_end().lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

/// The last Wasm file that cargo names: dependencies come before the package.
fn artifact(stdout: &[u8]) -> Option<PathBuf> {
    #[derive(serde::Deserialize)]
    struct Message {
        #[serde(default)]
        filenames: Vec<PathBuf>,
    }
    let messages = stdout.split(|byte| *byte == b'\n');
    let files = messages.filter_map(|line| serde_json::from_slice::<Message>(line).ok());
    files
        .flat_map(|message| message.filenames)
        .rfind(|file| file.extension().is_some_and(|end| end == "wasm"))
}
