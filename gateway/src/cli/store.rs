//! Where claims and answers are kept: what `--store` names, how it is opened, and what is said of it.

use std::{error::Error, fmt, process::ExitCode, sync::Arc};

use super::{AcceptLoss, MISUSE};
use crate::{
    config::Config,
    ledger::{
        Ledger, Memory,
        redis::{self, Address, Durability, Options, Redis},
    },
    limits,
};

/// A store, as the command line names it.
pub(super) enum Store {
    Memory,
    Redis(Address),
}

/// A store that is open.
pub(super) struct Opened {
    pub(super) ledger: Arc<dyn Ledger>,
    redis: Option<(Address, Arc<Redis>)>,
}

impl Store {
    /// The store of this name.
    ///
    /// # Errors
    /// With what to say to whoever wrote it; never with what was written, which may hold a password.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        match name {
            "memory" => Ok(Self::Memory),
            address if address.starts_with("redis") => {
                address.parse().map(Self::Redis).map_err(|error| format!("--store: {error}"))
            }
            // What has a colon may be an address with a password.
            name if name.contains(':') => Err("--store: expected memory, redis://… or rediss://…".to_owned()),
            name => Err(format!("--store: found {name:?}, expected memory, redis://… or rediss://…")),
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be reached, or would break what the gateway promises.
    pub(super) async fn open(self, config: &Config, may_forget: bool) -> Result<Opened, Box<dyn Error>> {
        let room_bytes = config.store.room_bytes;
        let address = match self {
            Self::Memory => return Ok(Opened { ledger: Arc::new(Memory::new(room_bytes)), redis: None }),
            Self::Redis(address) => address,
        };
        let options = Options { may_forget, ..Options::with_room(room_bytes) };
        let redis = Redis::open(&address, options).await.map_err(|error| format!("{address}: {error}"))?;
        let redis = Arc::new(redis);
        Ok(Opened { ledger: redis.clone(), redis: Some((address, redis)) })
    }
}

impl Opened {
    /// Warns of what an operator has to know before anything is led.
    pub(super) fn warn(&self) {
        let Some((address, redis)) = &self.redis else { return };
        if redis.durability() == Durability::Volatile {
            tracing::warn!(%address, "{}", Durability::Volatile);
        }
        if !redis.is_trusted() {
            tracing::error!(
                %address,
                "the ledger is new or has lost records: requests that must not be repeated are refused until \
                 `outcall-gateway accept-loss --store …` is run"
            );
        }
    }

    /// Gives what leaders have left to the store a moment to be written.
    pub(super) async fn leave(&self) {
        if let Some((_, redis)) = &self.redis
            && tokio::time::timeout(limits::CLOSE_GRACE, redis.quiet()).await.is_err()
        {
            tracing::warn!("some claims could not be ended in Redis: their leases will run out");
        }
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.redis {
            None => {
                f.write_str("memory: a restart forgets every key, and a repeated POST would be sent again")
            }
            Some((address, redis)) => {
                write!(f, "{address}: shared by all gateways on it; {}", redis.durability())
            }
        }
    }
}

/// `outcall-gateway accept-loss`: an operator has looked at what was lost, or knows that the server is new.
pub(super) fn accept_loss(command: &AcceptLoss) -> ExitCode {
    let address = match Store::named(&command.store) {
        Ok(Store::Redis(address)) => address,
        Ok(Store::Memory) => {
            return misuse("--store: expected redis://… or rediss://…: memory loses all it has");
        }
        Err(message) => return misuse(&message),
    };
    let accepted = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Into::<Box<dyn Error>>::into)
        .and_then(|runtime| runtime.block_on(redis::accept_loss(&address, None)).map_err(Into::into));
    match accepted {
        Ok(()) => {
            println!("{address}: requests that must not be repeated are led from now on");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("outcall-gateway: {address}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn misuse(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(MISUSE)
}
