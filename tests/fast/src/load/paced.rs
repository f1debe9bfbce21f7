//! Open load: replays at a rate, whatever becomes of those before. One thread asks, another one reads.
//!
//! An answer's time counts from the moment at which it was due to be asked for. Where all connections are taken, the request
//! waits, and its waiting counts: a slow answer is not hidden by asking less.

use std::{
    net::SocketAddr,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token};

use super::{
    Failed,
    connection::{Connection, Expected},
    wait,
};
use crate::message;

/// How long nothing may happen before a run has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked for.
pub(crate) struct Paced {
    pub(crate) connections: usize,
    pub(crate) per_second: f64,
    pub(crate) time: Duration,
}

impl Paced {
    /// Plays it; the time that each answer took, in microseconds.
    pub(crate) fn play(
        &self,
        address: SocketAddr,
        key: &str,
        expected: &Expected,
    ) -> Result<Vec<f64>, Failed> {
        let poll = Poll::new()?;
        let (mut reading, mut asking) = (Vec::new(), Vec::new());
        let (idle, idles) = mpsc::channel();
        for number in 0..self.connections {
            let (mut connection, other) = Connection::open_twice(address, expected)?;
            poll.registry().register(connection.stream(), Token(number), Interest::READABLE)?;
            reading.push(connection);
            asking.push(other);
            idle.send(number)?;
        }
        let requests = (self.per_second * self.time.as_secs_f64()) as usize;
        let due: Vec<Mutex<Instant>> = asking.iter().map(|_| Mutex::new(Instant::now())).collect();
        thread::scope(|scope| {
            let sender = scope.spawn(|| self.ask(requests, &mut asking, &message::order(key), &due, idles));
            let took = read(poll, requests, &mut reading, expected, &due, &idle);
            drop(idle);
            let asked = sender.join().map_err(|_| "the sender of requests panicked")?;
            let took = took?;
            asked.map(|()| took)
        })
    }

    fn ask(
        &self,
        requests: usize,
        connections: &mut [std::net::TcpStream],
        request: &[u8],
        due: &[Mutex<Instant>],
        idles: Receiver<usize>,
    ) -> Result<(), Failed> {
        let began = Instant::now();
        for number in 0..requests {
            let at = began + Duration::from_secs_f64(number as f64 / self.per_second);
            thread::sleep(at.saturating_duration_since(Instant::now()));
            let connection = idles.recv_timeout(PATIENCE)?;
            *due[connection].lock().unwrap_or_else(PoisonError::into_inner) = at;
            std::io::Write::write_all(&mut connections[connection], request)?;
        }
        Ok(())
    }
}

fn read(
    mut poll: Poll,
    requests: usize,
    connections: &mut [Connection],
    expected: &Expected,
    due: &[Mutex<Instant>],
    idle: &Sender<usize>,
) -> Result<Vec<f64>, Failed> {
    let mut events = Events::with_capacity(1024);
    let mut took = Vec::with_capacity(requests);
    while took.len() < requests {
        wait(&mut poll, &mut events, PATIENCE)?;
        if events.is_empty() {
            return Err(format!("no answer for {PATIENCE:?}").into());
        }
        for event in &events {
            let Token(number) = event.token();
            if connections[number].is_answered(expected)? {
                let due = *due[number].lock().unwrap_or_else(PoisonError::into_inner);
                took.push(due.elapsed().as_secs_f64() * 1e6);
                // Who asks may have asked for all there is.
                let _ = idle.send(number);
            }
        }
    }
    Ok(took)
}
