//! Two real gateways on one Redis, under bursts that are spread over both: while all is well, and while a gateway is
//! killed, Redis restarts, or the wire between them is cut.
//!
//! Whatever happens, a key that must not be repeated reaches the upstream at most once, and nobody sees two different
//! recorded answers for it. `OUTCALL_KILLS` sets how often something happens, `OUTCALL_SEED` when and what.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Write as _},
    time::Duration,
};

use futures_util::future::join_all;
use outcall_tests::{
    gate::Gate,
    gateway::Process,
    redis::Redis,
    replica::{Answer, Outcall, Replica, Subnet, agreed},
    upstream::{Act, Script, Upstream},
};
use tokio::{task::JoinHandle, time::sleep};

use super::bench::server;
use crate::config::route;

const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");
const KEYS_PER_ROUND: usize = 6;

/// Two gateways before one upstream whose every answer differs.
struct Pair {
    redis: Redis,
    upstream: Upstream,
    gateways: [Process; 2],
}

impl Pair {
    async fn start(answers: Script<Act>) -> Self {
        let redis = server().await;
        let upstream = Upstream::start(answers).await;
        let gateways = [gateway(&redis, &upstream).await, gateway(&redis, &upstream).await];
        Self { redis, upstream, gateways }
    }

    /// Thirteen replicas for each of these keys, of which each gateway meets some. They are under way when this returns.
    fn bursts(&self, keys: &[String]) -> JoinHandle<Vec<(String, io::Result<Answer>)>> {
        let [one, other] = [&self.gateways[0], &self.gateways[1]].map(Process::addr);
        let bursts = keys.iter().cloned().map(move |key| async move {
            let (one, other) = (Subnet::new(one, 7), Subnet::new(other, 6));
            let outcall = pay(&key);
            let (answers, others) = tokio::join!(one.try_burst(&outcall), other.try_burst(&outcall));
            answers.into_iter().chain(others).map(|answer| (key.clone(), answer)).collect::<Vec<_>>()
        });
        let bursts = join_all(bursts);
        tokio::spawn(async move { bursts.await.into_iter().flatten().collect() })
    }

    /// How often the upstream was asked under each key.
    fn hits(&self) -> HashMap<String, usize> {
        let mut hits = HashMap::new();
        for seen in self.upstream.requests() {
            *hits.entry(seen.text()).or_default() += 1;
        }
        hits
    }
}

async fn gateway(redis: &Redis, upstream: &Upstream) -> Process {
    let config = route("/pay", &upstream.url("/u"));
    Process::start(BINARY, &config, &["--store", &redis.url(), "--log", "off"]).await
}

/// A payment whose body names its key, so that the upstream can be asked how often it was made.
fn pay(key: &str) -> Outcall {
    Outcall::post("/pay").key(key).body(key)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn bursts_over_two_gateways_are_one_request_and_one_answer_each() {
    let pair = Pair::start(Script::always(Act::Varying)).await;
    for round in 0..10 {
        let keys: Vec<String> = (0..20).map(|key| format!("{round}-{key}")).collect();
        let mut told: BTreeMap<String, Vec<Answer>> = BTreeMap::new();
        for (key, answer) in pair.bursts(&keys).await.unwrap() {
            told.entry(key).or_default().push(answer.unwrap());
        }
        for answers in told.values() {
            assert_eq!((answers.len(), agreed(answers).status), (13, 200));
        }
    }
    let hits = pair.hits();
    assert_eq!(hits.len(), 200);
    assert!(hits.values().all(|hits| *hits == 1), "{hits:?}");
}

/// The control: with a ledger each, two gateways make two payments.
#[tokio::test]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn two_gateways_with_a_ledger_each_pay_twice() {
    let (redis, other) = (server().await, server().await);
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let gateways = [gateway(&redis, &upstream).await, gateway(&other, &upstream).await];
    for gateway in &gateways {
        assert_eq!(Replica::new(gateway.addr()).send(&pay("once")).await.unwrap().status, 200);
    }
    assert_eq!(upstream.hits(), 2);
}

/// What happens while bursts are under way.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    KillGateway,
    RestartRedis,
    CutWire,
}

/// Bursts and mishaps, and then every key once more at both gateways.
async fn survives(mishap: Mishap) {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seed = number("OUTCALL_SEED").unwrap_or_else(|| fastrand::u64(..));
    let rounds = number("OUTCALL_KILLS").unwrap_or(20);
    eprintln!("{mishap:?}, {rounds} times, OUTCALL_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let slow = Act::Delay(Duration::from_millis(20), Box::new(Act::Varying));
    let mut pair = Pair::start(Script::always(slow)).await;
    let (mut keys, mut under_way) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let fresh: Vec<String> = (0..KEYS_PER_ROUND).map(|key| format!("{round}-{key}")).collect();
        under_way.push(pair.bursts(&fresh));
        keys.extend(fresh);
        // No order is asked for: any moment is a test.
        sleep(Duration::from_millis(random.u64(..60))).await;
        match mishap {
            Mishap::KillGateway => {
                let victim = random.usize(..2);
                pair.gateways[victim].signal("KILL").await;
                pair.gateways[victim] = gateway(&pair.redis, &pair.upstream).await;
            }
            Mishap::RestartRedis => {
                pair.redis.kill().await;
                pair.redis.revive().await;
            }
            Mishap::CutWire => pair.redis.wire().cut(),
        }
    }
    let mut told = Vec::new();
    for bursts in under_way {
        told.extend(bursts.await.unwrap());
    }
    let mut once_more = Vec::new();
    // Not all at once: every replica takes a connection.
    for some in keys.chunks(100) {
        told.extend(pair.bursts(some).await.unwrap());
        once_more.extend(pair.bursts(some).await.unwrap());
    }
    // By now everything is recorded, or refused for a while by whoever could not reach Redis.
    let answers = |(key, answer): (String, io::Result<Answer>)| answer.map(|answer| (key, answer));
    let last: Vec<(String, Answer)> = once_more.into_iter().map(|one| answers(one).unwrap()).collect();
    let mut recorded: BTreeMap<&str, &Answer> = BTreeMap::new();
    let told: Vec<(String, Answer)> = told.into_iter().filter_map(|one| answers(one).ok()).collect();
    for (key, answer) in told.iter().chain(&last) {
        if answer.status == 503 {
            assert_eq!(answer.problem()["executed"], "unknown", "{key}: {answer:?}");
            continue;
        }
        let first = *recorded.entry(key).or_insert(answer);
        assert_eq!(answer, first, "two recorded answers for {key}");
    }
    let hits = pair.hits();
    let twice: Vec<_> = hits.iter().filter(|(_, hits)| **hits > 1).collect();
    assert!(twice.is_empty(), "sent more than once: {twice:?}");
    assert!(hits.keys().all(|body| keys.contains(body)), "sent as something else: {hits:?}");
    let count = |status: u16| recorded.values().filter(|answer| answer.status == status).count();
    let (answered, unknown) = (count(200), count(502));
    // Past the capture of passing tests: what was proved is worth a line.
    let _ = writeln!(
        io::stdout(),
        "\n{mishap:?}, {rounds} times: of {} keys {answered} answered, {unknown} unknown, {} sent",
        keys.len(),
        hits.len()
    );
    assert!(answered > 0, "nothing went through");
    assert_eq!(answered + unknown, recorded.len(), "{recorded:?}");
    // Whatever was answered was sent, once.
    assert!(recorded.iter().all(|(key, answer)| answer.status != 200 || hits.contains_key(*key)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_gateway_that_is_killed_under_load_pays_nothing_twice() {
    survives(Mishap::KillGateway).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_redis_that_restarts_under_load_pays_nothing_twice() {
    survives(Mishap::RestartRedis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_wire_that_is_cut_under_load_pays_nothing_twice() {
    survives(Mishap::CutWire).await;
}

/// SIGTERM in the middle of bursts: who asks the gateway that leaves, and who asks the one that stays, get one answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis), ignore = "there is no redis-server")]
async fn a_gateway_that_drains_leaves_one_answer_to_everybody() {
    let gate = Gate::new();
    let pair = Pair::start(Script::always(Act::Varying.held_at(&gate))).await;
    let keys: Vec<String> = (0..10).map(|key| key.to_string()).collect();
    let bursts = pair.bursts(&keys);
    gate.reached_by(keys.len()).await;
    pair.gateways[0].signal("TERM").await;
    gate.release();
    let mut told: BTreeMap<String, Vec<Answer>> = BTreeMap::new();
    for (key, answer) in bursts.await.unwrap() {
        told.entry(key).or_default().push(answer.unwrap());
    }
    for answers in told.values() {
        assert_eq!((answers.len(), agreed(answers).status), (13, 200));
    }
    assert!(pair.hits().values().all(|hits| *hits == 1));
}
