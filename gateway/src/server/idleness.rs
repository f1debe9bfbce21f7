//! How long a connection has been without a request.
//!
//! HTTP/1.1 has a clock of its own for this, but it starts with the first bytes of the protocol, and HTTP/2 has none: a
//! client that says nothing, or only answers pings, would hold its place for ever.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::{Instant, sleep_until};

use crate::limits;

/// The idleness of one connection.
#[derive(Clone)]
pub(super) struct Idleness(Arc<Mutex<State>>);

struct State {
    requests: usize,
    since: Instant,
}

/// A request of the connection; over when dropped.
pub(super) struct InUse(Idleness);

impl Default for Idleness {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { requests: 0, since: Instant::now() })))
    }
}

impl Idleness {
    pub(super) fn in_use(&self) -> InUse {
        self.state().requests += 1;
        InUse(self.clone())
    }

    /// Ready when the connection has been idle for too long.
    pub(super) async fn too_long(&self) {
        loop {
            let patience_ends = match &*self.state() {
                State { requests: 0, since } => *since + limits::IDLE_TIMEOUT,
                _ => Instant::now() + limits::IDLE_TIMEOUT,
            };
            if patience_ends <= Instant::now() {
                return;
            }
            sleep_until(patience_ends).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests -= 1;
        state.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_request_is_idle_from_its_beginning() {
        let started = Instant::now();
        Idleness::default().too_long().await;
        assert_eq!(started.elapsed(), limits::IDLE_TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_ends_idleness_for_as_long_as_it_takes() {
        let (idleness, started) = (Idleness::default(), Instant::now());
        let in_use = idleness.in_use();
        let request = async {
            tokio::time::sleep(limits::IDLE_TIMEOUT * 3).await;
            drop(in_use);
        };
        tokio::join!(idleness.too_long(), request);
        let idle = started.elapsed() - limits::IDLE_TIMEOUT * 3;
        assert!(idle >= limits::IDLE_TIMEOUT, "closed {:?} after the answer", idle);
        assert!(idle <= limits::IDLE_TIMEOUT + Duration::from_millis(1), "stayed {idle:?}");
    }
}
