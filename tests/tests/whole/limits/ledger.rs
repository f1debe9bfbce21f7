//! A full ledger: nothing is evicted, nothing new is led, and who was refused stays refused.

use outcall_tests::{
    gate::Gate,
    gateway::Gateway,
    replica::{Outcall, Pending, Replica, Subnet, agreed},
    upstream::{Act, Script, Upstream},
};

use crate::stage::refused;

/// The claims that the smallest room holds: what the configuration guarantees.
const CLAIMS: usize = 200;
const MAX_BYTES: usize = 200;
/// What a record takes beside its answer.
const OVERHEAD: usize = 1_024;

struct Full {
    upstream: Upstream,
    gate: Gate,
    gateway: Gateway,
    waiting: Vec<Pending>,
}

impl Full {
    /// A gateway whose ledger is full of claims in flight.
    async fn start() -> Self {
        let gate = Gate::new();
        let upstream = Upstream::start(Script::always(Act::json("{}").held_at(&gate))).await;
        let config = format!(
            r#"{{"store": {{"room_bytes": {}}}, "/r": {{"upstream": "{}", "response": {{"max_bytes": {MAX_BYTES}}}}}}}"#,
            CLAIMS * (MAX_BYTES + OVERHEAD),
            upstream.url("/u"),
        );
        let gateway = Gateway::start(&config).await;
        let replica = Replica::new(gateway.addr());
        let mut waiting = Vec::new();
        for number in 0..CLAIMS {
            waiting.push(replica.start(&post(&number.to_string())).await.unwrap());
        }
        gate.reached_by(CLAIMS).await;
        Self { upstream, gate, gateway, waiting }
    }

    async fn burst(&self, outcall: &Outcall) -> outcall_tests::replica::Answer {
        agreed(&Subnet::new(self.gateway.addr(), 13).burst(outcall).await).clone()
    }
}

fn post(key: &str) -> Outcall {
    Outcall::post("/r").key(key).body("{}")
}

#[test]
fn a_smaller_room_than_that_is_refused_when_the_configuration_is_read() {
    use outcall_gateway::config::Config;
    let config = |room_bytes: usize| {
        let route =
            format!(r#"{{"upstream": "http://127.0.0.1:1", "response": {{"max_bytes": {MAX_BYTES}}}}}"#);
        Config::parse(&format!(r#"{{"store": {{"room_bytes": {room_bytes}}}, "/r": {route}}}"#), &|_| None)
    };
    let smallest = CLAIMS * (MAX_BYTES + OVERHEAD);
    assert!(config(smallest).is_ok());
    assert!(config(smallest - 1).is_err());
}

#[tokio::test]
async fn a_full_ledger_refuses_new_keys_and_forgets_none() {
    let mut full = Full::start().await;
    let refusal = full.burst(&post("new")).await;
    refused(&refusal, 503, "ledger-full", "unknown");
    refused(&full.burst(&Outcall::get("/r")).await, 503, "ledger-full", "unknown");
    refused(&full.burst(&post("0").body("[]")).await, 422, "key-reused", "no");
    // Whose key this is only a ledger with room can tell: nobody may be promised that nothing was sent under it.
    refused(&full.burst(&post("new").body("[]")).await, 503, "ledger-full", "unknown");

    let replica = Replica::new(full.gateway.addr());
    for key in ["0", "199"] {
        full.waiting.push(replica.start(&post(key)).await.unwrap());
    }
    full.gate.release();
    for pending in std::mem::take(&mut full.waiting) {
        assert_eq!(pending.answer().await.unwrap().status, 200);
    }
    assert_eq!(full.burst(&post("0")).await.status, 200, "what is settled replays");
    assert_eq!(full.upstream.hits(), CLAIMS);
}

#[tokio::test]
async fn who_was_refused_stays_refused_when_there_is_room_again() {
    let mut full = Full::start().await;
    let refusal = full.burst(&post("early")).await;
    let keyless = full.burst(&Outcall::get("/r?early")).await;
    full.gate.release();
    for pending in std::mem::take(&mut full.waiting) {
        pending.answer().await.unwrap();
    }
    // The answers are smaller than what was reserved for them, so there is room for this one.
    assert_eq!(full.burst(&post("late")).await.status, 200);
    for _ in 0..2 {
        assert_eq!(full.burst(&post("early")).await, refusal);
        assert_eq!(full.burst(&Outcall::get("/r?early")).await, keyless);
        refused(&full.burst(&post("early").body("[]")).await, 422, "key-reused", "no");
    }
    refused(&refusal, 503, "ledger-full", "unknown");
    let seen = full.upstream.finish().await;
    assert_eq!(seen.len(), CLAIMS + 1, "the refused ones were never sent");
}
