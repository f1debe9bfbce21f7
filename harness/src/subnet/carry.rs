//! Carrying out the calls of a canister until none is out any more.
//!
//! All outcalls that are out at the same time run their rounds at the same time, and each is answered when it is
//! decided. Late replicas send when their result has been delivered, while the canister goes on.

use std::{collections::BTreeMap, sync::Arc};

use tokio::task::JoinSet;

use super::{
    Bill, Embedded, Round, Subnet,
    decide::{Decided, decide},
    errand::Errand,
    http_request::Asked,
    sending::Sending,
    voting::Transforming,
};
use crate::{
    engine::CallId,
    reject::Reject,
    replica::Replica,
    rules::consensus::TIMEOUT,
    schedule::{Moment, Turn},
};

/// Calls that one update or timer may lead to: a canister that never stops calling is stopped.
const CALLS_MAX: usize = 10_000;
/// Outcalls among them.
const OUTCALLS_MAX: usize = 1_000;

/// What came of it.
pub(super) struct Carried {
    pub(super) rounds: Vec<Round>,
    /// Why calls were left unanswered, if any were.
    pub(super) stopped: Option<String>,
}

/// A round whose votes are in.
struct Voted {
    sending: Sending<Transforming>,
    turns: Vec<Turn>,
    replicas: Vec<Replica>,
}

impl Subnet<Embedded> {
    pub(super) async fn carry_out(&mut self) -> Carried {
        let mut rounds = BTreeMap::new();
        let mut under_way = JoinSet::new();
        let mut late = JoinSet::new();
        let (mut calls, mut outcalls) = (0, 0);
        let stopped = loop {
            let calls_now = self.engine.hosted.change(|canister| canister.take_calls()).await;
            calls += calls_now.len();
            let none = calls_now.is_empty();
            for call in calls_now {
                match self.errand(call) {
                    Errand::Own(call) => {
                        self.engine.hosted.change(move |canister| canister.deliver(&call)).await
                    }
                    Errand::Answered(call, answer, charged) => {
                        let refund = call.cycles.saturating_sub(charged);
                        self.respond(call.id, answer, refund).await;
                    }
                    Errand::Refused(asked, reject) => {
                        outcalls += 1;
                        let answer = Err(reject.clone());
                        self.respond(asked.call, answer, asked.cycles).await;
                        let round = Round::refused(asked, self.nodes(), reject);
                        rounds.insert(round.id, round);
                    }
                    Errand::Outcall(asked) => {
                        outcalls += 1;
                        under_way.spawn(self.round(asked));
                    }
                }
            }
            if calls > CALLS_MAX {
                break Some(format!("the canister made more than {CALLS_MAX} calls in one message"));
            }
            if outcalls > OUTCALLS_MAX {
                break Some(format!("the canister made more than {OUTCALLS_MAX} outcalls in one message"));
            }
            if !none {
                continue;
            }
            match under_way.join_next().await {
                None => break None,
                Some(Ok(voted)) => {
                    let (round, sending, turns, held_back) = self.decided(voted).await;
                    rounds.insert(round.id, round);
                    late.spawn(
                        async move { (sending.voting.asked.id, sending.late(&turns).await, held_back) },
                    );
                }
                Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Some(Err(_)) => {}
            }
        };
        while let Some(joined) = late.join_next().await {
            if let Ok((id, records, held_back)) = joined
                && let Some(round) = rounds.get_mut(&id)
            {
                let left = held_back.saturating_sub(round.joined_by(records, held_back));
                self.engine.hosted.change(move |canister| canister.deposit(left)).await;
            }
        }
        Carried { rounds: rounds.into_values().collect(), stopped }
    }

    /// The votes of an outcall.
    fn round(&mut self, asked: Asked) -> impl Future<Output = Voted> + Send + use<> {
        let turns = self.turns(asked.replication);
        let (request, hosted, nodes) = (asked.request.clone(), self.engine.hosted.clone(), self.nodes());
        let voting = Transforming { asked: Arc::new(asked), hosted, nodes };
        let sending = Sending::begin(request, voting, self.adapters.clone());
        async move {
            let replicas = sending.in_time(&turns).await;
            Voted { sending, turns, replicas }
        }
    }

    /// Judges the votes and gives the canister its answer, with the cycles that come back. What nodes may spend that are
    /// still to send is held back, and comes back without a message when they have.
    async fn decided(&mut self, voted: Voted) -> (Round, Sending<Transforming>, Vec<Turn>, u128) {
        let Voted { sending, turns, mut replicas } = voted;
        let (asked, nodes) = (&sending.voting.asked, self.nodes());
        let decided = decide(asked, nodes, &mut replicas);
        let bill = Bill::of(asked, nodes, &decided, &replicas);
        let (waited, held_back) = match decided.is_out_of_time() {
            true => (TIMEOUT, 0),
            false => (sending.waited(), asked.allowance(nodes).unwrap_or(0) * to_come(&turns)),
        };
        let Decided { verdict, .. } = decided;
        self.engine.hosted.change(move |canister| canister.advance(waited)).await;
        if let Some(outcome) = verdict.outcome() {
            let answer = outcome.map(<[u8]>::to_vec).map_err(Reject::clone);
            self.respond(asked.call, answer, bill.refunded().saturating_sub(held_back)).await;
        }
        let round = Round::decided(asked, nodes, replicas, verdict, bill);
        (round, sending, turns, held_back)
    }

    async fn respond(&self, call: CallId, answer: Result<Vec<u8>, Reject>, refund: u128) {
        self.engine.hosted.change(move |canister| canister.respond(call, answer, refund)).await;
    }
}

/// How many send when the result is there.
fn to_come(turns: &[Turn]) -> u128 {
    turns.iter().filter(|turn| turn.moment == Moment::Late).count() as u128
}
