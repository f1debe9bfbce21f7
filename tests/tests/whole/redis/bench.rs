//! Stores on one Redis, how their time passes, and how they fail.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use outcall_gateway::ledger::{
    Ledger,
    conformance::{Bench, Failing},
    redis::{Options, Redis as Store, accept_loss},
};
use outcall_tests::redis::Redis;

/// Lets time pass for every key: what is dated moves into the past. Leases do not, since they would be renewed.
const PASS: &str = "
    for _, id in ipairs(redis.call('ZRANGE', '{outcall}:due', 0, -1)) do
        local key = '{outcall}:key:' .. id
        local fields = { 'settled', 'again', 'due' }
        if redis.call('HGET', key, 'state') == 'claimed' then
            table.remove(fields)
        else
            redis.call('ZINCRBY', '{outcall}:due', -ARGV[1], id)
        end
        for _, field in ipairs(fields) do
            if (redis.call('HGET', key, field) or '0') ~= '0' then
                redis.call('HINCRBY', key, field, -ARGV[1])
            end
        end
    end";

/// The leases of all claims are over.
const LAPSE: &str = "
    for _, id in ipairs(redis.call('ZRANGE', '{outcall}:due', 0, -1)) do
        if redis.call('HGET', '{outcall}:key:' .. id, 'state') == 'claimed' then
            redis.call('HSET', '{outcall}:key:' .. id, 'due', 0)
            redis.call('ZADD', '{outcall}:due', 0, id)
        end
    end";

/// A lease that no test outlives, but by [`lapse`].
pub(super) const LEASE: Duration = Duration::from_secs(600);

/// The usual options, but that nothing happens by the clock while a test looks on, and that every answer is Redis'.
pub(super) fn options() -> Options {
    Options { lease: LEASE, recheck: LEASE, hot_bytes: 0, ..Options::with_room(1 << 20) }
}

/// A store on this server.
pub(super) async fn store(redis: &Redis, options: Options) -> Store {
    let address = redis.url().parse().unwrap();
    Store::open(&address, options).await.unwrap_or_else(|error| panic!("{error}"))
}

/// A server on which unsafe requests may be led.
pub(crate) async fn server() -> Redis {
    let redis = Redis::start().await;
    accept(&redis).await;
    redis
}

/// What the operator's command does.
pub(super) async fn accept(redis: &Redis) {
    let address = redis.url().parse().unwrap();
    accept_loss(&address, None).await.unwrap_or_else(|error| panic!("{error}"));
}

/// Time passes for every key.
pub(super) fn pass(redis: &Redis, time: Duration) {
    let millis = time.as_millis().to_string();
    let () = redis.ask(&["EVAL", PASS, "0", &millis]);
}

/// The leases of all claims are over; nobody has noticed yet.
pub(super) fn lapse(redis: &Redis) {
    let () = redis.ask(&["EVAL", LAPSE, "0"]);
}

/// The store under the suite that every store passes.
pub(super) struct RedisBench {
    redis: Redis,
    store: Store,
    options: Options,
    fails: AtomicBool,
    /// Whether failing writes arrive all the same.
    lands: AtomicBool,
}

impl Bench for RedisBench {
    const OUTLIVES_ITS_PROCESS: bool = true;
    const CLAIMS_AT_ONCE: bool = true;
    // Its clock goes on between two steps of a test.
    const TICK: Duration = Duration::from_secs(60);

    async fn open(room_bytes: u64) -> Self {
        let redis = server().await;
        let options = Options { room_bytes, ..options() };
        let store = store(&redis, options.clone()).await;
        Self { redis, store, options, fails: AtomicBool::new(false), lands: AtomicBool::new(false) }
    }

    fn ledger(&self) -> &dyn Ledger {
        &self.store
    }

    async fn pass(&self, time: Duration) {
        pass(&self.redis, time);
    }

    async fn quiet(&self) {
        if !self.fails.load(Ordering::Relaxed) {
            self.store.quiet().await;
        }
    }

    async fn crash(self) -> Self {
        drop(self.store);
        self.fails.store(false, Ordering::Relaxed);
        self.redis.wire().mend();
        let () = self.redis.ask(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
        lapse(&self.redis);
        let store = store(&self.redis, self.options.clone()).await;
        Self { store, ..self }
    }

    fn fail(&self, how: Failing) {
        match how {
            Failing::Lost => self.may_write(false),
            Failing::Landed => self.redis.wire().swallow_replies(),
        }
        self.fails.store(true, Ordering::Relaxed);
        self.lands.store(how == Failing::Landed, Ordering::Relaxed);
    }

    async fn write_failed(&self) {
        if self.lands.load(Ordering::Relaxed) {
            return self.redis.wire().failed().await;
        }
        let failed = || self.redis.ask::<String>(&["INFO", "errorstats"]).contains("errorstat_NOREPLICAS");
        while !failed() {
            tokio::task::yield_now().await;
        }
    }

    async fn heal(&self) {
        self.may_write(true);
        self.redis.wire().mend();
        self.fails.store(false, Ordering::Relaxed);
        self.store.quiet().await;
    }
}

impl RedisBench {
    /// A server that wants a replica, and has none, answers and writes nothing.
    fn may_write(&self, it_may: bool) {
        let replicas = if it_may { "0" } else { "1" };
        let () = self.redis.ask(&["CONFIG", "SET", "min-replicas-to-write", replicas]);
        let () = self.redis.ask(&["CONFIG", "RESETSTAT"]);
    }
}

/// The same under random histories, of which each waits for the store between its steps. They know nothing of claims that
/// are in the store at once, so they hold no crash and no failing write.
pub(super) struct Afresh(RedisBench);

impl Bench for Afresh {
    const OUTLIVES_ITS_PROCESS: bool = false;

    async fn open(room_bytes: u64) -> Self {
        Self(RedisBench::open(room_bytes).await)
    }

    fn ledger(&self) -> &dyn Ledger {
        self.0.ledger()
    }

    async fn pass(&self, time: Duration) {
        self.0.pass(time).await;
    }

    async fn crash(self) -> Self {
        panic!("not asked of it")
    }

    fn fail(&self, _: Failing) {
        panic!("not asked of it")
    }

    async fn write_failed(&self) {
        panic!("not asked of it")
    }

    async fn heal(&self) {
        panic!("not asked of it")
    }
}
