//! The admin port of the real binary: health, metrics, the page, and who may see what.

use std::net::SocketAddr;

use outcall_tests::{
    gateway::Process,
    replica::{Answer, Outcall, Replica},
    upstream::{Act, Script, Upstream},
};

mod access;
mod browser;
mod canary;
mod health;
mod keys;
mod metrics;
mod reader;

const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");

/// The arguments of a gateway with an admin port on a free port of loopback.
const ADMIN: [&str; 2] = ["--admin", "127.0.0.1:0"];

/// An upstream that answers everything alike, behind a gateway with an admin port.
struct House {
    upstream: Upstream,
    gateway: Process,
    replica: Replica,
    admin: SocketAddr,
}

impl House {
    async fn new() -> Self {
        Self::with(Script::always(Act::Varying), &[]).await
    }

    async fn with(script: Script<Act>, arguments: &[&str]) -> Self {
        let upstream = Upstream::start(script).await;
        let config = format!(r#"{{"/r": "{}"}}"#, upstream.url("/u"));
        let arguments = [&ADMIN, arguments].concat();
        let gateway = Process::start(BINARY, &config, &arguments).await;
        let (replica, admin) = (Replica::new(gateway.addr()), gateway.admin());
        Self { upstream, gateway, replica, admin }
    }

    async fn look(&self, path: &str) -> Answer {
        ask(self.admin, &Outcall::get(path)).await
    }

    async fn send(&self, outcall: &Outcall) -> Answer {
        self.replica.send(outcall).await.unwrap()
    }
}

async fn ask(admin: SocketAddr, outcall: &Outcall) -> Answer {
    Replica::new(admin).send(outcall).await.unwrap()
}
