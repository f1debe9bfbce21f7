//! The gateway under test: in this process, or as the real binary.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
};

use outcall_gateway::{
    App, Changes, Network, Reloads,
    config::Config,
    ledger::{Ledger, Memory},
    server,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    sync::oneshot,
    task::JoinHandle,
};

/// A gateway in this process, on a free port of loopback, with a memory ledger.
pub struct Gateway {
    address: SocketAddr,
    app: Arc<App>,
    shutdown: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Gateway {
    /// Serves this `proxy_conf.json`.
    ///
    /// # Panics
    /// When the configuration is refused, with the gateway's own words.
    pub async fn start(config: &str) -> Self {
        Self::start_on(config, Network::default()).await
    }

    /// Serves this `proxy_conf.json`, with some names pinned to addresses.
    ///
    /// # Panics
    /// When the configuration is refused, with the gateway's own words.
    pub async fn start_on(config: &str, network: Network) -> Self {
        let config = Config::parse(config, &|_| None).unwrap_or_else(|error| panic!("{error}"));
        let ledger: Arc<dyn Ledger> = Arc::new(Memory::new(config.store.room_bytes));
        let listener = server::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let app = Arc::new(App::new(config, ledger, network).unwrap_or_else(|error| panic!("{error}")));
        let (shutdown, told) = oneshot::channel();
        let served = app.clone();
        let running = tokio::spawn(async move {
            let told = async { told.await.unwrap_or(()) };
            server::run(listener, served, told).await.unwrap_or_else(|error| panic!("{error}"));
        });
        Self { address, app, shutdown, running }
    }

    /// Serves this `proxy_conf.json` from now on.
    ///
    /// # Panics
    /// When the configuration is refused, with the gateway's own words.
    pub fn reload(&self, config: &str) -> Changes {
        let config = Config::parse(config, &|_| None).unwrap_or_else(|error| panic!("{error}"));
        self.app.reload(config).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What became of changed configurations.
    pub fn reloads(&self) -> Reloads {
        self.app.reloads()
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Tells it to drain, as SIGTERM does. The returned task ends when it has stopped.
    pub fn drain(self) -> JoinHandle<()> {
        let _ = self.shutdown.send(());
        self.running
    }
}

/// The gateway's binary as a process of its own, on a free port of loopback; killed when dropped.
pub struct Process {
    child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    heard: String,
    address: SocketAddr,
    config: Option<PathBuf>,
}

impl Process {
    /// Starts `binary` with this `proxy_conf.json` and these further arguments, and waits until it listens.
    ///
    /// # Panics
    /// When it does not come up, with what it said.
    pub async fn start(binary: &str, config: &str, arguments: &[&str]) -> Self {
        Self::start_with(binary, config, arguments, &[]).await
    }

    /// As [`Process::start`], with these variables, of which it has no others.
    ///
    /// # Panics
    /// When it does not come up, with what it said.
    pub async fn start_with(
        binary: &str,
        config: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let name = format!("outcall-{}-{:x}.json", std::process::id(), fastrand::u64(..));
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, config).expect("a writable temporary folder");
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(&file).args(arguments);
        command.env_clear().envs(variables.iter().copied());
        Self::run(command, Some(file)).await
    }

    /// Starts `binary` in this folder with these arguments alone, and waits until it listens.
    ///
    /// # Panics
    /// When it does not come up, with what it said.
    pub async fn start_in(folder: &Path, binary: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(binary);
        command.env_clear().args(arguments).args(["--listen", "127.0.0.1:0"]).current_dir(folder);
        Self::run(command, None).await
    }

    async fn run(mut command: Command, config: Option<PathBuf>) -> Self {
        let mut child = command
            // Unless the arguments name another: the tests run side by side, and a folder has one gateway.
            .env("OUTCALL_STORE", "memory")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stderr = child.stderr.take().expect("a piped stderr");
        let mut stderr = BufReader::new(stderr).lines();
        let mut heard = String::new();
        let address = loop {
            let line = stderr.next_line().await.expect("readable stderr");
            let Some(line) = line else { panic!("the gateway did not come up:\n{heard}") };
            heard = format!("{heard}{line}\n");
            let said = line.split_once("listening http").and_then(|(_, url)| url.split_once("://"));
            if let Some((_, address)) = said {
                break address.trim().parse().unwrap_or_else(|error| panic!("{line}: {error}"));
            }
        };
        Self { child, stderr, heard, address, config }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Where its admin port listens, if it was told to have one.
    ///
    /// # Panics
    /// When it has said nothing of it.
    pub fn admin(&self) -> SocketAddr {
        let said = self.heard.lines().find_map(|line| line.strip_prefix("admin     http://"));
        let Some(said) = said else { panic!("it has no admin port:\n{}", self.heard) };
        let address = said.split_once(": ").map_or(said, |(address, _)| address);
        address.parse().unwrap_or_else(|error| panic!("{said}: {error}"))
    }

    /// The number of its process.
    ///
    /// # Panics
    /// When there is no such process any more.
    pub fn id(&self) -> u32 {
        self.child.id().expect("a running gateway")
    }

    /// Replaces its `proxy_conf.json`, as editors do: written beside it, and renamed.
    ///
    /// # Panics
    /// When it has no file of its own.
    pub fn rewrite(&self, config: &str) {
        let file = self.config.as_ref().expect("a gateway with a file of its own");
        let beside = file.with_extension("new");
        std::fs::write(&beside, config).expect("a writable temporary folder");
        std::fs::rename(&beside, file).expect("two files of one folder");
    }

    /// Sends it a signal by its name, such as `TERM`.
    ///
    /// # Panics
    /// When there is no such process any more.
    pub async fn signal(&self, name: &str) {
        let pid = self.id().to_string();
        let sent = Command::new("kill").args([format!("-{name}"), pid]).status().await;
        assert!(sent.is_ok_and(|status| status.success()), "SIG{name} could not be sent");
    }

    /// Reads what it says until a line contains `text`, and returns that line.
    ///
    /// # Panics
    /// When it ends without having said so.
    pub async fn said(&mut self, text: &str) -> String {
        loop {
            let Some(line) = self.hear().await else { panic!("the gateway ended without saying {text:?}") };
            if line.contains(text) {
                return line;
            }
        }
    }

    async fn hear(&mut self) -> Option<String> {
        let line = self.stderr.next_line().await.expect("readable stderr")?;
        self.heard.push_str(&line);
        self.heard.push('\n');
        Some(line)
    }

    /// Waits for its end, reading what it still says.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub async fn ended(self) -> ExitStatus {
        self.last_words().await.0
    }

    /// As [`Process::ended`], with everything it has said from its start to its end.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub async fn last_words(mut self) -> (ExitStatus, String) {
        while self.hear().await.is_some() {}
        let status = self.child.wait().await.expect("a child to wait for");
        (status, std::mem::take(&mut self.heard))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(config) = &self.config {
            let _ = std::fs::remove_file(config);
        }
    }
}
