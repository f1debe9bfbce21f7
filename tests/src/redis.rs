//! A Redis of the test's own, behind a wire that can be cut.
//!
//! The server listens on a socket file in a folder of its own; what the gateway is given is a port of loopback from
//! which a small proxy carries bytes there and back. The proxy's port outlives the server, so that it can be killed and
//! come back, and the wire can be cut while the server lives.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream, UnixStream},
    process::{Child, Command},
    sync::watch,
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

use crate::tls::Authority;

/// Names another server than the `redis-server` of the search path.
const BINARY: &str = "REDIS_SERVER";

/// A Redis server, killed and cleaned up when dropped.
pub struct Redis {
    folder: Arc<Folder>,
    arguments: Vec<String>,
    child: Option<Child>,
    wire: Wire,
}

impl Redis {
    /// A server that syncs every write.
    ///
    /// # Panics
    /// When there is none on this machine, or it does not come up.
    pub async fn start() -> Self {
        Self::start_with(&["--appendonly", "yes", "--appendfsync", "always"]).await
    }

    /// A server with these arguments.
    ///
    /// # Panics
    /// When there is none on this machine, or it does not come up.
    pub async fn start_with(arguments: &[&str]) -> Self {
        Self::start_behind(None, arguments).await
    }

    /// As [`Redis::start`], behind TLS: who connects is shown this authority's leaf.
    ///
    /// # Panics
    /// When there is none on this machine, or it does not come up.
    pub async fn start_secure(authority: &Authority) -> Self {
        let tls = TlsAcceptor::from(authority.server(&[]));
        Self::start_behind(Some(tls), &["--appendonly", "yes", "--appendfsync", "always"]).await
    }

    async fn start_behind(tls: Option<TlsAcceptor>, arguments: &[&str]) -> Self {
        let folder = Arc::new(Folder::new());
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let wire = Wire::to(folder.socket(), tls).await;
        let mut redis = Self { folder, arguments, child: None, wire };
        redis.revive().await;
        redis
    }

    /// The address that a gateway is given.
    pub fn url(&self) -> String {
        let scheme = if self.wire.secure { "rediss" } else { "redis" };
        format!("{scheme}://{}", self.wire.address)
    }

    /// What the server says to one command of the test itself, past the wire. Blocks, for as long as a command takes.
    ///
    /// # Panics
    /// When the server is away, or answers with an error.
    pub fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let path = format!("redis+unix://{}", self.folder.socket().display());
        let mut connection =
            redis::Client::open(path).and_then(|client| client.get_connection()).expect("a server");
        let mut asking = redis::cmd(command[0]);
        asking.arg(&command[1..]);
        asking.query(&mut connection).unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// The wire between the gateways and the server.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// Kills the server at once.
    ///
    /// # Panics
    /// When it is not running.
    pub async fn kill(&mut self) {
        self.child.take().expect("a running server").kill().await.expect("a child to kill");
    }

    /// Starts the server anew on what it has kept.
    ///
    /// # Panics
    /// When it does not come up, with what it said.
    pub async fn revive(&mut self) {
        let binary = std::env::var(BINARY).unwrap_or_else(|_| "redis-server".to_owned());
        let mut child = Command::new(&binary)
            .args(["--port", "0", "--unixsocket"])
            .arg(self.folder.socket())
            .arg("--dir")
            .arg(&self.folder.path)
            .args(["--save", "", "--daemonize", "no", "--logfile", ""])
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{binary}: {error}"));
        let mut lines = BufReader::new(child.stdout.take().expect("a piped stdout")).lines();
        let mut heard = String::new();
        loop {
            let line = lines.next_line().await.expect("readable stdout");
            let Some(line) = line else { panic!("Redis did not come up:\n{heard}") };
            heard = format!("{heard}{line}\n");
            if heard.contains("ready to accept connections") || heard.contains("Ready to accept connections")
            {
                break;
            }
        }
        // It must not be held up by a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.child = Some(child);
    }
}

/// A folder of the test's own.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let name = format!("outcall-redis-{}-{:x}", std::process::id(), fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).expect("a writable temporary folder");
        Self { path }
    }

    fn socket(&self) -> PathBuf {
        self.path.join("socket")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// What the gateways' bytes travel over.
pub struct Wire {
    address: SocketAddr,
    /// Whether the gateways have to speak TLS on it.
    secure: bool,
    state: watch::Sender<State>,
    carrying: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    /// Connections that began before the latest cut are over.
    cuts: u64,
    carries: Carries,
    /// Replies that were swallowed, and connections that were refused.
    failed: u64,
}

/// What becomes of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carries {
    Everything,
    /// What the gateways say arrives; the first byte that the server says ends the connection.
    Requests,
    Nothing,
}

impl Wire {
    async fn to(socket: PathBuf, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let state = State { cuts: 0, carries: Carries::Everything, failed: 0 };
        let (state, _) = watch::channel(state);
        let secure = tls.is_some();
        let carrying = tokio::spawn(carry(listener, socket, tls, state.clone()));
        Self { address, secure, state, carrying }
    }

    /// Cuts every connection; new ones are carried.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// Cuts every connection and refuses new ones until [`Wire::mend`].
    pub fn sever(&self) {
        self.state.send_modify(|state| {
            *state = State { cuts: state.cuts + 1, carries: Carries::Nothing, failed: 0 };
        });
    }

    /// What the gateways say still arrives, but no reply to it, until [`Wire::mend`]. Connections that are silent stay.
    pub fn swallow_replies(&self) {
        self.state.send_modify(|state| *state = State { carries: Carries::Requests, failed: 0, ..*state });
    }

    /// Carries everything again.
    pub fn mend(&self) {
        self.state.send_modify(|state| state.carries = Carries::Everything);
    }

    /// Returns when a reply was swallowed, or a connection refused, since the wire is not whole.
    pub async fn failed(&self) {
        let _ = self.state.subscribe().wait_for(|state| state.failed > 0).await;
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

async fn carry(
    listener: TcpListener,
    socket: PathBuf,
    tls: Option<TlsAcceptor>,
    state: watch::Sender<State>,
) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let now = *state.borrow();
        if now.carries == Carries::Nothing {
            state.send_modify(|state| state.failed += 1);
            continue;
        }
        let (socket, tls, state) = (socket.clone(), tls.clone(), state.clone());
        connections.spawn(async move {
            let mut cut = state.subscribe();
            tokio::select! {
                _ = carry_one(client, &socket, tls.as_ref(), &state) => {}
                _ = cut.wait_for(|state| state.cuts != now.cuts) => {}
            }
        });
    }
}

async fn carry_one(
    client: TcpStream,
    socket: &Path,
    tls: Option<&TlsAcceptor>,
    state: &watch::Sender<State>,
) -> io::Result<()> {
    let server = UnixStream::connect(socket).await?;
    client.set_nodelay(true)?;
    match tls {
        Some(tls) => there_and_back(tls.accept(client).await?, server, state).await,
        None => there_and_back(client, server, state).await,
    }
}

async fn there_and_back(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    mut server: UnixStream,
    state: &watch::Sender<State>,
) -> io::Result<()> {
    let (mut said, mut replied) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            bytes = client.read(&mut said) => match bytes? {
                0 => return Ok(()),
                bytes => server.write_all(&said[..bytes]).await?,
            },
            bytes = server.read(&mut replied) => match bytes? {
                0 => return Ok(()),
                _ if state.borrow().carries == Carries::Requests => {
                    state.send_modify(|state| state.failed += 1);
                    return Ok(());
                }
                bytes => {
                    client.write_all(&replied[..bytes]).await?;
                    client.flush().await?;
                }
            },
        }
    }
}
