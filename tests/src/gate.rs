//! A gate that a scripted answer waits at. The test learns when a request has arrived and decides when the answer
//! may go on, so that "while the upstream is still thinking" is a fact and not a guess about milliseconds.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long the rig waits for something that must happen before it fails the test. Far more than any test takes,
/// so it never decides an outcome; 30 s is also what the adapter grants a whole request.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Holds requests back until the test releases them. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    arrived: watch::Sender<usize>,
    open: watch::Sender<bool>,
}

impl Gate {
    /// A closed gate that nobody has reached yet.
    pub fn new() -> Self {
        Self { inner: Arc::new(Inner { arrived: watch::Sender::new(0), open: watch::Sender::new(false) }) }
    }

    /// A gate that holds nobody back. It still counts.
    pub fn open() -> Self {
        let gate = Self::new();
        gate.release();
        gate
    }

    /// Waits until a request stands at the gate, or has gone through.
    ///
    /// # Panics
    /// When none came within [`PATIENCE`].
    pub async fn reached(&self) {
        self.reached_by(1).await;
    }

    /// Waits until so many requests, in all, have come to the gate.
    ///
    /// # Panics
    /// When fewer came within [`PATIENCE`].
    pub async fn reached_by(&self, requests: usize) {
        let mut arrived = self.inner.arrived.subscribe();
        let enough = timeout(PATIENCE, arrived.wait_for(|count| *count >= requests)).await;
        assert!(
            enough.is_ok(),
            "{} of {requests} requests reached the gate in {PATIENCE:?}",
            self.arrivals()
        );
    }

    /// Requests that have come to the gate so far, whether they still wait or not.
    pub fn arrivals(&self) -> usize {
        *self.inner.arrived.borrow()
    }

    /// Opens the gate for those who wait and for everybody after them.
    pub fn release(&self) {
        self.inner.open.send_replace(true);
    }

    /// Whether the gate has been released.
    pub fn is_open(&self) -> bool {
        *self.inner.open.borrow()
    }

    /// Arrives at the gate and waits until it is open: what a scripted answer does.
    pub async fn pass(&self) {
        self.arrive();
        self.opened().await;
    }

    /// Reports an arrival without waiting.
    pub(crate) fn arrive(&self) {
        self.inner.arrived.send_modify(|count| *count += 1);
    }

    /// Waits until the gate is open.
    pub(crate) async fn opened(&self) {
        let mut open = self.inner.open.subscribe();
        // The sender lives in `self`, so the wait can only end by the gate's opening.
        let _ = open.wait_for(|open| *open).await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}
