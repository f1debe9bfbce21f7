//! A gateway for tests: the real command beside the canister, on a port of its own, between it and a scripted service.
//!
//! The harness does not contain it; it runs the `outcall-gateway` that is installed, or the one that the environment
//! variable `OUTCALL_GATEWAY_BIN` names. Its ledger is in memory, and nothing of it is left when it is dropped.
//!
//! ```no_run
//! use outcall_harness::{Answer, Gateway, Upstream};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let service = Upstream::always(Answer::json(r#"{"receipt":7}"#)).await;
//! let gateway = Gateway::serving(&format!(r#"{{"/orders": "{}"}}"#, service.url("/orders"))).await;
//! // A canister that posts to this URL, under a key, is answered by the service, which is asked once.
//! let url = gateway.url("/orders");
//! # }
//! ```

use std::{
    env,
    ffi::OsString,
    fs,
    io::{self, BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStderr, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use tokio::sync::oneshot;

/// The environment variable that names the binary. Without it, `outcall-gateway` is looked for in `PATH`.
pub const BINARY: &str = "OUTCALL_GATEWAY_BIN";

const NAME: &str = "outcall-gateway";
/// What it writes into its log: complaints, but not that its ledger is in memory.
const COMPLAINTS: &str = "warn,outcall_gateway::cli::store=error";
/// How the line begins that says where it listens.
const LISTENING: &str = "listening ";

/// A running gateway. Dropped, it is killed.
#[derive(Debug)]
pub struct Gateway {
    process: Process,
    origin: String,
}

/// The process and its file, which go together.
#[derive(Debug)]
struct Process {
    child: Child,
    config: PathBuf,
}

impl Gateway {
    /// Starts a gateway with that configuration, the text of a `proxy_conf.json`, and waits until it listens. Loopback
    /// and a free port are chosen for it; the ledger is in memory.
    ///
    /// # Panics
    /// When there is no gateway, or it does not serve this configuration: with its own words, which name line, member
    /// and expectation.
    pub async fn serving(config: &str) -> Self {
        Self::start(config).await.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn start(config: &str) -> Result<Self, String> {
        let binary = env::var_os(BINARY).unwrap_or_else(|| NAME.into());
        let (process, said) = Process::start(&binary, config).map_err(|error| no_process(&binary, &error))?;
        let (tell, told) = oneshot::channel();
        thread::spawn(move || read(BufReader::new(said), tell));
        match told.await {
            Ok(Ok(origin)) => Ok(Self { process, origin }),
            Ok(Err(words)) => Err(format!("the gateway does not start; it says\n{words}")),
            Err(_) => Err("what the gateway says cannot be read".to_owned()),
        }
    }

    /// The URL of that path here, which starts with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.child.id()
    }
}

impl Process {
    fn start(binary: &OsString, config: &str) -> io::Result<(Self, ChildStderr)> {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let file = env::temp_dir().join(format!("outcall-harness-{}-{number}.json", std::process::id()));
        fs::write(&file, config)?;
        let mut command = Command::new(binary);
        // What the surroundings say of another gateway is not meant for this one.
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OUTCALL_")) {
            command.env_remove(name);
        }
        command.arg("--config").arg(&file).args([
            "--listen",
            "127.0.0.1:0",
            "--store",
            "memory",
            "--log",
            COMPLAINTS,
        ]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let started = command.spawn().and_then(|mut child| {
            let said = child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
            Ok((Self { child, config: file.clone() }, said))
        });
        if started.is_err() {
            let _ = fs::remove_file(file);
        }
        started
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.config);
    }
}

/// Reads all that the gateway says, so that it never waits for a reader: until it listens, for whoever waits for that, and
/// then what it complains about, for whoever reads the test's output.
fn read(mut lines: impl BufRead, tell: oneshot::Sender<Result<String, String>>) {
    let mut words = String::new();
    let origin = loop {
        let begins = words.len();
        // Whatever cannot be read is the end of it.
        if !lines.read_line(&mut words).is_ok_and(|bytes| bytes > 0) {
            // Nobody waits any more: then nobody has to know.
            let _ = tell.send(Err(words));
            return;
        }
        if let Some(origin) = words[begins..].strip_prefix(LISTENING) {
            break origin.trim_end().to_owned();
        }
    };
    let _ = tell.send(Ok(origin));
    for line in lines.lines().map_while(Result::ok).filter(|line| !line.is_empty()) {
        eprintln!("gateway: {line}");
    }
}

fn no_process(binary: &OsString, error: &io::Error) -> String {
    let binary = binary.to_string_lossy();
    format!(
        "found no gateway to start: {binary}: {error}; expected the command {NAME} (cargo install --locked --path gateway, in a \
         clone of its repository, or with --git), or the path of its binary in {BINARY}"
    )
}

#[cfg(test)]
mod tests;
