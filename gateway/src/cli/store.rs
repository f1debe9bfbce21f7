//! Where claims and answers are kept: what `--store` names, how it is opened, and what is said of it.

use std::{error::Error, fmt, path::PathBuf, process::ExitCode, sync::Arc};

use super::{AcceptLoss, MISUSE};
use crate::{
    config::Config,
    ledger::{
        Disk, Ledger, Memory,
        redis::{self, Address, Durability, Options, Redis},
    },
    limits,
};

/// The folder of the ledger, unless `--store` names another.
const FOLDER: &str = "outcall-ledger";

/// A store, as the command line names it.
#[derive(Debug)]
pub(super) enum Store {
    Memory,
    Disk(PathBuf),
    Redis(Address),
}

/// A store that is open.
pub(super) struct Opened {
    pub(super) ledger: Arc<dyn Ledger>,
    kind: Kind,
}

enum Kind {
    Memory,
    Disk(PathBuf),
    Redis(Address, Arc<Redis>),
}

impl Store {
    /// The store of this name.
    ///
    /// # Errors
    /// With what to say to whoever wrote it; never with what was written, which may hold a password.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        const EXPECTED: &str = "expected memory, disk, disk:FOLDER, redis://… or rediss://…";
        match name.split_once(':') {
            None if name == "memory" => Ok(Self::Memory),
            None if name == "disk" => Ok(Self::Disk(FOLDER.into())),
            None => Err(format!("--store: found {name:?}, {EXPECTED}")),
            Some(("disk", folder)) if !folder.is_empty() => Ok(Self::Disk(folder.into())),
            Some(("redis" | "rediss", _)) => {
                name.parse().map(Self::Redis).map_err(|error| format!("--store: {error}"))
            }
            // It may be an address with a password.
            Some(_) => Err(format!("--store: {EXPECTED}")),
        }
    }

    /// Whether it is this machine's alone.
    pub(super) fn is_local(&self) -> bool {
        !matches!(self, Self::Redis(_))
    }

    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be reached, or would break what the gateway promises.
    pub(super) async fn open(self, config: &Config, may_forget: bool) -> Result<Opened, Box<dyn Error>> {
        let room_bytes = config.store.room_bytes;
        Ok(match self {
            Self::Memory => Opened { ledger: Arc::new(Memory::new(room_bytes)), kind: Kind::Memory },
            Self::Disk(folder) => {
                Opened { ledger: Arc::new(Disk::open(&folder, room_bytes)?), kind: Kind::Disk(folder) }
            }
            Self::Redis(address) => {
                let options = Options { may_forget, ..Options::with_room(room_bytes) };
                let redis =
                    Redis::open(&address, options).await.map_err(|error| format!("{address}: {error}"))?;
                let redis = Arc::new(redis);
                Opened { ledger: redis.clone(), kind: Kind::Redis(address, redis) }
            }
        })
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::Disk(folder) => write!(f, "disk:{}", folder.display()),
            Self::Redis(address) => write!(f, "{address}"),
        }
    }
}

impl Opened {
    /// Warns of what an operator has to know before anything is led.
    pub(super) fn warn(&self) {
        if matches!(self.kind, Kind::Memory) {
            tracing::warn!(
                "the ledger is in memory: a restart forgets every key, and a repeated POST is sent again"
            );
        }
        let Kind::Redis(address, redis) = &self.kind else { return };
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
        if let Kind::Redis(_, redis) = &self.kind
            && tokio::time::timeout(limits::CLOSE_GRACE, redis.quiet()).await.is_err()
        {
            tracing::warn!("some claims could not be ended in Redis: their leases will run out");
        }
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Memory => {
                f.write_str("memory: a restart forgets every key, and a repeated POST would be sent again")
            }
            Kind::Disk(folder) => write!(f, "disk: {}", folder.display()),
            Kind::Redis(address, redis) => {
                write!(f, "{address}: shared by all gateways on it; {}", redis.durability())
            }
        }
    }
}

/// `outcall-gateway accept-loss`: an operator has looked at what was lost, or knows that the server is new.
pub(super) fn accept_loss(command: &AcceptLoss) -> ExitCode {
    let address = match Store::named(&command.store) {
        Ok(Store::Redis(address)) => address,
        Ok(Store::Memory | Store::Disk(_)) => return misuse("--store: expected redis://… or rediss://…"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_memory_a_folder_or_a_server() {
        for (name, expected) in [
            ("memory", "Memory"),
            ("disk", "Disk(\"outcall-ledger\")"),
            ("disk:/var/lib/a:b", "Disk(\"/var/lib/a:b\")"),
            ("rediss://user:secret@redis.example/3", "Redis(rediss://redis.example:6379/3)"),
        ] {
            assert_eq!(Store::named(name).map(|store| format!("{store:?}")), Ok(expected.to_owned()));
        }
        for wrong in ["", "paper", "disk:", "memory:", "Disk", "redis", "redis:", "http://user:secret@h"] {
            let error = Store::named(wrong).map(|store| format!("{store:?}")).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
