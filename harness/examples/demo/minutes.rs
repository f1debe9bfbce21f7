//! A question whose answer takes minutes: an upstream that answers when a minute and a half of the subnet's time have passed. All
//! nodes wait for it and give up; through the gateway they get a ticket, and the canister's timers poll for the answer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use candid::encode_args;
use outcall_canister::{
    config::{ReceiptKey, Receipts, Settings},
    error::AskError,
    questions::{Answer, State},
};
use outcall_harness::{
    Request,
    adapter::{Adapter, Network},
    schedule::Schedule,
    subnet::{Subnet, Update},
    upstream::PATIENCE,
};

use crate::{
    Failure,
    gateway::{Gateway, KEYID},
    scene::{Played, SKEW, Seen},
    stage::{self, Way},
    upstream::Upstream,
};

pub(crate) const TITLE: &str = "POST: ask_llm; the upstream takes 90 s";

/// For so long the upstream works, by the subnet's clock.
const WORK_S: u64 = 90;
/// The canister polls at least this often.
const POLLS_WITHIN_S: u64 = 40;
/// How long a replica waits here for an upstream that does not answer, in place of 30 s.
const REPLICA_WAITS: Duration = Duration::from_millis(500);
const SECOND: Duration = Duration::from_secs(1);

/// Plays it on both ways, each on a subnet of its own.
pub(crate) async fn play(
    nodes: usize,
    wasm: &[u8],
    upstream: &Upstream,
    gateway: &Gateway,
    seed: u64,
) -> Result<Played, Failure> {
    let impatient = Network::new()?.timeouts(REPLICA_WAITS, REPLICA_WAITS);
    let directly = Minutes::install(nodes, wasm, upstream.url(), impatient).await?;
    let through_gateway = Minutes::install(nodes, wasm, gateway.url(), Network::new()?).await?;
    Ok(Played {
        directly: directly.seen(Way::Directly, upstream, seed).await?,
        through_gateway: through_gateway.seen(Way::ThroughGateway, upstream, seed).await?,
    })
}

struct Minutes {
    subnet: Subnet,
}

impl Minutes {
    async fn install(nodes: usize, wasm: &[u8], to: String, network: Network) -> Result<Self, Failure> {
        let key = ReceiptKey { keyid: KEYID.to_owned(), public_key: Gateway::public_key() };
        let receipts = Receipts { keys: vec![key], age_s_max: 600, quorum_nodes: 1 };
        let settings = Settings { gateway: Some(to), receipts: Some(receipts), ..Settings::default() };
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let builder = Subnet::embedded(nodes).network(network);
        // A receipt says when it was made, by the gateway's clock.
        let builder = builder.settings(|settings| settings.time_nanos = now as u64);
        Ok(Self { subnet: stage::installed(builder, wasm, settings).await? })
    }

    async fn seen(mut self, way: Way, upstream: &Upstream, seed: u64) -> Result<Seen, Failure> {
        self.subnet.set_schedule(Schedule::skewed(seed, SKEW));
        let before = upstream.served();
        let mut update = self.subnet.update("ask_llm", encode_args(("Why is the sky blue?",))?).await;
        let asked: Result<u64, AskError> = update.value()?;
        let number = asked.map_err(|error| format!("the question was not asked: {error:?}"))?;
        if way == Way::Directly {
            return self.waited_for_nothing(number, update, upstream.served() - before).await;
        }
        self.passes(WORK_S, &mut update).await?;
        let State::Running { location } = self.answer(number).await?.state else {
            return Err("the gateway gave no ticket".into());
        };
        upstream.finish_work();
        recorded(&location).await?;
        self.passes(POLLS_WITHIN_S, &mut update).await?;
        let answer = self.answer(number).await?;
        let requests = upstream.served() - before;
        let told = told(&answer);
        let is_answered = matches!(answer.state, State::Answered { .. });
        let as_promised = is_answered && update.is_agreed() && requests == 1;
        Ok(Seen { update, requests, told, as_promised })
    }

    /// What it comes to when every node waits for the service itself.
    async fn waited_for_nothing(&self, number: u64, update: Update, requests: u64) -> Result<Seen, Failure> {
        let told = told(&self.answer(number).await?);
        let as_promised = !update.is_agreed() && requests >= self.subnet.nodes() as u64;
        Ok(Seen { update, requests, told, as_promised })
    }

    /// Lets the subnet's time pass, and adds the polls' outcalls to those of the update.
    async fn passes(&mut self, seconds: u64, update: &mut Update) -> Result<(), Failure> {
        for _ in 0..seconds {
            update.rounds.extend(self.subnet.advance(SECOND).await?);
        }
        Ok(())
    }

    async fn answer(&self, number: u64) -> Result<Answer, Failure> {
        let reply = self.subnet.query("llm_answer", encode_args((number,))?).await;
        let reply = reply.map_err(|reject| reject.to_string())?;
        candid::decode_one::<Option<Answer>>(&reply)?.ok_or_else(|| "the question was forgotten".into())
    }
}

/// Asks beside the canister, until the gateway has the answer on record.
async fn recorded(location: &str) -> Result<(), Failure> {
    let adapter = Adapter::new(&Network::new()?);
    let until = async {
        for number in 0u64.. {
            let request = Request::get(location).header("idempotency-key", format!("{location}-{number}"));
            if adapter.fetch(&request).await.outcome.is_ok_and(|response| response.status != 202) {
                break;
            }
        }
    };
    Ok(tokio::time::timeout(PATIENCE, until).await?)
}

fn told(answer: &Answer) -> String {
    let polls = answer.polls;
    match (&answer.state, &answer.hindered) {
        (State::Answered { status, body }, _) => {
            format!("after {WORK_S} s and {polls} polls of one node each: {status} {body}")
        }
        (State::Posting, Some(cause)) => {
            format!("nothing: {}: {} (here after {REPLICA_WAITS:?}, not 30 s)", cause.kind, cause.detail)
        }
        (state, _) => format!("{state:?}"),
    }
}
