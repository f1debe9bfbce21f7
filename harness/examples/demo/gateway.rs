//! The gateway as it is, with routes to the demo's upstream.

use std::{
    future,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use outcall_gateway::{App, Network, config::Config, ledger::Memory, server};

use crate::{
    Failure,
    upstream::{BREAKING, Upstream},
};

pub(crate) struct Gateway {
    address: SocketAddr,
}

impl Gateway {
    /// On a free port of loopback, until the process ends.
    pub(crate) fn start(upstream: &Upstream) -> Result<Self, Failure> {
        let to = upstream.url();
        let config = Config::parse(
            &format!(r#"{{"/price": "{to}/price", "/order": "{to}/order", "{BREAKING}": "{to}{BREAKING}"}}"#),
            &|_| None,
        )?;
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
}
