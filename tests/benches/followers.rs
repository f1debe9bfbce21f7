//! How long after the leader's answer do the followers have theirs?
//!
//! The real binary on loopback, one warm connection for each of 13 or 34 replicas, a POST key of its own for every
//! round. The upstream holds its answer until all have asked; then every replica notes when its answer is there.
//! Printed are the delays behind the leader's answer. Run it on an idle machine:
//!
//! ```text
//! cargo bench -p outcall-tests --bench followers
//! ```

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has no result")]

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use outcall_tests::{
    gate::Gate,
    gateway::Process,
    replica::{Answer, Outcall, Replica, Session, agreed},
    upstream::{Act, Script, Upstream},
};

const ROUNDS: usize = 200;
/// Time for the followers' requests to be read before the upstream answers.
const SETTLE: Duration = Duration::from_millis(20);
/// What the gateway promises of the median.
const PROMISED: Duration = Duration::from_millis(2);

#[tokio::main]
async fn main() {
    println!("delay of the followers behind the leader's answer, {ROUNDS} rounds each");
    for replicas in [13, 34] {
        let mut delays = Vec::new();
        let mut rounds = Rounds::start(replicas).await;
        for round in 0..ROUNDS {
            delays.extend(rounds.play(round).await);
        }
        delays.sort();
        let at = |share: f64| delays[((delays.len() - 1) as f64 * share) as usize];
        let verdict = if at(0.5) <= PROMISED { "within" } else { "ABOVE" };
        println!(
            "{replicas} replicas: median {:?}, p90 {:?}, p99 {:?}, max {:?}: {verdict} the promised {PROMISED:?}",
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0)
        );
    }
}

struct Rounds {
    sessions: Vec<Session>,
    gates: std::sync::Arc<std::sync::Mutex<Gate>>,
    _upstream: Upstream,
    _gateway: Process,
}

impl Rounds {
    async fn start(replicas: usize) -> Self {
        let gates = std::sync::Arc::new(std::sync::Mutex::new(Gate::open()));
        let of_round = gates.clone();
        let script = Script::each(move |_| Act::Varying.held_at(&of_round.lock().unwrap().clone()));
        let upstream = Upstream::start(script).await;
        let config = format!(r#"{{"/order": "{}"}}"#, upstream.url("/v1/order"));
        let binary = env!("CARGO_BIN_EXE_gateway-under-test");
        let gateway = Process::start(binary, &config, &["--log", "warn"]).await;
        let replica = Replica::new(gateway.addr());
        let sessions = join_all((0..replicas).map(|_| replica.session())).await;
        let sessions = sessions.into_iter().collect::<Result<_, _>>().unwrap();
        Self { sessions, gates, _upstream: upstream, _gateway: gateway }
    }

    /// One key: how long after the leader each follower had its answer.
    async fn play(&mut self, round: usize) -> Vec<Duration> {
        let gate = Gate::new();
        *self.gates.lock().unwrap() = gate.clone();
        let outcall = Outcall::new("POST", "/order").key(&format!("round-{round}")).json("{}");
        let (head, body) = outcall.encode("gateway");
        let request = [head, body].concat();
        self.sessions[0].write_bytes(&request).await.unwrap();
        gate.reached().await;
        for session in &mut self.sessions[1..] {
            session.write_bytes(&request).await.unwrap();
        }
        tokio::time::sleep(SETTLE).await;
        let reading = self.sessions.iter_mut().map(|session| async {
            let answer = session.answer(&outcall).await.unwrap();
            (answer, Instant::now())
        });
        let (read, ()) = tokio::join!(join_all(reading), async { gate.release() });
        let answers: Vec<Answer> = read.iter().map(|(answer, _)| answer.clone()).collect();
        agreed(&answers);
        read[1..].iter().map(|(_, at)| at.saturating_duration_since(read[0].1)).collect()
    }
}
