//! How a connection to Redis is opened: the only file that knows what is at its other end.

use ::redis::{
    AsyncConnectionConfig, Client, RedisError,
    aio::{MultiplexedConnection, PubSub},
};

use super::Address;

/// The way to a server.
#[derive(Clone)]
#[cfg_attr(test, expect(clippy::large_enum_variant, reason = "a process has a few"))]
pub(crate) enum Dial {
    /// A server on the network.
    Network(Client),
    /// One that is played in this process.
    #[cfg(test)]
    Played(played::Played),
}

impl Dial {
    pub(super) fn to(address: &Address) -> Result<Self, RedisError> {
        Client::open(address.info().clone()).map(Self::Network)
    }

    /// A connection for commands of many.
    pub(super) async fn multiplexed(
        &self,
        config: AsyncConnectionConfig,
    ) -> Result<MultiplexedConnection, RedisError> {
        match self {
            Self::Network(client) => client.get_multiplexed_async_connection_with_config(&config).await,
            #[cfg(test)]
            Self::Played(played) => played.multiplexed(config).await,
        }
    }

    /// A connection that listens.
    pub(super) async fn pubsub(&self) -> Result<PubSub, RedisError> {
        match self {
            Self::Network(client) => client.get_async_pubsub().await,
            #[cfg(test)]
            Self::Played(played) => played.pubsub().await,
        }
    }
}

#[cfg(test)]
pub(crate) mod played {
    //! Connections to a server that is played: the client library is the real one, the wire is not.

    use std::{io, sync::Arc};

    use ::redis::RedisConnectionInfo;
    use tokio::io::DuplexStream;

    use super::*;
    use crate::ledger::BoxFuture;

    /// Opens a wire to the server, or fails as a network does.
    pub(crate) type Open = dyn Fn() -> BoxFuture<'static, io::Result<DuplexStream>> + Send + Sync;

    /// The way to a server that is played.
    #[derive(Clone)]
    pub(crate) struct Played(pub(crate) Arc<Open>);

    impl Played {
        pub(super) async fn multiplexed(
            &self,
            config: AsyncConnectionConfig,
        ) -> Result<MultiplexedConnection, RedisError> {
            let info = RedisConnectionInfo::default();
            let (connection, driver) =
                MultiplexedConnection::new_with_config(&info, (self.0)().await?, config).await?;
            // It ends with its last handle, as the library's own does.
            tokio::spawn(driver);
            Ok(connection)
        }

        pub(super) async fn pubsub(&self) -> Result<PubSub, RedisError> {
            PubSub::new(&RedisConnectionInfo::default(), (self.0)().await?).await
        }
    }
}
