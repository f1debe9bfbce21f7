//! A ledger that does not say what stands: nobody waits for it for ever, and what was asked stays unanswered for that key
//! alone.

use std::{
    future::pending,
    sync::atomic::{AtomicBool, Ordering},
};

use outcall_protocol::digest::Digest;
use tokio::time::timeout;

use super::*;
use crate::{
    ledger::{Ask, Claim, Occupancy, Standing, Timestamp, Unavailable},
    limits,
};

/// A ledger that can be claimed in, and looked into only while it is not silent.
struct Silent {
    memory: Memory,
    silent: Arc<AtomicBool>,
}

impl Ledger for Silent {
    fn claim<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Claim, Unavailable>> {
        self.memory.claim(ask)
    }

    fn now(&self) -> Timestamp {
        self.memory.now()
    }

    fn occupancy(&self) -> Occupancy {
        self.memory.occupancy()
    }

    fn look<'a>(&'a self, id: &'a Digest) -> BoxFuture<'a, Result<Standing, Unavailable>> {
        if self.silent.load(Ordering::SeqCst) { Box::pin(pending()) } else { self.memory.look(id) }
    }

    fn forget<'a>(&'a self, id: &'a Digest) -> BoxFuture<'a, Result<Standing, Unavailable>> {
        self.memory.forget(id)
    }

    fn is_reachable(&self) -> bool {
        true
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_does_not_say_what_stands_is_waited_for_no_longer_than_a_poll_may_take() {
    let config = r#"{"/llm": {"upstream": "https://llm.example", "respond_async": {"cancel": true}}}"#;
    let silent = Arc::new(AtomicBool::new(false));
    let desk = Desk::of(config, Silent { memory: Memory::new(ROOM), silent: silent.clone() });
    desk.post("k").await;
    desk.asked(1).await;
    silent.store(true, Ordering::SeqCst);
    let (started, taken) = (Instant::now(), desk.app.ledger.occupancy().bytes);
    let polled = timeout(MINUTE, desk.poll(&ticket("k"), "p")).await.expect("the poll is waited for");
    refused(&polled, Problem::LedgerUnreachable);
    assert_eq!(started.elapsed(), limits::POLL_TIMEOUT);
    let cancelled = timeout(MINUTE, desk.cancel(&ticket("k"), "c")).await.expect("the cancel is waited for");
    refused(&cancelled, Problem::LedgerUnreachable);
    assert_eq!(started.elapsed(), limits::POLL_TIMEOUT + limits::CANCEL_TIMEOUT);
    assert!(desk.app.ledger.occupancy().bytes < taken + 10_000, "room for an answer is still held");
    silent.store(false, Ordering::SeqCst);
    assert_eq!(
        desk.poll(&ticket("k"), "q").await.status(),
        StatusCode::ACCEPTED,
        "the control, and the next poll"
    );
}
