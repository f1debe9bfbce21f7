//! What a ledger in Redis costs beside one in memory: fresh unsafe keys per second and replays per second, each with 64 at
//! once, and how long one takes. `cargo bench -p outcall-tests --bench redis`; needs a `redis-server`.

#![expect(clippy::unwrap_used, reason = "a panic is how a benchmark fails")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use outcall_gateway::ledger::{
    Claim, Ledger, Memory, Repeat,
    conformance::parts::{NONE, ask, settlement},
    redis::{Options, Redis as Store, accept_loss},
};
use outcall_tests::redis::Redis;

const AT_ONCE: usize = 64;
const KEYS: usize = 20_000;
const ROOM: u64 = 1 << 30;

#[tokio::main]
async fn main() {
    measure("memory", Arc::new(Memory::new(ROOM)), KEYS * 10).await;
    for (name, arguments, may_forget) in [
        ("redis, appendfsync always", &["--appendonly", "yes", "--appendfsync", "always"][..], false),
        (
            "redis, appendfsync everysec and WAITAOF",
            &["--appendonly", "yes", "--appendfsync", "everysec"],
            false,
        ),
        ("redis, appendonly no", &["--appendonly", "no"], true),
    ] {
        let redis = Redis::start_with(arguments).await;
        let address = redis.url().parse().unwrap();
        let options = Options { may_forget, ..Options::with_room(ROOM) };
        let Ok(store) = Store::open(&address, options).await else {
            println!("{name}: not with this server");
            continue;
        };
        accept_loss(&address, None).await.unwrap();
        // Where each sync takes up to a second, fewer keys are enough.
        let keys = if name.contains("WAITAOF") { AT_ONCE * 10 } else { KEYS };
        measure(name, Arc::new(store), keys).await;
    }
}

async fn measure(name: &str, ledger: Arc<dyn Ledger>, keys: usize) {
    let fresh = timed(&ledger, keys, true).await;
    let replays = timed(&ledger, keys, false).await;
    println!("{name}: fresh {fresh}; replays {replays}");
}

/// The rate, p50 and p99 of as many keys, all fresh or all known.
async fn timed(ledger: &Arc<dyn Ledger>, keys: usize, fresh: bool) -> String {
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
    took.sort();
    let rate = took.len() as f64 / start.elapsed().as_secs_f64();
    format!("{rate:.0}/s, p50 {:?}, p99 {:?}", took[took.len() / 2], took[took.len() * 99 / 100])
}
