//! Takes spans from the queue to the collector, many together.
//!
//! While the collector is away one batch is tried again and the queue fills up; when that is full, spans are left out. So an
//! outage costs a bounded number of bytes, and is said once at its beginning and once at its end.

use std::sync::Arc;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{Collector, Span, collector::NotTaken};
use crate::{app::App, limits};

/// Spans on their way.
pub(crate) struct Export {
    app: Arc<App>,
    collector: Collector,
    spans: mpsc::Receiver<Span>,
    /// Since it was said that the collector takes nothing.
    silent: bool,
    /// Spans that it has refused since then.
    refused: usize,
}

impl Export {
    /// From now on spans are kept for this collector. Nothing, where another has them already.
    pub(crate) fn new(app: Arc<App>, collector: Collector) -> Option<Self> {
        let spans = app.stats.traces.open()?;
        Some(Self { app, collector, spans, silent: false, refused: 0 })
    }

    /// Goes on until `over`; what is there then is handed over at once, if the collector takes it without delay.
    pub(crate) async fn run(mut self, over: CancellationToken) {
        let mut batch = Vec::with_capacity(limits::SPANS_AT_ONCE);
        if over.run_until_cancelled(self.carry(&mut batch)).await.is_some() {
            return;
        }
        self.spans.close();
        let flushing = async {
            loop {
                self.fill(&mut batch).await;
                if batch.is_empty() || self.collector.take(&batch).await.is_err() {
                    return;
                }
                batch.clear();
            }
        };
        let _ = timeout(limits::SPANS_FLUSH, flushing).await;
    }

    /// Batch by batch. Whenever it is dropped, what was not taken is in `batch`.
    async fn carry(&mut self, batch: &mut Vec<Span>) {
        loop {
            self.fill(batch).await;
            if batch.is_empty() {
                return;
            }
            match self.collector.take(batch).await {
                Ok(()) => {
                    self.taken();
                    batch.clear();
                }
                Err(NotTaken::Refused(status)) => {
                    self.complain(&format!("it answers {status}"));
                    self.refused += batch.len();
                    batch.clear();
                }
                Err(NotTaken::Away(cause)) => {
                    self.complain(&cause);
                    sleep(limits::SPANS_PAUSE).await;
                }
            }
        }
    }

    /// What there is, and a moment later the rest of what belongs together. Nothing, when there is nothing more to come.
    async fn fill(&mut self, batch: &mut Vec<Span>) {
        let mut room = limits::SPANS_AT_ONCE.saturating_sub(batch.len());
        if batch.is_empty() {
            room -= self.spans.recv_many(batch, room).await;
        }
        let soon = Instant::now() + limits::SPANS_PAUSE;
        while room > 0 {
            match timeout_at(soon, self.spans.recv_many(batch, room)).await {
                Ok(more @ 1..) => room -= more,
                Ok(0) | Err(_) => return,
            }
        }
    }

    fn complain(&mut self, cause: &str) {
        if !self.silent {
            tracing::warn!(collector = %self.collector, cause, "traces are not taken; answers do not wait for that");
        }
        self.silent = true;
    }

    fn taken(&mut self) {
        let lost = self.app.stats.traces.left_out() + self.refused as u64;
        match (self.silent, lost) {
            (true, _) => {
                tracing::info!(collector = %self.collector, spans_lost = lost, "traces are taken again")
            }
            (false, 0) => {}
            (false, _) => tracing::warn!(
                spans_lost = lost,
                "traces were left out: they come faster than they are taken"
            ),
        }
        (self.silent, self.refused) = (false, 0);
    }
}
