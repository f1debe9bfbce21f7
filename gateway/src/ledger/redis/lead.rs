//! The leader's place: what it does in Redis when it begins, ends, is lost or withdraws.

use std::{sync::Arc, time::Duration};

use outcall_protocol::digest::Digest;
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Inner, follow,
    link::Failure,
    local::Seat,
    reply::{Known, Verdict},
    script::{self, Token},
};
use crate::{
    ledger::{BoxFuture, Ending, Record, Repeat, Request, Settle, Settlement, Terms, Timestamp, Unavailable},
    limits,
};

/// A claim that this process holds.
pub(super) struct Slot {
    pub(super) redis: Arc<Inner>,
    pub(super) request: Request,
    pub(super) token: Token,
    pub(super) seat: Seat,
    pub(super) terms: Terms,
    /// When it was asked for: its lease began no earlier.
    pub(super) asked: Instant,
}

impl Settle for Slot {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async {
            if self.terms.repeat == Repeat::Never {
                self.confirm().await?;
            }
            // A process that was held up for so long may have been taken for lost, and its key have become free since.
            if self.asked.elapsed() >= self.redis.options.lease {
                tracing::warn!(key = %self.request.id.short(), "a claim came too late to begin");
                return Err(Unavailable::Unreachable);
            }
            Ok(())
        })
    }

    fn settle(self: Box<Self>, settlement: Settlement, patience: Duration) -> BoxFuture<'static, ()> {
        // A task of the store's own: the answer is written though the leader's task be cut off meanwhile.
        let writing = self.redis.owed.clone().spawn(self.write(settlement, patience));
        Box::pin(async {
            let _ = writing.await;
        })
    }

    fn lose(self: Box<Self>) {
        self.redis.clone().work(async move {
            let call = script::lose(&self.redis.options, self.request.id, &self.token);
            let told = self.told(&call, Instant::now() + limits::SETTLE_PATIENCE_MIN).await;
            match told {
                Some(Verdict::Known(known)) => follow::end(&self.redis, self.request.id, &self.seat, known),
                _ if self.terms.repeat == Repeat::Never => self.owe(),
                _ => self.end(Ending::Lost),
            }
        });
    }

    fn withdraw(self: Box<Self>, why: Option<Unavailable>) {
        self.redis.clone().work(async move {
            let (id, token) = (self.request.id, self.token.clone());
            self.redis.locals.disown(id, &self.seat);
            // First undone, then told: who claims again shall find the key free.
            if self.redis.run(&script::release(&self.redis.options, id, &token)).await.is_err() {
                release_in_time(self.redis.clone(), id, token);
            }
            self.end(why.map_or(Ending::Lost, Ending::Refused));
        });
    }
}

impl Slot {
    /// Makes sure that the claim is on stable storage, where the server has not done so by itself, and still this one.
    async fn confirm(&self) -> Result<(), Unavailable> {
        if !self.redis.must_be_waited_for() {
            return Ok(());
        }
        let id = self.request.id;
        let call = script::renew(&self.redis.options, &[(id, self.token.clone())]);
        let patience = Instant::now() + limits::REDIS_CLAIM_PATIENCE;
        loop {
            match self.redis.run_durably(&call).await {
                Ok(Verdict::Renewed { fenced }) if fenced.is_empty() => return Ok(()),
                Ok(_) => return Err(Unavailable::Unreachable),
                // This connection may have broken long ago, and nobody have used it since.
                Err(failure) if failure.may_pass() && Instant::now() < patience => {
                    sleep(limits::REDIS_PAUSE).await;
                }
                Err(failure) => {
                    tracing::warn!(key = %id.short(), cause = %failure, "a claim could not be made durable");
                    return Err(Unavailable::Unreachable);
                }
            }
        }
    }

    /// Records the end, or gives everybody what stands in its place.
    async fn write(self, settlement: Settlement, patience: Duration) {
        let deadline = Instant::now() + patience;
        self.redis.locals.ending(self.request.id, &self.seat);
        let undated = self.request.settled(settlement, Timestamp::from_millis(0));
        let call = self.recording(&undated);
        match self.told(&call, deadline).await {
            Some(Verdict::Recorded { settled, expires }) => {
                let record = self.redis.at_hand(Record { settled, expires, ..undated });
                self.end(Ending::Settled(record));
                if self.terms.repeat == Repeat::Never {
                    self.redis.mark(self.request.id, self.token.0.clone());
                }
            }
            Some(Verdict::Known(known)) => {
                if !self.landed(&known) {
                    tracing::warn!(key = %self.request.id.short(), "an answer came after its leader was given up for lost");
                }
                self.redis.locals.fence(self.request.id, &self.token);
                follow::end(&self.redis, self.request.id, &self.seat, known);
            }
            _ => self.owe(),
        }
    }

    /// Tells everybody that the outcome is unknown, and writes that when Redis can be written again: only over a claim
    /// that has no end yet.
    fn owe(self) {
        let id = self.request.id;
        let record = Arc::new(self.request.settled(self.terms.lost.settlement(), self.redis.seen.now()));
        self.redis.locals.owe(id, &self.seat, record.clone());
        tracing::error!(key = %id.short(), "an answer could not be written: everybody is told that its outcome is unknown");
        self.redis.clone().work(async move {
            let call = self.recording(&record);
            match self.told(&call, Instant::now() + self.terms.lost.life()).await {
                Some(Verdict::Recorded { .. }) => {
                    tracing::info!(key = %id.short(), "the unknown outcome is recorded");
                }
                Some(Verdict::Known(known)) if self.landed(&known) => {
                    tracing::error!(key = %id.short(), "the answer had been written after all, and stands");
                }
                _ => {}
            }
            self.redis.locals.forget(id, &self.seat);
        });
    }

    /// Whether it is this leader's own answer that is recorded.
    fn landed(&self, known: &Known) -> bool {
        matches!(known, Known::Settled(stored) if stored.token == self.token.0)
    }

    fn recording(&self, record: &Record) -> script::Call {
        let settlement = &record.settlement;
        let bytes = settlement.answer.bytes() as u64 + limits::RECORD_OVERHEAD_BYTES;
        script::settle(
            &self.redis.options,
            self.request.id,
            &self.token,
            &record.encode(),
            settlement.life,
            bytes,
        )
    }

    /// What Redis says to this, asked once, and again and again until the deadline. A call that was executed though it
    /// seemed to fail is recognised by its token.
    async fn told(&self, call: &script::Call, deadline: Instant) -> Option<Verdict> {
        let mut said = self.say(call).await;
        let mut pause = limits::REDIS_PAUSE;
        loop {
            match said {
                Ok(verdict) => return Some(verdict),
                Err(failure) => self.complain(&failure),
            }
            if Instant::now() + pause >= deadline {
                return None;
            }
            sleep(pause).await;
            pause = (pause * 2).min(limits::REDIS_PAUSE_MAX);
            said = timeout_at(deadline, self.say(call)).await.ok()?;
        }
    }

    async fn say(&self, call: &script::Call) -> Result<Verdict, Failure> {
        match self.terms.repeat {
            Repeat::Never => {
                let said = self.redis.run_durably(call).await?;
                self.redis.assured(self.request.id, said).await
            }
            Repeat::Always | Repeat::SameConfiguration => self.redis.run(call).await,
        }
    }

    fn complain(&self, failure: &Failure) {
        tracing::warn!(key = %self.request.id.short(), cause = %failure, "an answer could not be written yet");
    }

    fn end(&self, ending: Ending) {
        self.redis.locals.end(self.request.id, &self.seat, ending);
    }
}

/// Undoes a claim of which nothing was sent. Given up when its lease must be over.
pub(super) fn release_in_time(redis: Arc<Inner>, id: Digest, token: Token) {
    redis.clone().work(async move {
        let deadline = Instant::now() + redis.options.lease;
        while redis.run(&script::release(&redis.options, id, &token)).await.is_err() {
            if Instant::now() >= deadline {
                return;
            }
            sleep(limits::REDIS_PAUSE).await;
        }
    });
}

impl Inner {
    /// Does what a leader has left to the store. A lead may be dropped while the runtime goes down: then its lease runs out.
    pub(super) fn work(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.owed.spawn_on(work, &runtime);
        }
    }
}
