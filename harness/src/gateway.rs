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
    fs::{self, OpenOptions},
    io::{self, BufRead, BufReader, Read as _, Write as _},
    path::PathBuf,
    process::{Child, ChildStderr, Command, Stdio},
    thread,
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

/// The environment variable that names the binary. Without it, `outcall-gateway` is looked for in `PATH`.
pub const BINARY: &str = "OUTCALL_GATEWAY_BIN";

const NAME: &str = "outcall-gateway";
/// How long it may take until it listens.
const STARTS_WITHIN: Duration = Duration::from_secs(30);
/// How much it may say until then, and of how much at once a complaint is made a line: more than any start-up text.
const WORDS_BYTES_MAX: u64 = 1 << 20;
/// What it writes into its log: complaints, but not that its ledger is in memory.
const COMPLAINTS: &str = "warn,outcall_gateway::cli::store=error";
/// How the line begins that says where it listens.
const LISTENING: &str = "listening ";
/// What the surroundings may say of another gateway, and is not meant for this one.
const OF_ANOTHER: [&str; 13] = [
    "OUTCALL_CONFIG",
    "OUTCALL_LISTEN",
    "OUTCALL_STORE",
    "OUTCALL_SEVERAL_LEDGERS",
    "OUTCALL_REDIS_MAY_FORGET",
    "OUTCALL_WITH_DEMO_UPSTREAM",
    "OUTCALL_LOG_FORMAT",
    "OUTCALL_LOG",
    "OUTCALL_ADMIN",
    "OUTCALL_ADMIN_TOKEN",
    "OUTCALL_ADMIN_TOKEN_SHA256",
    "OUTCALL_ADMIN_HOST",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

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
        Ok(Self { process, origin: listening(told).await? })
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
        let file = written(config)?;
        let mut command = Command::new(binary);
        for name in OF_ANOTHER {
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

/// A new file that nobody else can read: a configuration may hold a key.
fn written(config: &str) -> io::Result<PathBuf> {
    let name = format!("outcall-harness-{}-{:016x}.json", std::process::id(), fastrand::u64(..));
    let path = env::temp_dir().join(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.write_all(config.as_bytes())?;
    Ok(path)
}

/// Where it listens, once it says so.
async fn listening(told: oneshot::Receiver<Result<String, String>>) -> Result<String, String> {
    match timeout(STARTS_WITHIN, told).await {
        Ok(Ok(Ok(origin))) => Ok(origin),
        Ok(Ok(Err(words))) => Err(format!("the gateway does not start; it says\n{words}")),
        Ok(Err(_)) => Err("what the gateway says cannot be read".to_owned()),
        Err(_) => Err(format!(
            "the gateway does not start: within {STARTS_WITHIN:?} it says no line that begins with {LISTENING:?}"
        )),
    }
}

/// Reads all that the gateway says, so that it never waits for a reader: until it listens, for whoever waits for that, and
/// then what it complains about, for whoever reads the test's output.
fn read(mut said: impl BufRead, tell: oneshot::Sender<Result<String, String>>) {
    let mut words = String::new();
    let mut start = said.by_ref().take(WORDS_BYTES_MAX);
    let origin = loop {
        let Some(line) = line(&mut start) else {
            // Nobody waits any more: then nobody has to know.
            let _ = tell.send(Err(words));
            return;
        };
        if let Some(origin) = line.strip_prefix(LISTENING) {
            break origin.trim_end().to_owned();
        }
        words.push_str(&line);
    };
    let _ = tell.send(Ok(origin));
    while let Some(line) = line(&mut said.by_ref().take(WORDS_BYTES_MAX)) {
        if !line.trim().is_empty() {
            eprintln!("gateway: {}", line.trim_end());
        }
    }
}

/// The next line; none at the end, or when it cannot be read.
fn line(said: &mut impl BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    said.read_until(b'\n', &mut bytes).ok().filter(|bytes| *bytes > 0)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn no_process(binary: &OsString, error: &io::Error) -> String {
    let binary = binary.to_string_lossy();
    format!(
        "found no gateway to start: {binary}: {error}; expected the command {NAME} (cargo install --locked --path gateway, \
         in a clone of its repository, or with --git), or the path of its binary in {BINARY}"
    )
}

#[cfg(test)]
mod tests;
