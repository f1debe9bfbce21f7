//! Answers that take minutes: one ticket for all replicas at once, one request upstream, and one end that every poll sees.

use std::net::SocketAddr;

use outcall_protocol::{
    key::IdempotencyKey,
    outcall_id::{Key, outcall_id},
    ticket::Ticket,
};
use outcall_tests::{
    gate::{Gate, PATIENCE},
    replica::{Answer, Outcall, Replica, Subnet, agreed},
    upstream::{Act, Script, Upstream},
};
use tokio::time::timeout;

mod ends;
mod gateways;
mod receipts;
mod restart;
mod seen;
mod stop;

const BINARY: &str = env!("CARGO_BIN_EXE_gateway-under-test");
const REPLICAS: usize = 13;

/// An upstream that thinks until the gate is open, and answers each request differently.
async fn thinking(gate: &Gate) -> Upstream {
    Upstream::start(Script::always(Act::Varying.held_at(gate))).await
}

/// The route `/llm` to this upstream, with these further members of its own, and settings beside it.
fn config(upstream: &Upstream, members: &str, settings: &str) -> String {
    let url = upstream.url("/u");
    format!(r#"{{"/llm": {{"upstream": "{url}", "respond_async": true{members}}}{settings}}}"#)
}

fn prompt(key: &str) -> Outcall {
    Outcall::post("/llm").key(key).json(&format!(r#"{{"prompt":"{key}"}}"#))
}

fn ticket(key: &str) -> Ticket {
    let key = Key::Given(IdempotencyKey::parse([key.as_bytes()]).unwrap());
    Ticket::of(outcall_id("/llm", "", &key))
}

fn poll(key: &str, poll: &str) -> Outcall {
    Outcall::get(&ticket(key).location("/llm")).key(poll)
}

/// What thirteen replicas get for this, all the same.
async fn asked(gateway: SocketAddr, outcall: &Outcall) -> Answer {
    agreed(&Subnet::new(gateway, REPLICAS).burst(outcall).await).clone()
}

/// The ticket that all of them were given.
#[track_caller]
fn is_ticket(answer: &Answer, key: &str) {
    assert_eq!((answer.status, answer.json()["ticket"].as_str()), (202, Some(&*ticket(key).to_string())));
    assert_eq!(answer.header("location"), Some(&*ticket(key).location("/llm")));
}

/// What the polls of one replica come to, each under a key that nobody has used.
async fn end(gateway: SocketAddr, key: &str) -> Answer {
    let replica = Replica::new(gateway);
    let polling = async {
        loop {
            let outcall = poll(key, &format!("{:016x}", fastrand::u64(..)));
            let answer = replica.send(&outcall).await.unwrap();
            if answer.status != 202 {
                return answer;
            }
        }
    };
    timeout(PATIENCE, polling).await.unwrap_or_else(|_| panic!("{key} has no end after {PATIENCE:?}"))
}
