//! The replicas: three ways to ask, all from this process, which does nothing else meanwhile.
//!
//! ```text
//! rounds     closed: each group of replicas asks for a key together, and for the next one when all have their answer
//! paced      open: requests at a rate, whatever becomes of those before
//! bursts     open: keys at a rate, each by all replicas of a subnet, whose arrivals are spread
//! ```
//!
//! Every answer is held to what it must be: where two answers are the same bytes, to all of the first one's; where a date makes
//! them differ, to its length and status. A run with one wrong answer has no result.

use std::{
    io::{self, ErrorKind},
    time::Duration,
};

use mio::{Events, Poll};

pub(crate) mod bursts;
mod connection;
pub(crate) mod paced;
pub(crate) mod rounds;

/// Why there is no result.
pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Waits for events. A process that was paused and goes on is interrupted in this, which is no end of a run.
fn wait(poll: &mut Poll, events: &mut Events, patience: Duration) -> io::Result<()> {
    loop {
        match poll.poll(events, Some(patience)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            waited => return waited,
        }
    }
}
