//! `outcall-gateway health`: does the gateway on this machine take connections?
//!
//! Nothing is sent: whatever is asked of the door is an outcall, and would stand in the log every few seconds. A gateway
//! that drains still takes connections, since the last replicas of a burst come on new ones.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process::ExitCode,
};

use super::{Health, serve::PORT};
use crate::limits;

/// Connects, says nothing when that works, and why not when it doesn't.
pub(super) fn run(command: &Health) -> ExitCode {
    let listens = command.listen.unwrap_or_else(|| SocketAddr::from((Ipv6Addr::UNSPECIFIED, PORT)));
    // The wildcard of IPv6 takes IPv4 too; where a machine has no IPv6, the door is IPv4's.
    let addresses = match listens.ip() {
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()],
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => vec![Ipv4Addr::LOCALHOST.into()],
        ip => vec![ip],
    };
    let mut refused = None;
    for ip in addresses {
        let address = SocketAddr::new(ip, listens.port());
        match TcpStream::connect_timeout(&address, limits::HEALTH_TIMEOUT) {
            Ok(_) => return ExitCode::SUCCESS,
            Err(error) => refused = Some((address, error)),
        }
    }
    if let Some((address, error)) = refused {
        eprintln!("outcall-gateway: {address}: {error}");
    }
    ExitCode::FAILURE
}
