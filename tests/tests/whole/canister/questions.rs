//! A question whose answer takes minutes: posted by all nodes, asked once of the backend, polled for by timers. Here the gateway is
//! a scripted one that keeps to the contract, or lies; `gateway` has the gateway itself.

use std::time::Duration;

use candid::encode_args;
use outcall_canister::{
    error::AskError,
    questions::{Answer, State},
};
use outcall_harness::subnet::Round;

use super::{receipts::receipts, *};

mod bounds;
mod cost;
mod ends;
mod gateway;
mod lies;
mod life;
mod scripted;

use scripted::{End, Scripted};

/// The sample on a subnet, before a scripted gateway; the time of both passes here.
struct Asking {
    gateway: Scripted,
    subnet: Subnet,
}

impl Asking {
    /// One that believes the gateway's signature.
    async fn signed(nodes: usize) -> Self {
        let mut asking = Self::unsigned(nodes).await;
        configure(&mut asking.subnet, receipts("now")).await;
        asking
    }

    /// One that believes what the replicas agree on.
    async fn unsigned(nodes: usize) -> Self {
        let gateway = Scripted::start().await;
        let subnet = installed(nodes, &gateway.url()).await;
        Self { gateway, subnet }
    }

    /// Asks, and has a number.
    async fn ask(&mut self) -> (u64, Update) {
        let (told, update) =
            call::<Result<u64, AskError>>(&mut self.subnet, "ask_llm", "Why is the sky blue?").await;
        (told.unwrap_or_else(|error| panic!("{error:?}: {update}")), update)
    }

    /// Second after second, as it is on a subnet; the rounds of the polls meanwhile.
    async fn passes(&mut self, seconds: u64) -> Vec<Round> {
        let mut rounds = Vec::new();
        for _ in 0..seconds {
            self.gateway.passes(1);
            rounds.extend(self.subnet.advance(Duration::from_secs(1)).await.unwrap());
        }
        rounds
    }

    async fn answer(&self, number: u64) -> Answer {
        answer(&self.subnet, number).await
    }

    async fn upgrade(&mut self) {
        self.subnet.upgrade(&wasm(), encode_one(None::<Settings>).unwrap()).await.unwrap();
    }
}

async fn answer(subnet: &Subnet, number: u64) -> Answer {
    let reply = subnet.query("llm_answer", encode_args((number,)).unwrap()).await.unwrap();
    candid::decode_one::<Option<Answer>>(&reply).unwrap().unwrap()
}

/// Why the last outcall was of no use.
fn hindered(answer: &Answer) -> &str {
    answer.hindered.as_ref().map_or("", |cause| &cause.kind)
}

fn answered(body: &str) -> State {
    State::Answered { status: 200, body: body.to_owned() }
}
