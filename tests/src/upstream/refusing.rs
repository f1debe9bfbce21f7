//! An address at which nobody listens, and which nobody else can take in the meantime.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

use super::{Act, Script, Upstream};

/// A port of 127.0.0.1 that is bound but not listening: connections to it are refused until it is dropped, or until
/// an upstream comes up on it.
pub struct Refusing {
    socket: TcpSocket,
    addr: SocketAddr,
}

impl Refusing {
    /// Takes a free port.
    pub fn bind() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let addr = socket.local_addr().unwrap();
        Self { socket, addr }
    }

    /// Where nobody listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL of that path here. The path starts with `/` or is empty.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// The machine comes up: from now on the same address is served by this script.
    pub fn come_up(self, script: Script<Act>) -> Upstream {
        Upstream::on(self.socket.listen(1024).unwrap(), script, None)
    }
}
