//! All the replicas of a subnet with one outcall between them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::sync::Barrier;

use super::{Answer, Outcall, Pending, Replica};
use crate::gate::Gate;
use crate::schedule::{Manner, Moment, Schedule, Visit};

/// So many replicas that call the same server, each on connections of its own.
#[derive(Clone, Debug)]
pub struct Subnet {
    /// How each of them calls.
    pub replica: Replica,
    /// How many there are: 13 on an application subnet, 34 or 40 on larger ones.
    pub replicas: usize,
}

impl Subnet {
    /// A subnet of that size, which calls this address in clear text.
    pub fn new(addr: SocketAddr, replicas: usize) -> Self {
        Self { replica: Replica::new(addr), replicas }
    }

    /// All replicas at once: every connection stands before the first request is written.
    ///
    /// # Panics
    /// When a replica gets no answer.
    pub async fn burst(&self, outcall: &Outcall) -> Vec<Answer> {
        let results = self.try_burst(outcall).await.into_iter().enumerate();
        results.map(|(number, result)| answer_of(number, result)).collect()
    }

    /// As [`Subnet::burst`], where a missing answer is a result.
    pub async fn try_burst(&self, outcall: &Outcall) -> Vec<io::Result<Answer>> {
        let start = Arc::new(Barrier::new(self.replicas));
        let calls = (0..self.replicas).map(|_| {
            let (replica, outcall, start) = (self.replica.clone(), outcall.clone(), start.clone());
            tokio::spawn(async move {
                let session = replica.session().await;
                start.wait().await;
                session?.send(&outcall).await
            })
        });
        join_all(calls).await.into_iter().map(|joined| joined.unwrap()).collect()
    }

    /// Replicas that come and go as the schedule says. The first come before the upstream has the request; the next
    /// come while it holds its answer at the gate; then the gate is released; the last come when the others have their
    /// answers. The answers are those of the visits that stay, in the schedule's order.
    ///
    /// The schedule is printed, so that a failing test shows its seed.
    ///
    /// # Panics
    /// When a visit that stays gets no answer, or when nobody reaches the gate.
    pub async fn burst_with(&self, outcall: &Outcall, schedule: &Schedule, gate: &Gate) -> Vec<Answer> {
        eprintln!("{schedule:?}");
        let mut waiting = self.wave(outcall, schedule.at(Moment::First)).await;
        if !gate.is_open() {
            gate.reached().await;
        }
        waiting.extend(self.wave(outcall, schedule.at(Moment::Held)).await);
        gate.release();
        let mut answers = all(waiting).await;
        answers.extend(all(self.wave(outcall, schedule.at(Moment::Settled)).await).await);
        answers
    }

    /// Writes the requests of these visits in their order.
    async fn wave(&self, outcall: &Outcall, visits: impl Iterator<Item = &Visit>) -> Vec<(usize, Pending)> {
        let mut waiting = Vec::new();
        for visit in visits {
            match visit.manner {
                Manner::Stay => match self.replica.start(outcall).await {
                    Ok(pending) => waiting.push((visit.replica, pending)),
                    Err(error) => panic!("replica {} could not ask: {error}", visit.replica),
                },
                // The server may have closed first; then it was broken off all the same.
                Manner::Leave(stage) => drop(self.replica.send_and_leave(outcall, stage).await),
            }
        }
        waiting
    }
}

async fn all(waiting: Vec<(usize, Pending)>) -> Vec<Answer> {
    let answers = waiting.into_iter().map(|(number, pending)| async move {
        let result = pending.answer().await;
        answer_of(number, result)
    });
    join_all(answers).await
}

fn answer_of(number: usize, result: io::Result<Answer>) -> Answer {
    result.unwrap_or_else(|error| panic!("replica {number} got no answer: {error}"))
}
