//! The gateway as it is, with routes to the demo's upstream.

use std::{
    future,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use outcall_gateway::{App, Network, config::Config, ledger::Memory, server};
use outcall_protocol::receipt::SecretKey;

use crate::{
    Failure,
    upstream::{BREAKING, SLOW, Upstream},
};

/// The name of the key that signs answers.
pub(crate) const KEYID: &str = "demo";

pub(crate) struct Gateway {
    address: SocketAddr,
}

impl Gateway {
    /// On a free port of loopback, until the process ends.
    pub(crate) fn start(upstream: &Upstream) -> Result<Self, Failure> {
        let to = upstream.url();
        let plain =
            format!(r#"{{"/price": "{to}/price", "/order": "{to}/order", "{BREAKING}": "{to}{BREAKING}"}}"#);
        Self::of(&plain)
    }

    /// One that gives tickets for what takes minutes, and signs its answers.
    pub(crate) fn start_with_tickets(upstream: &Upstream) -> Result<Self, Failure> {
        let pem = key().to_pem().replace('\n', "\\n");
        let to = upstream.url();
        Self::of(&format!(
            r#"{{"receipts": {{"keyid": "{KEYID}", "key": "{pem}"}},
                "{SLOW}": {{"upstream": "{to}{SLOW}", "respond_async": true}}}}"#
        ))
    }

    fn of(config: &str) -> Result<Self, Failure> {
        let config = Config::parse(config, &|_| None)?;
        let ledger = Arc::new(Memory::new(config.store.room_bytes));
        let listener = server::listen((Ipv4Addr::LOCALHOST, 0).into())?;
        let address = listener.local_addr()?;
        let app = Arc::new(App::new(config, ledger, Network::default())?);
        let opened = server::Opened::new(listener, app)?;
        tokio::spawn(opened.run(future::pending()));
        Ok(Self { address })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// By which answers are verified.
    pub(crate) fn public_key() -> String {
        key().public().x()
    }
}

/// The same at every run: what it signs is nobody's money.
fn key() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}
