//! What a durable ledger costs: memory, the disk and Redis side by side, 64 keys at once.
//!
//! First through the gateway, as replicas meet it: the real binary, 64 warm connections, an upstream that answers at once;
//! each fresh unsafe key is one request upstream. Then the ledgers alone, which is what the stores add. Printed are keys per
//! second, also as shares of memory's, p50 and p99, and what is synced per key. Redis is left out where there is none.
//!
//! ```text
//! cargo bench -p outcall-tests --bench stores
//! ```

#![expect(clippy::unwrap_used, reason = "a panic is how a benchmark fails")]

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use outcall_gateway::ledger::{
    Claim, Disk, Ledger, Memory, Repeat,
    conformance::parts::{NONE, ask, settlement},
    redis::{Options, Redis as Store, accept_loss},
};
use outcall_tests::{
    gateway::Process,
    redis::Redis,
    replica::{Outcall, Replica, Session},
    upstream::{Act, Script, Upstream},
};

const AT_ONCE: usize = 64;
/// Keys of a ledger alone.
const KEYS: usize = 20_000;
/// Keys through the gateway.
const REQUESTS: usize = 12_000;
const ROOM: u64 = 1 << 30;

/// Redis servers, by how they keep what they acknowledge, and how many keys are enough.
const SERVERS: [(&str, &[&str], bool); 2] = [
    ("redis, appendfsync always", &["--appendonly", "yes", "--appendfsync", "always"], false),
    ("redis, appendonly no", &["--appendonly", "no"], true),
];

#[tokio::main]
async fn main() {
    println!("through the gateway, {REQUESTS} keys, {AT_ONCE} at once");
    let memory = through(&["--store", "memory"], "memory", None).await;
    let folder = Folder::new("gateway");
    through(&["--store", &format!("disk:{}", folder.0.display())], "disk", Some(&memory)).await;
    for (name, arguments, may_forget) in SERVERS {
        let Some((redis, _)) = started(arguments, may_forget).await else { continue };
        let url = redis.url();
        let mut arguments = vec!["--store", &*url];
        arguments.extend(may_forget.then_some("--redis-may-forget"));
        through(&arguments, name, Some(&memory)).await;
    }
    println!("the ledger alone");
    alone("memory", Arc::new(Memory::new(ROOM)), KEYS * 10).await;
    let folder = Folder::new("alone");
    let disk = Arc::new(Disk::open(&folder.0, ROOM).unwrap());
    alone("disk", disk.clone(), KEYS).await;
    println!("disk: {:.3} syncs for a key", disk.syncs() as f64 / KEYS as f64);
    for (name, arguments, may_forget) in SERVERS {
        let Some((_redis, store)) = started(arguments, may_forget).await else { continue };
        alone(name, Arc::new(store), KEYS).await;
    }
}

/// A Redis with these arguments and a ledger in it, if this machine has one.
async fn started(arguments: &[&str], may_forget: bool) -> Option<(Redis, Store)> {
    if std::process::Command::new("redis-server").arg("--version").output().is_err() {
        println!("redis: there is no redis-server here");
        return None;
    }
    let redis = Redis::start_with(arguments).await;
    let address = redis.url().parse().unwrap();
    let store = Store::open(&address, Options { may_forget, ..Options::with_room(ROOM) }).await.unwrap();
    accept_loss(&address, None).await.unwrap();
    Some((redis, store))
}

/// A folder that goes when it is done with.
struct Folder(PathBuf);

impl Folder {
    fn new(what: &str) -> Self {
        Self(std::env::temp_dir().join(format!("outcall-bench-{what}-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Fresh keys and replays through the real gateway, as shares of another store's.
async fn through(arguments: &[&str], name: &str, of: Option<&[Timed; 2]>) -> [Timed; 2] {
    let upstream = Upstream::start(Script::always(Act::json(r#"{"placed":true}"#))).await;
    let config = format!(r#"{{"/order": "{}"}}"#, upstream.url("/v1/order"));
    let arguments = [arguments, &["--log", "warn"]].concat();
    let gateway = Process::start(env!("CARGO_BIN_EXE_gateway-under-test"), &config, &arguments).await;
    let replica = Replica::new(gateway.addr());
    let mut sessions: Vec<Session> = Vec::new();
    for _ in 0..AT_ONCE {
        sessions.push(replica.session().await.unwrap());
    }
    let measured = [sent(&mut sessions).await, sent(&mut sessions).await];
    assert_eq!(upstream.hits(), REQUESTS, "{name}: one request upstream for a key");
    for (index, what) in ["fresh", "replays"].into_iter().enumerate() {
        let share =
            of.map(|of| format!(", {:.0} % of memory's", 100.0 * measured[index].rate / of[index].rate));
        println!("  {name}: {what} {}{}", measured[index], share.unwrap_or_default());
    }
    measured
}

/// Every key once, over connections of their own.
async fn sent(sessions: &mut [Session]) -> Timed {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let workers = sessions.iter_mut().map(async |session| {
        let mut took = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= REQUESTS {
                return took;
            }
            let outcall = Outcall::post("/order").key(&format!("order-{number}")).json(r#"{"amount":1}"#);
            let begun = Instant::now();
            let answer = session.send(&outcall).await.unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            took.push(begun.elapsed());
        }
    });
    Timed::of(join_all(workers).await.concat(), start.elapsed())
}

async fn alone(name: &str, ledger: Arc<dyn Ledger>, keys: usize) {
    let fresh = timed(&ledger, keys, true).await;
    let replays = timed(&ledger, keys, false).await;
    println!("  {name}: fresh {fresh}; replays {replays}");
}

/// A rate per second, p50 and p99.
struct Timed {
    rate: f64,
    p50: Duration,
    p99: Duration,
}

impl Timed {
    fn of(mut took: Vec<Duration>, all: Duration) -> Self {
        took.sort();
        let at = |percent: usize| took[(took.len() - 1) * percent / 100];
        Self { rate: took.len() as f64 / all.as_secs_f64(), p50: at(50), p99: at(99) }
    }
}

impl std::fmt::Display for Timed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0}/s, p50 {:.1?}, p99 {:.1?}", self.rate, self.p50, self.p99)
    }
}

/// As many keys, all fresh or all known.
async fn timed(ledger: &Arc<dyn Ledger>, keys: usize, fresh: bool) -> Timed {
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let workers = (0..AT_ONCE).map(|_| {
        let (ledger, next) = (ledger.clone(), next.clone());
        tokio::spawn(async move {
            let mut took = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= keys {
                    return took;
                }
                let request = ask(&number.to_string(), "request", Repeat::Never);
                let begun = Instant::now();
                match ledger.claim(&request).await.unwrap() {
                    Claim::Lead(mut lead, _waiter) if fresh => {
                        lead.begin().await.unwrap();
                        lead.settle(settlement(&"x".repeat(500)), NONE).await;
                    }
                    Claim::Replay(_) if !fresh => {}
                    _ => panic!("key {number} is not what it should be"),
                }
                took.push(begun.elapsed());
            }
        })
    });
    let mut took: Vec<Duration> = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        took.extend(worker.await.unwrap());
    }
    Timed::of(took, start.elapsed())
}
