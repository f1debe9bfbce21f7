//! Closed load: each group of replicas asks for a key together, and for the next one when all have their answer. A group of one
//! that asks for the same key for ever is a client of replays.
//!
//! One thread, one poll, and for each answer two system calls: what the load costs is the same for whoever is measured, and
//! as little as can be.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token};

pub(crate) use super::connection::Expected;
use super::{Failed, connection::Connection, wait};
use crate::message;

/// How long nothing may happen before a run has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked for.
pub(crate) struct Rounds {
    /// Groups that ask on their own.
    pub(crate) groups: usize,
    /// Replicas of a group, a connection for each.
    pub(crate) replicas: usize,
    pub(crate) keys: Keys,
    /// Before it is measured.
    pub(crate) warm_up: Duration,
    /// While it is measured.
    pub(crate) until: Until,
}

/// Which key a round asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// The same as all others.
    Same,
    /// One that nobody has asked for.
    Fresh,
    /// The numbers from one to this, one after the other, again and again; of a series that all runs share.
    Among(u64),
}

/// When a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// After this time.
    Time(Duration),
    /// After so many answers.
    Answers(u64),
}

/// What came of it, within the measured time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Played {
    pub(crate) rounds: u64,
    pub(crate) answers: u64,
    /// Keys that were asked for, the warm-up's too.
    pub(crate) keys: u64,
    pub(crate) took: Duration,
}

impl Until {
    fn is_over(self, elapsed: Duration, answers: u64) -> bool {
        match self {
            Self::Time(time) => elapsed >= time,
            Self::Answers(enough) => answers >= enough,
        }
    }
}

impl Played {
    pub(crate) fn rounds_per_second(&self) -> f64 {
        self.rounds as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn answers_per_second(&self) -> f64 {
        self.answers as f64 / self.took.as_secs_f64()
    }
}

const SAME: &str = "replayed";
const SHARED: &str = "numbered";
const DIGITS: usize = 12;

/// A request whose key is counted up in place.
struct Request {
    bytes: Vec<u8>,
    number_at: usize,
    number: u64,
    keys: Keys,
}

impl Request {
    fn new(keys: Keys) -> Self {
        let series = match keys {
            Keys::Same => SAME.to_owned(),
            Keys::Among(_) => SHARED.to_owned(),
            Keys::Fresh => format!("round-{:08x}", fastrand::u32(..)),
        };
        let key = format!("{series}-{:0DIGITS$}", 0);
        let bytes = message::order(&key);
        let key_at = bytes.windows(key.len()).position(|window| window == key.as_bytes()).unwrap_or(0);
        Self { bytes, number_at: key_at + series.len() + 1, number: 0, keys }
    }

    /// The next round's.
    fn next(&mut self) -> &[u8] {
        self.number = match self.keys {
            Keys::Same => return &self.bytes,
            Keys::Among(most) if self.number == most => 1,
            Keys::Among(_) | Keys::Fresh => self.number + 1,
        };
        let number = format!("{:0DIGITS$}", self.number);
        self.bytes[self.number_at..self.number_at + DIGITS].copy_from_slice(number.as_bytes());
        &self.bytes
    }
}

impl Rounds {
    /// The key of all requests, where it is the same.
    pub(crate) fn same() -> String {
        format!("{SAME}-{:0DIGITS$}", 0)
    }

    /// Plays them. What is measured begins after the warm-up; `begun` is called then.
    pub(crate) fn play(
        &self,
        address: SocketAddr,
        expected: &Expected,
        mut begun: impl FnMut(),
    ) -> Result<Played, Failed> {
        let mut poll = Poll::new()?;
        let mut connections = Vec::with_capacity(self.groups * self.replicas);
        for number in 0..self.groups * self.replicas {
            let mut connection = Connection::open(address, expected)?;
            poll.registry().register(connection.stream(), Token(number), Interest::READABLE)?;
            connections.push(connection);
        }
        let mut request = Request::new(self.keys);
        let mut missing = vec![self.replicas; self.groups];
        for group in 0..self.groups {
            ask(&mut connections, group, self.replicas, request.next())?;
        }
        let mut events = Events::with_capacity(1024);
        let mut since = Instant::now();
        let (mut rounds, mut answers, mut measuring) = (0, 0, false);
        loop {
            wait(&mut poll, &mut events, PATIENCE)?;
            if events.is_empty() {
                return Err(format!("no answer for {PATIENCE:?}").into());
            }
            for event in &events {
                let Token(number) = event.token();
                if !connections[number].is_answered(expected)? {
                    continue;
                }
                answers += 1;
                let group = number / self.replicas;
                missing[group] -= 1;
                if missing[group] == 0 {
                    rounds += 1;
                    missing[group] = self.replicas;
                    ask(&mut connections, group, self.replicas, request.next())?;
                }
            }
            let elapsed = since.elapsed();
            if !measuring && elapsed >= self.warm_up {
                (measuring, rounds, answers) = (true, 0, 0);
                begun();
                since = Instant::now();
            } else if measuring && self.until.is_over(elapsed, answers) {
                return Ok(Played { rounds, answers, keys: request.number, took: elapsed });
            }
        }
    }
}

fn ask(connections: &mut [Connection], group: usize, replicas: usize, request: &[u8]) -> Result<(), Failed> {
    connections[group * replicas..][..replicas].iter_mut().try_for_each(|connection| connection.ask(request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fresh_request_has_a_key_of_its_own() {
        let mut request = Request::new(Keys::Fresh);
        let first = request.next().to_vec();
        assert!(String::from_utf8_lossy(&first).contains("-000000000001\r\n"));
        assert_eq!(request.next().len(), first.len());
        assert_ne!(request.bytes, first);
    }

    #[test]
    fn numbered_keys_begin_again() {
        let mut request = Request::new(Keys::Among(2));
        let [first, second, third] = [(); 3].map(|()| request.next().to_vec());
        assert_ne!(first, second);
        assert_eq!(first, third);
    }
}
