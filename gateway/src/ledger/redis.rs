//! The ledger of many gateways: Redis or Valkey.
//!
//! Every change of a key is a script (`redis/*.lua`), so it happens at once and by Redis' own time. Whoever leads holds
//! the claim by a *token*, under a *lease* that his gateway renews while the call lives. A script changes a claim only for
//! the token that it holds: a leader whose token is not there any more is *fenced*, and can only read what took its place.
//!
//! | key in Redis | claim by the same request | its leader, by its token | when `due` is over | anybody else |
//! |---|---|---|---|---|
//! | absent | claimed (unsafe: only in a known epoch) | fenced | | |
//! | claimed, due at the end of its lease | follow | renew: a new lease; settle: settled; lose: as if the lease were over; release (nothing was sent): as before the claim | unsafe: settled as *unknown*, for its terms' `ttl`; otherwise lost | look: wait |
//! | settled, due when it expires | replay | fenced; its own answer is recognised | absent | look: the record; forget: absent |
//! | lost, due when nobody remembers it | claimed *again*; upstream-idempotent under another configuration: settled as *unknown* | fenced | absent | look: claim again |
//!
//! Time acts when somebody looks: any claim or look at the key, and the sweep that every gateway runs. A leader whose
//! lease is over and whom nobody has missed yet may still settle; after that it is fenced, and an *unknown* is final.
//! What a fenced leader's own waiters get is what stands in Redis: the record; or they wait for the new leader; or, when
//! it is lost and safe to repeat, one of them leads again.
//!
//! In this process the replicas of a key meet at one entry (`redis/local.rs`), which asks Redis once:
//!
//! | entry | begins | ends |
//! |---|---|---|
//! | asking | the first request, which asks in a task of the store's own | open, or gone: those who came meanwhile are told the same, or one of them asks |
//! | open, led here | the claim is this process's | settled, lost, withdrawn; or fenced: it goes on as led elsewhere |
//! | open, led elsewhere | the claim is another's | woken by Redis (publish) or by the clock, it looks: everybody is told |
//! | owed | the answer could not be written in time: everybody is told *unknown* | that was written over an unsettled claim, or the answer had landed after all |
//!
//! Records that were read or written here are at hand (`ledger/hot.rs`) and replayed without a word to Redis, also while
//! it is away.
//!
//! No failure of Redis makes a claim: what could not be asked is refused, what could not be confirmed is not sent. A claim
//! whose acknowledgement was lost is asked for again under the same token, or released.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ::redis::RedisError;
use outcall_protocol::digest::Digest;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

mod address;
mod assured;
mod claim;
pub(crate) mod dial;
mod durable;
mod follow;
mod lead;
mod link;
mod local;
mod operator;
mod reply;
mod script;
mod seen;
mod server;
mod upkeep;

pub use address::{Address, NoAddress};
pub use server::Durability;

use super::{Ask, BoxFuture, Claim, Ledger, Occupancy, Standing, Timestamp, Unavailable, hot::Hot};
use crate::limits;
use dial::Dial;
use durable::Durable;
use link::{Failure, Link};
use local::Locals;
use reply::{Reply, Verdict};
use script::{Call, Token};
use seen::Seen;
use server::Demands;

/// The name under which a ledger is kept, unless a test says otherwise. The braces keep all of it together where keys
/// are spread.
const NAME: &str = "{outcall}";

/// How a ledger is kept in Redis.
#[derive(Clone, Debug)]
pub struct Options {
    /// What all keys of this ledger begin with.
    pub name: String,
    /// Room for records and claims, in bytes, of all gateways together.
    pub room_bytes: u64,
    /// How long a claim outlives the last sign of its gateway.
    pub lease: Duration,
    /// How long a claim elsewhere is waited for without a look, should the word of its end be lost.
    pub recheck: Duration,
    /// Records that are kept at hand, in bytes, so that replays do not ask Redis.
    pub hot_bytes: u64,
    /// Whether a server is accepted that may lose claims when it crashes.
    pub may_forget: bool,
}

impl Options {
    /// The usual ones, for a ledger with room for this many bytes.
    pub fn with_room(room_bytes: u64) -> Self {
        let (lease, recheck) = (limits::REDIS_LEASE, limits::REDIS_RECHECK);
        let hot_bytes = limits::HOT_BYTES;
        Self { name: NAME.to_owned(), room_bytes, lease, recheck, hot_bytes, may_forget: false }
    }
}

/// Why there is no ledger in this Redis. Says nothing of the address, which may hold secrets.
#[derive(Debug, thiserror::Error)]
#[error("the ledger in Redis cannot be used: {0}")]
pub struct Unusable(Failure);

impl From<RedisError> for Unusable {
    fn from(error: RedisError) -> Self {
        Self(error.into())
    }
}

/// The Redis store. Dropped, it renews no lease any more.
pub struct Redis {
    inner: Arc<Inner>,
    _upkeep: JoinSet<()>,
}

struct Inner {
    options: Options,
    dial: Dial,
    link: Link,
    durable: Durable,
    seen: Seen,
    locals: Arc<Locals>,
    hot: Hot,
    tokens: Tokens,
    /// What is on its way to Redis though nobody waits for it any more.
    owed: TaskTracker,
}

impl Redis {
    /// The ledger at this address.
    ///
    /// # Errors
    /// When the server cannot be reached, or would break what the ledger promises.
    pub async fn open(address: &Address, options: Options) -> Result<Self, Unusable> {
        Self::open_over(Dial::to(address)?, options).await
    }

    /// The ledger at the other end of this way.
    pub(crate) async fn open_over(dial: Dial, options: Options) -> Result<Self, Unusable> {
        let demands = Demands { may_forget: options.may_forget };
        let link = Link::new(dial.clone(), demands, limits::REDIS_RESPONSE_TIMEOUT);
        link.connection().await.map_err(Unusable)?;
        let patience = limits::REDIS_RESPONSE_TIMEOUT + limits::REDIS_DURABLE_TIMEOUT;
        let (durable, syncing) = Durable::over(Link::new(dial.clone(), demands, patience));
        let (seen, locals, hot) = (Seen::nothing(), Arc::default(), Hot::new(options.hot_bytes));
        let tokens = Tokens::new();
        let owed = TaskTracker::new();
        let inner = Arc::new(Inner { options, dial, link, durable, seen, locals, hot, tokens, owed });
        inner.run(&script::sweep(&inner.options)).await.map_err(Unusable)?;
        upkeep::try_channel(&inner).await.map_err(Unusable)?;
        let mut upkeep = JoinSet::new();
        upkeep.spawn(syncing);
        upkeep.spawn(upkeep::renew(inner.clone()));
        upkeep.spawn(upkeep::sweep(inner.clone()));
        upkeep.spawn(upkeep::listen(inner.clone()));
        Ok(Self { inner, _upkeep: upkeep })
    }

    /// How the server keeps what it has acknowledged.
    pub fn durability(&self) -> Durability {
        self.inner.link.durability().unwrap_or(Durability::Volatile)
    }

    /// Returns when nothing is on its way to Redis any more of what leaders have left to the store.
    pub async fn quiet(&self) {
        self.inner.owed.close();
        self.inner.owed.wait().await;
        self.inner.owed.reopen();
    }

    /// Whether requests that must not be repeated may be led: the server has an epoch, that an operator began.
    pub fn is_trusted(&self) -> bool {
        !self.inner.seen.epoch().id.is_empty()
    }
}

/// Begins a new epoch: requests that must not be repeated are led from now on, on a server that is new, or that has lost
/// records and with them the memory of what was sent.
///
/// # Errors
/// When the server cannot be reached.
pub async fn accept_loss(address: &Address, name: Option<&str>) -> Result<(), Unusable> {
    accept_loss_over(Dial::to(address)?, name.unwrap_or(NAME)).await
}

/// As [`accept_loss`], for the server at the other end of this way.
pub(crate) async fn accept_loss_over(dial: Dial, name: &str) -> Result<(), Unusable> {
    let link = Link::new(dial, Demands { may_forget: true }, limits::REDIS_RESPONSE_TIMEOUT);
    link.call(&script::accept_loss(name, fastrand::u64(..))).await.map_err(Unusable)?;
    Ok(())
}

impl Ledger for Redis {
    fn claim<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Claim, Unavailable>> {
        Box::pin(self.inner.claim(ask))
    }

    fn now(&self) -> Timestamp {
        self.inner.seen.now()
    }

    fn occupancy(&self) -> Occupancy {
        self.inner.seen.occupancy()
    }

    fn look<'a>(&'a self, id: &'a Digest) -> BoxFuture<'a, Result<Standing, Unavailable>> {
        Box::pin(self.inner.look(*id))
    }

    fn forget<'a>(&'a self, id: &'a Digest) -> BoxFuture<'a, Result<Standing, Unavailable>> {
        Box::pin(self.inner.forget(*id))
    }

    fn is_reachable(&self) -> bool {
        self.inner.link.works()
    }
}

impl Inner {
    /// Calls a script, and takes note of what it says beside its verdict.
    async fn run(&self, call: &Call) -> Result<Verdict, Failure> {
        let value = self.link.call(call).await?;
        self.hear(value, !self.must_be_waited_for())
    }

    /// As [`Inner::run`], and what the script did is on stable storage when this returns.
    async fn run_durably(&self, call: &Call) -> Result<Verdict, Failure> {
        if !self.must_be_waited_for() {
            return self.run(call).await;
        }
        let value = self.durable.call(call.clone()).await?;
        self.hear(value, true)
    }

    /// Whether the server acknowledges what it has not synced yet, and can say when it has.
    fn must_be_waited_for(&self) -> bool {
        self.link.durability() == Some(Durability::Waited)
    }

    /// Takes note of a reply; `durable` when all that it tells of is on stable storage.
    fn hear(&self, value: ::redis::Value, durable: bool) -> Result<Verdict, Failure> {
        let reply = Reply::read(value).ok_or(Failure::Gibberish)?;
        self.seen.hear(&reply, durable);
        Ok(reply.verdict)
    }
}

/// Gives every claim a token that no other has.
struct Tokens {
    process: u128,
    given: AtomicU64,
}

impl Tokens {
    fn new() -> Self {
        Self { process: fastrand::u128(..), given: AtomicU64::new(0) }
    }

    fn next(&self) -> Token {
        Token(format!("{:032x}-{}", self.process, self.given.fetch_add(1, Ordering::Relaxed)))
    }
}
