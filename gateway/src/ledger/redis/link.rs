//! One multiplexed connection to Redis, renewed when it breaks.
//!
//! Every command has a limit of time, and one that runs out of it takes the connection along: a peer that has vanished
//! without a word must not swallow command after command. After an attempt to connect that failed, all are told so
//! without another attempt for a moment, so that nobody waits in line for a server that is away.

use std::{
    sync::{
        PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ::redis::{
    AsyncConnectionConfig, ErrorKind, RedisError, ScriptInvocation, ServerErrorKind, Value,
    aio::MultiplexedConnection, cmd,
};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};

use super::{
    dial::Dial,
    script,
    server::{self, Demands, Durability, Unfit},
};
use crate::limits;

/// The way to a server that keeps what a ledger needs.
pub(super) struct Link {
    dial: Dial,
    demands: Demands,
    response_timeout: Duration,
    state: Mutex<State>,
    /// As the latest connection has found it.
    durability: std::sync::Mutex<Option<Durability>>,
    /// Whether there is a connection, as far as anybody has tried.
    works: AtomicBool,
}

#[derive(Default)]
struct State {
    connection: Option<(u64, MultiplexedConnection)>,
    /// Connections made so far.
    made: u64,
    failed: Option<(Instant, Failure)>,
}

/// Why Redis could not be asked.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Command(#[from] RedisError),
    #[error("{0}")]
    Unfit(#[from] Unfit),
    #[error("it has not connected within {:?}", limits::REDIS_CONNECT_TIMEOUT)]
    Connecting,
    #[error("it said what no version of this gateway expects")]
    Gibberish,
    #[error("{0} copies are on stable storage, expected its own")]
    Volatile(u64),
}

impl Failure {
    /// Whether it may be over in a moment: the server restarts, or the connection broke.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Command(error) => {
                error.is_io_error() || error.kind() == ErrorKind::Server(ServerErrorKind::BusyLoading)
            }
            Self::Connecting => true,
            Self::Unfit(_) | Self::Gibberish | Self::Volatile(_) => false,
        }
    }
}

impl Link {
    /// A way to this server, not yet gone.
    pub(super) fn new(dial: Dial, demands: Demands, response_timeout: Duration) -> Self {
        let (state, durability, works) = (Mutex::default(), Default::default(), AtomicBool::new(false));
        Self { dial, demands, response_timeout, state, durability, works }
    }

    /// Calls a script.
    pub(super) async fn call(&self, call: &ScriptInvocation<'_>) -> Result<Value, Failure> {
        let (number, mut connection) = self.connection().await?;
        let said = call.invoke_async(&mut connection).await;
        self.judge(number, said).await
    }

    /// The connection that works, or a new one, and its number.
    pub(super) async fn connection(&self) -> Result<(u64, MultiplexedConnection), Failure> {
        let mut state = self.state.lock().await;
        if let Some((number, connection)) = &state.connection {
            return Ok((*number, connection.clone()));
        }
        if let Some((_, failure)) = state.failed.as_ref().filter(|(at, _)| at.elapsed() < limits::REDIS_PAUSE)
        {
            return Err(failure.clone());
        }
        match self.connect().await {
            Ok(connection) => {
                state.made += 1;
                let number = state.made;
                state.connection = Some((number, connection.clone()));
                self.works.store(true, Ordering::Relaxed);
                if state.failed.take().is_some() {
                    tracing::info!("Redis can be used again");
                }
                Ok((number, connection))
            }
            Err(failure) => {
                // Said once for an outage; the first connection's failure is said by whoever starts.
                if state.made > 0 && state.failed.is_none() {
                    tracing::error!(cause = %failure, "Redis cannot be used");
                }
                state.failed = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }

    /// Has a connection that works for whoever comes next, if there has been one at all.
    pub(super) async fn keep(&self) {
        if self.state.lock().await.made == 0 {
            return;
        }
        if let Ok((number, mut connection)) = self.connection().await {
            let said = cmd("PING").query_async::<Value>(&mut connection).await;
            if self.judge(number, said).await.is_err() {
                let _ = self.connection().await;
            }
        }
    }

    /// Whether there is a connection, as far as anybody has tried.
    pub(super) fn works(&self) -> bool {
        self.works.load(Ordering::Relaxed)
    }

    /// How the server keeps what it acknowledges, as it last said.
    pub(super) fn durability(&self) -> Option<Durability> {
        *self.durability.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the connection up when it has failed, or when its server must not be written any more.
    pub(super) async fn judge<T>(&self, number: u64, said: Result<T, RedisError>) -> Result<T, Failure> {
        if let Err(error) = &said
            && (error.is_io_error() || error.is_unrecoverable_error() || error.code() == Some("READONLY"))
        {
            let mut state: MutexGuard<'_, State> = self.state.lock().await;
            if state.connection.as_ref().is_some_and(|(current, _)| *current == number) {
                tracing::warn!(cause = %error, "the connection to Redis is given up");
                state.connection = None;
                self.works.store(false, Ordering::Relaxed);
            }
        }
        Ok(said?)
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Failure> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(limits::REDIS_CONNECT_TIMEOUT))
            .set_response_timeout(Some(self.response_timeout));
        let connecting = async {
            let mut connection = self.dial.multiplexed(config).await?;
            let found = server::inspect(&mut connection, self.demands).await?;
            script::load(&connection).await?;
            *self.durability.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
            Ok(connection)
        };
        tokio::time::timeout(limits::REDIS_CONNECT_TIMEOUT, connecting)
            .await
            .unwrap_or(Err(Failure::Connecting))
    }
}
