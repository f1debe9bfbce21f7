//! The leader's place in the disk store: what it asks of the writer, and when.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use tokio::{sync::oneshot, time::timeout};

use super::{
    Disk, Shared,
    op::{NotClaimed, Op, Progress, Settling},
};
use crate::{
    ledger::{
        Ask, BoxFuture, Claimed, Ending, Repeat, Request, Settle, Settlement, Terms, Unavailable,
        entry::{Entry, Lost},
        room::Reservation,
    },
    limits,
};

/// A key in flight, which this must end.
pub(super) struct Slot {
    shared: Arc<Shared>,
    request: Request,
    terms: Terms,
    /// What was lost before, when it leads again.
    former: Option<Lost>,
    reservation: Option<Reservation>,
    /// Whether the claim may be on the disk.
    written: bool,
}

impl Slot {
    pub(super) fn new(
        disk: &Disk,
        ask: &Ask,
        request: Request,
        former: Option<Lost>,
        reservation: Option<Reservation>,
    ) -> Self {
        let (shared, terms) = (disk.0.clone(), ask.terms.clone());
        Self { shared, request, terms, former, reservation, written: false }
    }

    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    pub(super) fn is_again(&self) -> bool {
        self.former.is_some()
    }

    /// Ends as the terms have it for a lost leader.
    pub(super) fn lost_for_good(self) {
        let lost = self.terms.lost.settlement();
        self.end(lost, Duration::ZERO, None);
    }

    async fn claim(&mut self) -> Result<(), Unavailable> {
        let core = &self.shared.core;
        // A store that is known to fail is not even asked; it tries by itself whether it still does.
        if !*core.sound.borrow() || core.queued.load(Ordering::Relaxed) >= limits::QUEUED_WRITES_MAX {
            return Err(Unavailable::Unreachable);
        }
        if self.terms.repeat == Repeat::Always {
            return Ok(());
        }
        let Terms { repeat, configuration, ref lost, .. } = self.terms;
        let (request, lost) = (self.request.clone(), lost.settlement());
        let claimed = Claimed { request, repeat, configuration, lost, lost_until: None };
        let (reply, answer) = oneshot::channel();
        // From here on it may be there, also when this is dropped at the await.
        self.written = true;
        self.shared.ask(Op::Claim { id: self.request.id, claim: claimed.encode(), reply });
        match answer.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => {
                self.written = why == NotClaimed::Perhaps;
                Err(Unavailable::Unreachable)
            }
            Err(_) => Err(Unavailable::Unreachable),
        }
    }

    fn end(mut self, settlement: Settlement, patience: Duration, done: Option<oneshot::Sender<()>>) {
        let record = Arc::new(self.request.settled(settlement, self.shared.core.clock.now()));
        if let Some(reservation) = &mut self.reservation {
            reservation.shrink_to(record.settlement.answer.bytes() as u64 + limits::RECORD_OVERHEAD_BYTES);
        }
        self.shared.ask(Op::Settle(Box::new(Settling {
            core: self.shared.core.clone(),
            record,
            durable: self.terms.repeat == Repeat::Never,
            reservation: self.reservation.take(),
            lost: self.terms.lost.clone(),
            deadline: Instant::now() + patience,
            progress: Progress::Awaited,
            done,
        })));
    }
}

impl Settle for Slot {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(self.claim())
    }

    fn settle(self: Box<Self>, settlement: Settlement, patience: Duration) -> BoxFuture<'static, ()> {
        let (done, told) = oneshot::channel();
        let (core, request, lost) = (self.shared.core.clone(), self.request.clone(), self.terms.lost.clone());
        self.end(settlement, patience, Some(done));
        Box::pin(async move {
            // Dropped with the writer, everybody has been told as well. One that a disk holds up, which neither writes nor
            // fails, cannot give up in time.
            if timeout(patience + limits::WRITER_GRACE, told).await.is_err() {
                tracing::error!(key = %request.id.short(), "the disk does not answer: an outcome is unknown for now");
                core.shards.owe(&Arc::new(request.settled(lost.settlement(), core.clock.now())));
            }
        })
    }

    fn lose(self: Box<Self>) {
        if self.terms.repeat == Repeat::Never {
            return self.lost_for_good();
        }
        let until = self.shared.core.clock.now().after(self.terms.lost_life());
        let lost = Lost::new(self.request.clone(), &self.terms, until);
        if self.terms.repeat == Repeat::SameConfiguration {
            self.shared.ask(Op::Reclaim { id: self.request.id, lost: Some(lost.as_claimed()) });
        }
        self.shared.core.shards.end(
            &self.request.id,
            Some((Entry::Lost(Box::new(lost)), until)),
            Ending::Lost,
        );
    }

    fn withdraw(mut self: Box<Self>, why: Option<Unavailable>) {
        let former = self.former.take();
        // Before the key is free: whoever claims it next comes behind this.
        if self.written {
            let lost = former.as_ref().map(Lost::as_claimed);
            self.shared.ask(Op::Reclaim { id: self.request.id, lost });
        }
        let former = former.map(|lost| {
            let until = lost.until;
            (Entry::Lost(Box::new(lost)), until)
        });
        self.shared.core.shards.end(&self.request.id, former, why.map_or(Ending::Lost, Ending::Refused));
    }
}
