//! The admin port of `serve`: judged and opened before anything is served, so that a wrong token or address is found at the
//! start.

use std::{error::Error, fmt, net::SocketAddr, sync::Arc};

use tokio::net::TcpListener;

use super::{Guard, listen};
use crate::{
    App,
    admin::{self, Access, Admin, Complaints, WrongAccess},
};

/// An admin port as the command line asks for it.
pub(super) struct Planned {
    address: SocketAddr,
    access: Access,
}

/// An admin port that listens.
pub(super) struct Door {
    listener: TcpListener,
    address: SocketAddr,
    access: Access,
}

impl Planned {
    /// An admin port there, if anywhere.
    ///
    /// # Errors
    /// When nobody would be guarded by what guards it.
    pub(super) fn new(address: Option<SocketAddr>, guard: &Guard) -> Result<Option<Self>, WrongAccess> {
        let guard = admin::Guard {
            token: guard.admin_token.clone(),
            token_sha256: guard.admin_token_sha256.clone(),
            hosts: guard.admin_host.clone(),
        };
        address.map(|address| Ok(Self { address, access: Access::new(address, guard)? })).transpose()
    }

    /// Listens.
    ///
    /// # Errors
    /// When the address is taken, or not this machine's.
    pub(super) fn open(self) -> Result<Door, Box<dyn Error>> {
        let Self { address, access } = self;
        let listener = listen::at(address, listen::Named::Admin)?;
        let address = listener.local_addr()?;
        Ok(Door { listener, address, access })
    }
}

impl Door {
    /// Warns of what its operator may not have meant.
    pub(super) fn warn(&self) {
        if self.access.is_closed() {
            tracing::warn!(
                address = %self.address,
                "the admin port is off loopback and has no token: all but health and metrics is closed (--admin-token)"
            );
        }
    }

    /// Serves until it is dropped.
    pub(super) async fn run(self, app: Arc<App>, complaints: Complaints) {
        Admin::new(app, self.access, complaints).run(self.listener).await;
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.address)?;
        if self.access.is_closed() { f.write_str(": health and metrics alone") } else { Ok(()) }
    }
}
