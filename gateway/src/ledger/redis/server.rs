//! Whether a Redis or Valkey server keeps what a ledger needs: asked on every new connection, since a server may come
//! back with another configuration, or as another server.

use std::{collections::HashMap, fmt};

use ::redis::{InfoDict, RedisError, Value, aio::MultiplexedConnection, cmd};

use super::link::Failure;

/// The oldest major version whose scripts can say what they need.
const VERSION_MIN: u64 = 7;

/// What an operator insists on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demands {
    /// Whether claims may be lost when the server crashes.
    pub(super) may_forget: bool,
}

/// How a server keeps what it has acknowledged through a crash of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// `appendfsync always`: what is acknowledged is on stable storage.
    Always,
    /// `WAITAOF`: it says when what was acknowledged is on stable storage.
    Waited,
    /// It may lose the latest second, or all.
    Volatile,
}

/// Why a server cannot hold a ledger.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("found version {0}, expected Redis {VERSION_MIN} or later, or Valkey")]
    Old(String),
    #[error("found a replica, expected the primary")]
    Replica,
    #[error("found a cluster, expected one primary")]
    Cluster,
    #[error(
        "found maxmemory-policy {0}, expected noeviction: a record that is evicted is a request that is sent again"
    )]
    Evicting(String),
    #[error(
        "it may forget claims when it crashes, and their requests would be sent again: expected appendonly yes, and \
         appendfsync always with no-appendfsync-on-rewrite no, or a server that knows WAITAOF (7.2 or later); \
         --redis-may-forget serves all the same"
    )]
    Forgetful,
}

/// Asks a server what it is, and refuses one that would break the ledger's promises.
pub(super) async fn inspect(
    connection: &mut MultiplexedConnection,
    demands: Demands,
) -> Result<Durability, Failure> {
    let info: InfoDict = cmd("INFO").query_async(connection).await?;
    let told = |name: &str| info.get::<String>(name).unwrap_or_default();
    let version = told("redis_version");
    let major = version.split('.').next().and_then(|major| major.parse::<u64>().ok());
    if major.is_none_or(|major| major < VERSION_MIN) {
        return Err(Unfit::Old(version).into());
    }
    if told("role") != "master" {
        return Err(Unfit::Replica.into());
    }
    // Valkey calls its mode by another name than Redis; this both say.
    if told("cluster_enabled") == "1" {
        return Err(Unfit::Cluster.into());
    }
    let policy = told("maxmemory_policy");
    if policy != "noeviction" {
        return Err(Unfit::Evicting(policy).into());
    }
    let durability = match &*told("aof_enabled") {
        "1" if syncs_always(connection).await? => Durability::Always,
        "1" if knows_waitaof(connection).await? => Durability::Waited,
        _ => Durability::Volatile,
    };
    if durability == Durability::Volatile && !demands.may_forget {
        return Err(Unfit::Forgetful.into());
    }
    Ok(durability)
}

/// Also while it rewrites its log, when a server may be told to spare the disk. One that does not say so, as hosted ones
/// may not, is taken for one that does not.
async fn syncs_always(connection: &mut MultiplexedConnection) -> Result<bool, RedisError> {
    let wanted = [("appendfsync", "always"), ("no-appendfsync-on-rewrite", "no")];
    let said: Result<HashMap<String, String>, RedisError> =
        cmd("CONFIG").arg("GET").arg(&wanted.map(|(name, _)| name)).query_async(connection).await;
    match said {
        Ok(said) => Ok(wanted.iter().all(|(name, value)| said.get(*name).is_some_and(|said| said == value))),
        Err(error) if error.is_io_error() => Err(error),
        Err(_) => Ok(false),
    }
}

async fn knows_waitaof(connection: &mut MultiplexedConnection) -> Result<bool, RedisError> {
    let said: Vec<Value> = cmd("COMMAND").arg("INFO").arg("WAITAOF").query_async(connection).await?;
    Ok(matches!(said.first(), Some(Value::Array(known)) if !known.is_empty()))
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Always => "it syncs every write (appendfsync always)",
            Self::Waited => "unsafe claims and their answers wait until it has synced them (WAITAOF)",
            Self::Volatile => "it may forget claims when it crashes, and a repeated POST would be sent again",
        })
    }
}
