//! Listens where the command line or the configuration says, or says what else could be said.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use tokio::net::TcpListener;

use super::serve::PORT;
use crate::server;

/// For whom an address is, and so how another one is named.
#[derive(Clone, Copy)]
pub(super) enum Named {
    Door,
    Admin,
}

/// Listens there.
///
/// # Errors
/// With what to say, when the address is taken, or not this machine's.
pub(super) fn at(address: SocketAddr, named: Named) -> Result<TcpListener, String> {
    server::listen(address).map_err(|error| {
        let flag = if matches!(named, Named::Admin) { "--admin: " } else { "" };
        format!("{flag}cannot listen on {address}: {error}{}", cure(address, named, error.kind()))
    })
}

/// What to do about it.
fn cure(address: SocketAddr, named: Named, kind: io::ErrorKind) -> String {
    match (kind, named) {
        (io::ErrorKind::AddrInUse, Named::Door) => {
            format!("; another one is named by --listen {}, or by server.listen", beside(address))
        }
        (io::ErrorKind::AddrInUse, Named::Admin) => {
            format!("; another one is named by --admin {}", beside(address))
        }
        (io::ErrorKind::AddrNotAvailable, _) => "; expected an address of this machine".to_owned(),
        _ => String::new(),
    }
}

/// An address that is likely to be free.
fn beside(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port().checked_add(1).unwrap_or(PORT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_cannot_be_had_is_named_with_what_to_do() {
        let taken = server::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = taken.local_addr().unwrap();
        for (named, said) in [
            (
                Named::Door,
                format!("; another one is named by --listen {}, or by server.listen", beside(address)),
            ),
            (Named::Admin, format!("; another one is named by --admin {}", beside(address))),
        ] {
            let refused = at(address, named).unwrap_err();
            assert!(refused.contains(&format!("cannot listen on {address}: ")), "{refused}");
            assert!(refused.ends_with(&said), "{refused}");
        }
        let elsewhere = at("192.0.2.1:1".parse().unwrap(), Named::Door).unwrap_err();
        assert!(elsewhere.ends_with("; expected an address of this machine"), "{elsewhere}");
    }

    #[test]
    fn the_address_that_is_offered_is_another_one() {
        for (address, expected) in [
            ("[::]:8080", "127.0.0.1:8081"),
            ("0.0.0.0:8081", "127.0.0.1:8082"),
            ("192.0.2.1:443", "192.0.2.1:444"),
            ("[::1]:65535", "[::1]:8080"),
        ] {
            assert_eq!(beside(address.parse().unwrap()).to_string(), expected);
        }
    }
}
