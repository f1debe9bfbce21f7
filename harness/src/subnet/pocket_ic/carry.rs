//! Carrying out what a canister on PocketIC asks for.
//!
//! Nothing happens there but at a tick. So it is ticked until nothing new shows, then the outcalls that are out are made,
//! all at the same time, and each is handed over when its votes are in. Where only time can end something, it passes.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use pocket_ic::common::rest::{CanisterHttpRequest, RawMessageId};
use tokio::task::JoinSet;

use super::{
    super::{
        Bill, Round, Subnet,
        sending::{Sending, Voting},
    },
    PocketIc,
    driver::Failed,
    handover::{self, Handover},
    rejected,
};
use crate::{reject::Reject, replica::Replica, rules::consensus::TIMEOUT, schedule::Turn, verdict::Verdict};

/// Ticks without anything new after which nothing new is expected. An outcall shows after two, an answer too.
const QUIET_TICKS: usize = 6;
/// A little more than an outcall lasts: what nothing else can end ends then.
const PAST_THE_TIMEOUT: Duration = Duration::from_secs(TIMEOUT.as_secs() + 1);
/// Outcalls that one update may lead to: a canister that never stops calling is stopped.
const OUTCALLS_MAX: usize = 1_000;

/// What came of it.
pub(super) struct Carried {
    pub(super) reply: Option<Result<Vec<u8>, Reject>>,
    pub(super) rounds: Vec<Round>,
    /// Why calls were left unanswered, if any were.
    pub(super) stopped: Option<String>,
}

/// What is seen at a look.
struct Look {
    reply: Option<Result<Vec<u8>, Reject>>,
    pending: Vec<CanisterHttpRequest>,
}

/// The server has each node vote by itself.
#[derive(Clone)]
struct Elsewhere;

impl Voting for Elsewhere {
    async fn vote(self, record: Replica) -> Replica {
        record
    }
}

/// A round whose responses are in.
struct Asked {
    pending: CanisterHttpRequest,
    sending: Sending<Elsewhere>,
    turns: Vec<Turn>,
    replicas: Vec<Replica>,
}

/// The rounds of an update, on their way.
#[derive(Default)]
struct Rounds {
    seen: BTreeSet<u64>,
    under_way: JoinSet<Asked>,
    done: BTreeMap<u64, Round>,
    late: JoinSet<(u64, Vec<Replica>)>,
}

impl Subnet<PocketIc> {
    /// Until the message, if there is one, is answered and nothing is out any more.
    pub(super) async fn carry_out(&mut self, message: Option<RawMessageId>) -> Carried {
        let mut rounds = Rounds::default();
        let mut reply = None;
        let ended = self.go_on(message, &mut rounds, &mut reply).await;
        while let Some(joined) = rounds.late.join_next().await {
            if let Ok((id, records)) = joined
                && let Some(round) = rounds.done.get_mut(&id)
            {
                round.joined_by(records, 0);
            }
        }
        let stopped = ended.unwrap_or_else(|failed| Some(failed.to_string()));
        Carried { reply, rounds: rounds.done.into_values().collect(), stopped }
    }

    /// Says why it was stopped, if it was.
    async fn go_on(
        &mut self,
        message: Option<RawMessageId>,
        rounds: &mut Rounds,
        reply: &mut Option<Result<Vec<u8>, Reject>>,
    ) -> Result<Option<String>, Failed> {
        let (mut quiet, mut waited) = (0, false);
        loop {
            let look = self.engine.look(message.clone()).await?;
            *reply = look.reply;
            for pending in look.pending {
                if rounds.seen.insert(pending.request_id) {
                    let round = self.round(pending);
                    rounds.under_way.spawn(round);
                    (quiet, waited) = (0, false);
                }
            }
            if rounds.seen.len() > OUTCALLS_MAX {
                return Ok(Some(format!(
                    "the canister made more than {OUTCALLS_MAX} outcalls in one message"
                )));
            }
            if quiet < QUIET_TICKS {
                self.engine.driver.ask(|pic| pic.tick()).await?;
                quiet += 1;
                continue;
            }
            match rounds.under_way.join_next().await {
                Some(Ok(asked)) => {
                    self.hand_over(asked, rounds).await?;
                    quiet = 0;
                }
                Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Some(Err(_)) => {}
                None => {
                    let owed = reply.is_none() && message.is_some() || rounds.is_any_withheld();
                    if !owed || waited {
                        return Ok(None);
                    }
                    self.engine.driver.ask(|pic| pic.advance_time(PAST_THE_TIMEOUT)).await?;
                    (quiet, waited) = (0, true);
                }
            }
        }
    }

    /// The nodes' part of an outcall.
    fn round(&mut self, pending: CanisterHttpRequest) -> impl Future<Output = Asked> + Send + use<> {
        let turns = self.turns(handover::replication(&pending));
        let sending = Sending::begin(handover::request(&pending), Elsewhere, self.adapters.clone());
        async move {
            let replicas = sending.in_time(&turns).await;
            Asked { pending, sending, turns, replicas }
        }
    }

    async fn hand_over(&self, asked: Asked, rounds: &mut Rounds) -> Result<(), Failed> {
        let Asked { pending, sending, turns, replicas } = asked;
        let responses = match handover::handover(&pending, self.nodes(), &replicas) {
            Handover::ForAll(mock) => {
                let responses = 1 + mock.additional_responses.len();
                self.engine.driver.ask(move |pic| pic.mock_canister_http_response(mock)).await?;
                responses
            }
            Handover::Committee(mock) => {
                let responses = mock.responses.len();
                self.engine.driver.ask(move |pic| pic.mock_flexible_canister_http_response(mock)).await?;
                responses
            }
            Handover::Nothing => 0,
        };
        let id = pending.request_id;
        let round = Round {
            id,
            nodes: self.nodes(),
            request: handover::request(&pending),
            transform: None,
            replication: handover::replication(&pending),
            replicas,
            verdict: Verdict::HandedOver { responses },
            bill: Bill::nothing(handover::pricing(&pending), 0),
        };
        rounds.done.insert(id, round);
        rounds.late.spawn(async move { (id, sending.late(&turns).await) });
        Ok(())
    }
}

impl Rounds {
    /// Whether PocketIC still waits for the responses to an outcall, which it will not get.
    fn is_any_withheld(&self) -> bool {
        self.done.values().any(|round| round.verdict == Verdict::HandedOver { responses: 0 })
    }
}

impl PocketIc {
    /// Looks, and changes nothing.
    async fn look(&self, message: Option<RawMessageId>) -> Result<Look, Failed> {
        let look = move |pic: &pocket_ic::PocketIc| {
            let reply = message.and_then(|message| pic.ingress_status(message));
            Look { reply: reply.map(|reply| reply.map_err(rejected)), pending: pic.get_canister_http() }
        };
        self.driver.ask(look).await
    }
}
