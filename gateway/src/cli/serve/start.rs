//! What is said when the gateway has come up: what it serves, where, and what to try.
//!
//! To stderr, as all that `serve` says. Programs that start a gateway wait for the line that begins with `listening`, and take
//! the address from it.

use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
};

use super::super::{admin, store};
use crate::{config::Config, traces::Collector};

/// A gateway that has come up.
pub(super) struct Start<'a> {
    pub(super) config: &'a Config,
    /// The file of the configuration, if it was there.
    pub(super) path: Option<&'a Path>,
    pub(super) store: &'a store::Opened,
    pub(super) admin: Option<&'a admin::Door>,
    pub(super) collector: Option<&'a Collector>,
    pub(super) address: SocketAddr,
    /// Whether the demo is served.
    pub(super) demo: bool,
}

impl Start<'_> {
    /// Says it, to whoever started it.
    pub(super) fn announce(&self) {
        let source = self.path.map_or_else(|| "no file".to_owned(), |path| path.display().to_string());
        let tls = self.config.server.tls.is_some();
        let (scheme, address) = (if tls { "https" } else { "http" }, self.address);
        eprintln!("outcall-gateway {} · configuration: {source}\n", env!("CARGO_PKG_VERSION"));
        eprintln!("{}", self.config.summary());
        eprintln!("store     {}", self.store);
        if let Some(admin) = self.admin {
            eprintln!("admin     {admin}");
        }
        if let Some(collector) = self.collector {
            eprintln!("traces    {collector}");
        }
        let all = if address.ip().is_unspecified() { " (all addresses)" } else { "" };
        eprintln!("listening {scheme}://{address}{all}");
        if self.demo {
            eprintln!("try       {}", command(address, tls));
        }
        eprintln!();
    }
}

/// A first request to the demo, ready to be pasted into a shell.
fn command(address: SocketAddr, tls: bool) -> String {
    let (ip, port) = (address.ip(), address.port());
    let host = match ip {
        ip if ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let is_here = ip.is_unspecified() || ip.is_loopback();
    let (options, scheme) = match (tls, is_here) {
        (false, _) => ("-i", "http"),
        // The certificate is for the name under which the gateway is known to others. What is on this machine needs no
        // proof that it is; what is elsewhere does.
        (true, true) => ("-i -k", "https"),
        (true, false) => ("-i", "https"),
    };
    // A shell takes brackets for a pattern.
    let quote = if host.starts_with('[') { "'" } else { "" };
    let url = format!("{quote}{scheme}://{host}:{port}/demo{quote}");
    format!("curl {options} {url} -H 'Idempotency-Key: order-42' -d '{{\"amount\": 1}}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_to_try_names_what_reaches_the_gateway_from_here() {
        for (address, tls, expected) in [
            ("[::]:8080", false, "curl -i http://localhost:8080/demo "),
            ("0.0.0.0:8080", false, "curl -i http://localhost:8080/demo "),
            ("127.0.0.1:8081", false, "curl -i http://127.0.0.1:8081/demo "),
            ("[::1]:8081", false, "curl -i 'http://[::1]:8081/demo' "),
            ("[::]:8443", true, "curl -i -k https://localhost:8443/demo "),
            ("[::1]:8443", true, "curl -i -k 'https://[::1]:8443/demo' "),
            ("192.0.2.1:8443", true, "curl -i https://192.0.2.1:8443/demo "),
        ] {
            let found = command(address.parse().unwrap(), tls);
            assert_eq!(found, format!(r#"{expected}-H 'Idempotency-Key: order-42' -d '{{"amount": 1}}'"#));
        }
    }
}
