//! One node's part in a round: it sends when its turn comes, and its transform makes a vote of what it gets.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{hosted::Hosted, http_request::Asked};
use crate::{
    adapter::Adapter,
    engine::Canister,
    http_response,
    outcall::{Content, Reject, RejectCode, Response},
    replica::Replica,
    rules::limits,
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
        let outcall = self.asked.clone();
        self.hosted.look(move |canister| vote(canister, &outcall, record)).await
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

/// What a replica votes for: its response, judged, transformed and judged again.
fn vote(canister: &Canister, asked: &Asked, mut record: Replica) -> Replica {
    let Some(Ok(response)) = &record.raw else { return record };
    let (content, instructions) = match limits::check_response(response) {
        Ok(()) => transformed(canister, asked, response),
        Err(reject) => (Content::Reject(reject), 0),
    };
    record.transform_instructions = instructions;
    record.voting(content)
}

fn transformed(canister: &Canister, asked: &Asked, response: &Response) -> (Content, u64) {
    let failed = |error: &dyn std::fmt::Display| {
        (Content::Reject(Reject::new(RejectCode::SysFatal, error.to_string())), 0)
    };
    let Some(transform) = &asked.transform else {
        return match http_response::encode(response) {
            Ok(reply) => (Content::Success(reply), 0),
            Err(error) => failed(&error),
        };
    };
    let arg = match http_response::encode_transform_args(response, transform) {
        Ok(arg) => arg,
        Err(error) => return failed(&error),
    };
    // The caller is the management canister.
    let queried = canister.queried(&transform.method, &arg, &[]);
    let content = match queried.result {
        Ok(reply) => Content::Success(reply),
        Err(reject) => Content::Reject(reject),
    };
    let content = match limits::check_transformed(&content, asked.request.max_response_bytes) {
        Ok(()) => content,
        Err(reject) => Content::Reject(reject),
    };
    (content, queried.instructions)
}
