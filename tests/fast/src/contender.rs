//! Who is measured: the gateway on each of its stores, the bare server as the limit, nginx as a peer. Each is a process of its
//! own, and so is the upstream behind it.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use outcall_gateway::ledger::redis::accept_loss;
use outcall_tests::{gateway::Process, redis::Redis, tls::Authority};
use serde_json::json;

use crate::{load::Failed, message, role, upstream};

mod nginx;

use nginx::Nginx;

/// A server under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The gateway, with its ledger in this store.
    Gateway(Store),
    /// A hyper server that does nothing but answer.
    Bare,
    /// nginx with `proxy_cache` and `proxy_cache_lock`.
    Nginx,
}

/// Where the gateway's ledger is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Memory,
    Disk,
    /// A Redis that syncs every write.
    Redis,
}

/// What is around a contender.
pub(crate) struct Setup<'a> {
    /// What takes the gateway's place: a binary, run as `BINARY serve …`.
    pub(crate) gateway: &'a str,
    /// How long the upstream takes.
    pub(crate) delay: Duration,
    /// The body of its answer.
    pub(crate) body_bytes: usize,
    /// Who signed the certificate that the gateway shows, where it speaks TLS.
    pub(crate) tls: Option<&'a Authority>,
}

/// A contender that serves; killed when dropped.
pub(crate) struct Running {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    server: Server,
    upstream: Option<Process>,
    _store: Option<Folder>,
    _redis: Option<Redis>,
}

enum Server {
    Process(Box<Process>),
    Nginx(Nginx),
}

impl Kind {
    /// Whether this machine has what it takes.
    pub(crate) fn is_here(self) -> bool {
        match self {
            Self::Gateway(Store::Memory | Store::Disk) | Self::Bare => true,
            Self::Gateway(Store::Redis) => answers("redis-server", "--version"),
            Self::Nginx => answers("nginx", "-v"),
        }
    }

    /// Whether two of its answers are the same bytes. nginx dates them.
    pub(crate) fn is_exact(self) -> bool {
        self != Self::Nginx
    }
}

fn answers(program: &str, argument: &str) -> bool {
    std::process::Command::new(program).arg(argument).output().is_ok()
}

impl Running {
    pub(crate) async fn start(kind: Kind, setup: &Setup<'_>) -> Result<Self, Failed> {
        if kind == Kind::Bare {
            let server = role::start("bare", Duration::ZERO, setup.body_bytes).await?;
            let address = server.addr();
            let server = Server::Process(Box::new(server));
            return Ok(Self { kind, address, server, upstream: None, _store: None, _redis: None });
        }
        let upstream = role::start("upstream", setup.delay, setup.body_bytes).await?;
        let (mut folder, mut redis) = (None, None);
        let (server, address) = match kind {
            Kind::Nginx => {
                let nginx = Nginx::start(upstream.addr()).await?;
                let address = nginx.address;
                (Server::Nginx(nginx), address)
            }
            _ => {
                let store = match kind {
                    Kind::Gateway(Store::Disk) => {
                        format!("disk:{}", folder.insert(Folder::new()).0.display())
                    }
                    Kind::Gateway(Store::Redis) => {
                        let url = redis.insert(Redis::start().await).url();
                        accept_loss(&url.parse()?, None).await?;
                        url
                    }
                    _ => "memory".to_owned(),
                };
                let arguments = ["--store", &store, "--log", "warn"];
                let gateway =
                    Process::start(setup.gateway, &configuration(&upstream, setup), &arguments).await;
                let address = gateway.addr();
                (Server::Process(Box::new(gateway)), address)
            }
        };
        Ok(Self { kind, address, server, upstream: Some(upstream), _store: folder, _redis: redis })
    }

    /// How many orders its upstream was asked for; none, where there is no upstream.
    pub(crate) fn asked(&self) -> Result<u64, Failed> {
        match &self.upstream {
            Some(process) => Ok(upstream::asked(process.addr())?),
            None => Ok(0),
        }
    }

    /// The processes that do its work.
    pub(crate) fn processes(&self) -> Vec<u32> {
        match &self.server {
            Server::Process(process) => vec![process.id()],
            Server::Nginx(nginx) => nginx.processes(),
        }
    }
}

/// What the gateway is told: more room than anything here fills, so that nothing is refused.
fn configuration(upstream: &Process, setup: &Setup<'_>) -> String {
    let mut configuration = json!({
        message::ROUTE: { "upstream": format!("http://{}/v1/order", upstream.addr()) },
        "store": { "room_bytes": 16_u64 << 30 },
    });
    if let Some(authority) = setup.tls {
        let tls = json!({ "certificate": authority.leaf_path(), "key": authority.key_path() });
        configuration["server"] = json!({ "tls": tls });
    }
    configuration.to_string()
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gateway(Store::Memory) => "gateway",
            Self::Gateway(Store::Disk) => "gateway on disk",
            Self::Gateway(Store::Redis) => "gateway on redis",
            Self::Bare => "bare",
            Self::Nginx => "nginx",
        })
    }
}

/// A folder that goes when it is done with.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("outcall-fast-{}-{:x}", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
