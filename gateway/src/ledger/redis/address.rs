//! Where a Redis is: `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`, or `rediss://` for TLS. Its secrets are never shown.

use std::{fmt, str::FromStr};

use ::redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

/// The address of a Redis or Valkey server. `Display` and `Debug` leave user and password out.
#[derive(Clone)]
pub struct Address(Box<ConnectionInfo>);

/// Why a text is no address. Never contains the text, which may hold a password.
#[derive(Debug, thiserror::Error)]
#[error("expected redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// for TLS")]
pub struct NoAddress;

impl Address {
    pub(super) fn info(&self) -> &ConnectionInfo {
        &self.0
    }
}

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        // A fragment would switch the verification of certificates off.
        let well_formed = ["redis://", "rediss://"].iter().any(|scheme| text.starts_with(scheme));
        if !well_formed || text.contains('#') {
            return Err(NoAddress);
        }
        text.into_connection_info().map(Box::new).map(Self).map_err(|_| NoAddress)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self.0.addr() {
            ConnectionAddr::TcpTls { host, port, .. } => ("rediss", host, port),
            ConnectionAddr::Tcp(host, port) => ("redis", host, port),
            other => return write!(f, "{other}"),
        };
        match host.contains(':') {
            true => write!(f, "{scheme}://[{host}]:{port}")?,
            false => write!(f, "{scheme}://{host}:{port}")?,
        }
        match self.0.redis_settings().db() {
            0 => Ok(()),
            db => write!(f, "/{db}"),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_where_it_leads_and_no_secret() {
        for (text, shown) in [
            ("redis://localhost", "redis://localhost:6379"),
            ("redis://user:secret@[::1]:7000/3", "redis://[::1]:7000/3"),
            ("rediss://:secret@redis.example", "rediss://redis.example:6379"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(format!("{address:?}"), shown);
        }
    }

    #[test]
    fn what_is_no_address_is_not_repeated_in_the_error() {
        for text in
            ["", "localhost", "http://:secret@localhost", "redis://:secret@", "rediss://:secret@h/#insecure"]
        {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(!error.contains("secret@"), "{text}: {error}");
        }
    }
}
