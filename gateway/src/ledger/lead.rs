//! The two ends of a claim: the lead, which must be settled, and those who wait for it.

use std::{sync::Arc, time::Duration};

use super::{BoxFuture, Record, Settlement, Unavailable, word::Hearer};

/// The right and the duty to settle one key. Dropped unsettled, it settles itself as lost; before it has begun, it undoes
/// itself.
pub struct Lead {
    slot: Option<Box<dyn Settle>>,
    again: bool,
    begun: bool,
}

/// What a store does when its leader begins and ends. Each end is called once.
pub trait Settle: Send {
    /// Makes the claim as durable as its request needs it. May be dropped at any await.
    ///
    /// # Errors
    /// When that failed: nothing may be sent.
    fn begin(&mut self) -> BoxFuture<'_, Result<(), Unavailable>>;
    /// Records the end of the outcall and wakes everybody who waits. While the store cannot be written, it is tried again
    /// for so long as `patience` says; then everybody gets what the terms of the claim have for a lost leader.
    fn settle(self: Box<Self>, settlement: Settlement, patience: Duration) -> BoxFuture<'static, ()>;
    /// The leader is gone without an end, and may have sent the request.
    fn lose(self: Box<Self>);
    /// Nothing was sent, and nothing will be: the key is as it was before the claim. Those who wait are told `why`, or to
    /// claim again.
    fn withdraw(self: Box<Self>, why: Option<Unavailable>);
}

impl Lead {
    /// A lead that `slot` settles.
    pub fn new(slot: Box<dyn Settle>) -> Self {
        Self { slot: Some(slot), again: false, begun: false }
    }

    /// A lead in place of one that was lost.
    pub fn again(slot: Box<dyn Settle>) -> Self {
        Self { slot: Some(slot), again: true, begun: false }
    }

    /// Whether a leader of this key was lost before, who may have sent the request: then nobody can promise any more
    /// that it was not executed.
    pub fn is_again(&self) -> bool {
        self.again
    }

    /// Makes the claim durable: only then may something be sent. Everybody else waits meanwhile.
    ///
    /// # Errors
    /// When it could not be made durable. Whoever leads remembers the refusal, and then passes it on with
    /// [`Lead::refuse`].
    pub async fn begin(&mut self) -> Result<(), Unavailable> {
        if let Some(slot) = &mut self.slot {
            slot.begin().await?;
        }
        self.begun = true;
        Ok(())
    }

    /// Gives up a lead of which nothing was sent: everybody who waits is refused as well.
    pub fn refuse(mut self, why: Unavailable) {
        if let Some(slot) = self.slot.take() {
            slot.withdraw(Some(why));
        }
    }

    /// Records the end of the outcall; when this returns, every waiter has been woken. A store that cannot be written is
    /// tried again for as long as `patience` says. Dropped before it returns, the store goes on by itself.
    ///
    /// What was refused before anything was sent may be settled without having begun.
    pub async fn settle(mut self, settlement: Settlement, patience: Duration) {
        if let Some(slot) = self.slot.take() {
            slot.settle(settlement, patience).await;
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        match self.slot.take() {
            Some(slot) if self.begun => slot.lose(),
            Some(slot) => slot.withdraw(None),
            None => {}
        }
    }
}

/// How an in-flight key ends, as its waiters see it.
#[derive(Clone, Debug)]
pub enum Ending {
    /// With an answer for everybody.
    Settled(Arc<Record>),
    /// Its leader is gone and the request may be led again: claim again.
    Lost,
    /// Its claim could not be made durable: nothing was sent.
    Refused(Unavailable),
}

/// Waits for the leader of a key. May be dropped at any time.
pub struct Waiter(Hearer<Ending>);

impl Waiter {
    /// A waiter on the leader who holds the other end.
    pub(super) fn new(hearer: Hearer<Ending>) -> Self {
        Self(hearer)
    }

    /// The end of the outcall, the instant it is known.
    pub async fn ending(self) -> Ending {
        // The teller lives in the ledger until it has spoken; without it the key has no leader.
        self.0.hear().await.unwrap_or(Ending::Lost)
    }
}
