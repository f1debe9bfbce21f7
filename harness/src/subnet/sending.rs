//! One node's part in a round: it sends when its turn comes, and its transform makes a vote of what it gets.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{hosted::Hosted, http_request::Asked};
use crate::{
    adapter::Adapter,
    engine::{Canister, Queried},
    http_response::{self, NotAnHttpResponse},
    outcall::{Content, Reject, RejectCode, Response},
    replica::Replica,
    rules::{budget::Budget, limits},
    schedule::{Moment, Turn},
};

/// An outcall under way. Clones are of the same one.
#[derive(Clone)]
pub(super) struct Sending {
    pub(super) asked: Arc<Asked>,
    hosted: Hosted,
    adapters: Arc<[Adapter]>,
    began: Instant,
}

impl Sending {
    /// The round begins now.
    pub(super) fn begin(asked: Asked, hosted: Hosted, adapters: Arc<[Adapter]>) -> Self {
        Self { asked: Arc::new(asked), hosted, adapters, began: Instant::now() }
    }

    /// How long the round has taken.
    pub(super) fn waited(&self) -> Duration {
        self.began.elapsed()
    }

    /// All that send before the result is there, and those that never do. In order of their numbers.
    pub(super) async fn in_time(&self, turns: &[Turn]) -> Vec<Replica> {
        let mut sent = JoinSet::new();
        let mut records = Vec::new();
        for turn in turns {
            match turn.moment {
                Moment::After(delay) => self.start(&mut sent, turn, self.began + delay),
                Moment::Never => records.push(Replica::silent(turn.replica)),
                Moment::Late => {}
            }
        }
        records.extend(joined(sent).await);
        records.sort_by_key(|record| (record.number, record.asked));
        records
    }

    /// Those that send when the result has been delivered: now.
    pub(super) async fn late(&self, turns: &[Turn]) -> Vec<Replica> {
        let mut sent = JoinSet::new();
        for turn in turns.iter().filter(|turn| turn.moment == Moment::Late) {
            self.start(&mut sent, turn, Instant::now());
        }
        let mut records: Vec<Replica> = joined(sent).await.into_iter().map(Replica::arriving_late).collect();
        records.sort_by_key(|record| (record.number, record.asked));
        records
    }

    fn start(&self, sent: &mut JoinSet<Replica>, turn: &Turn, at: Instant) {
        let again = turn.again_after.map(|later| at + later);
        for at in std::iter::once(at).chain(again) {
            sent.spawn(self.clone().send(turn.replica, at));
        }
    }

    async fn send(self, number: usize, at: Instant) -> Replica {
        if at > Instant::now() {
            sleep_until(at).await;
        }
        let asked = self.waited();
        let Some(adapter) = self.adapters.get(number) else { return Replica::silent(number) };
        let record = Replica::fetched(number, asked, adapter.fetch(&self.asked.request).await);
        let (outcall, budget) = (self.asked.clone(), self.asked.budget(self.adapters.len()));
        self.hosted.look(move |canister| vote(canister, &outcall, budget, record)).await
    }
}

async fn joined(mut sent: JoinSet<Replica>) -> Vec<Replica> {
    let mut records = Vec::new();
    while let Some(joined) = sent.join_next().await {
        match joined {
            Ok(record) => records.push(record),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Nobody cancels a sending but the end of the runtime.
            Err(_) => {}
        }
    }
    records
}

/// What a replica votes for: its response, judged, transformed and judged again, as long as its part of the cycles lasts.
fn vote(canister: &Canister, asked: &Asked, mut budget: Option<Budget>, mut record: Replica) -> Replica {
    let (raw, roundtrip) = match (&record.raw, record.asked, record.answered) {
        (Some(raw), Some(asked), Some(answered)) => (raw, answered.saturating_sub(asked)),
        _ => return record,
    };
    let mut instructions = 0;
    let mut charge =
        |charge: &dyn Fn(&mut Budget) -> Result<(), Reject>| budget.as_mut().map_or(Ok(()), charge);
    let made = charge(&|budget| budget.charge_network(record.downloaded_bytes, roundtrip))
        .and_then(|()| raw.as_ref().map_err(Reject::clone))
        .and_then(|response| limits::check_response(response).map(|()| response))
        .and_then(|response| {
            let (made, used) = transformed(canister, asked, response);
            instructions = used;
            charge(&|budget| budget.charge_transform(used))?;
            made
        });
    let content = made.map_or_else(Content::Reject, Content::Success);
    let paid = charge(&|budget| budget.charge_gossip(content.bytes()));
    record.transform_instructions = instructions;
    record.spent = budget.map_or(0, |budget| budget.spent());
    record.voting(paid.map_or_else(Content::Reject, |()| content))
}

/// The transform's reply, held to the cap, and the instructions that it took.
fn transformed(canister: &Canister, asked: &Asked, response: &Response) -> (Result<Vec<u8>, Reject>, u64) {
    let failed = |error: NotAnHttpResponse| Reject::new(RejectCode::SysFatal, error.to_string());
    let Some(transform) = &asked.transform else {
        return (http_response::encode(response).map_err(failed), 0);
    };
    let arg = match http_response::encode_transform_args(response, transform) {
        Ok(arg) => arg,
        Err(error) => return (Err(failed(error)), 0),
    };
    // The caller is the management canister.
    let Queried { result, instructions, .. } = canister.queried(&transform.method, &arg, &[]);
    let checked = limits::check_transformed(result.as_deref(), asked.request.max_response_bytes);
    (checked.and(result), instructions)
}
