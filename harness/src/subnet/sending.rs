//! One node's part in a round: it sends when its turn comes, and makes a vote of what it gets.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    adapter::Adapter,
    outcall::Request,
    replica::Replica,
    schedule::{Moment, Turn},
};

/// What a node makes of the response that it got.
pub(super) trait Voting: Clone + Send + 'static {
    /// The record of its sending, with its vote if it can be known here.
    fn vote(self, record: Replica) -> impl Future<Output = Replica> + Send;
}

/// An outcall under way. Clones are of the same one.
#[derive(Clone)]
pub(super) struct Sending<V> {
    request: Arc<Request>,
    pub(super) voting: V,
    adapters: Arc<[Adapter]>,
    began: Instant,
}

impl<V: Voting> Sending<V> {
    /// The round begins now.
    pub(super) fn begin(request: Request, voting: V, adapters: Arc<[Adapter]>) -> Self {
        Self { request: Arc::new(request), voting, adapters, began: Instant::now() }
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
        let record = Replica::fetched(number, asked, adapter.fetch(&self.request).await);
        self.voting.vote(record).await
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
