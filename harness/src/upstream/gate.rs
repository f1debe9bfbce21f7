//! A gate that answers wait at, so that "while the service is still thinking" is a fact and not a guess about
//! milliseconds.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, time::timeout};

/// How long a test waits for what must happen before it fails. Far more than it takes, so it decides nothing.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Holds answers back until it is opened. Clones are the same gate.
///
/// ```
/// use outcall_harness::{adapter::{Adapter, Network}, outcall::Request, upstream::{Answer, Gate, Upstream}};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let gate = Gate::new();
/// let upstream = Upstream::always(Answer::text("4.23").behind(&gate)).await;
/// let (network, request) = (Network::trusting_nobody()?, Request::get(upstream.url("/")));
/// let adapter = Adapter::new(&network);
/// let (fetched, ()) = tokio::join!(adapter.fetch(&request), async {
///     gate.reached_by(1).await;
///     // The request is there, and has no answer yet.
///     gate.open();
/// });
/// assert_eq!(fetched.outcome?.body, b"4.23");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Gate {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// It opens by itself when so many have come.
    opens_at: usize,
    arrived: watch::Sender<usize>,
    open: watch::Sender<bool>,
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self::opening_at(usize::MAX)
    }

    /// A gate that opens by itself when so many requests stand before it: proof that all of them were out at once.
    pub fn opening_at(requests: usize) -> Self {
        let (arrived, open) = (watch::Sender::new(0), watch::Sender::new(requests == 0));
        Self { inner: Arc::new(Inner { opens_at: requests, arrived, open }) }
    }

    /// Opens it for those who wait and for everybody after them.
    pub fn open(&self) {
        self.inner.open.send_replace(true);
    }

    /// Waits until so many requests, in all, have come to the gate.
    ///
    /// # Panics
    /// When it were fewer after [`PATIENCE`].
    pub async fn reached_by(&self, requests: usize) {
        let mut arrived = self.inner.arrived.subscribe();
        let enough = timeout(PATIENCE, arrived.wait_for(|count| *count >= requests)).await.is_ok();
        assert!(enough, "{} of {requests} requests reached the gate in {PATIENCE:?}", self.arrivals());
    }

    /// How many requests have come to the gate so far, whether they still wait or not.
    pub fn arrivals(&self) -> usize {
        *self.inner.arrived.borrow()
    }

    /// Comes to the gate, and waits until it is open.
    pub(super) async fn pass(&self) {
        self.inner.arrived.send_modify(|count| *count += 1);
        if self.arrivals() >= self.inner.opens_at {
            self.open();
        }
        // The sender lives in `self`, so this ends by the gate's opening alone.
        let _ = self.inner.open.subscribe().wait_for(|open| *open).await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}
