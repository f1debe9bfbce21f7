//! Open load: keys at a rate, each by all replicas of a subnet, whose arrivals are spread, one of them a straggler. The next key
//! does not wait for the one before.
//!
//! *Quorum overhead* is what a subnet waits beyond what cannot be helped: from the later of two moments, the arrival of the
//! (n - f)-th replica and the first arrival plus the upstream's time, until the (n - f)-th replica has its answer.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::{join_all, try_join_all};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{sleep_until, timeout},
};
use tokio_rustls::TlsConnector;

use super::{Failed, connection::Expected};
use crate::message;

/// How much later than all others one replica of each burst comes.
const STRAGGLES: Duration = Duration::from_millis(500);
/// Between taking a burst's connections and its first arrival.
const LEAD_IN: Duration = Duration::from_millis(5);
/// What a replica grants its request.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is asked for, and when.
#[derive(Clone)]
pub(crate) struct Bursts {
    pub(crate) replicas: usize,
    pub(crate) per_second: f64,
    pub(crate) bursts: usize,
    /// Within which all but the straggler arrive.
    pub(crate) spread: Duration,
    /// What the upstream takes.
    pub(crate) upstream: Duration,
    pub(crate) way: Way,
}

/// How a replica is connected.
#[derive(Clone)]
pub(crate) enum Way {
    /// By a connection that was there before.
    Warm,
    /// By a new one, over TLS, as of its arrival.
    Cold(Arc<ClientConfig>),
}

/// One burst, in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Burst {
    /// Its quorum overhead.
    pub(crate) overhead: f64,
    /// How long after the first answer each of those had theirs who had arrived by then.
    pub(crate) wakes: Vec<f64>,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type Connection = Box<dyn Stream>;

/// The connections of subnets that are between two bursts.
type Idle = Arc<Mutex<Vec<Vec<Connection>>>>;

impl Bursts {
    /// Plays them all.
    pub(crate) async fn play(
        &self,
        address: SocketAddr,
        body_bytes: usize,
        is_exact: bool,
    ) -> Result<Vec<Burst>, Failed> {
        let series = format!("burst-{:08x}", fastrand::u32(..));
        let first = first(self.way.connect(address).await?, &message::order(&series)).await?;
        let expected = Arc::new(Expected::of(first, body_bytes, is_exact)?);
        let idle = Idle::default();
        let lasting = self.spread + self.upstream + STRAGGLES;
        if let Way::Warm = self.way {
            let at_once = (self.per_second * lasting.as_secs_f64()).ceil() as usize + 2;
            for _ in 0..at_once {
                let subnet = self.subnet(address).await?;
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(subnet);
            }
        }
        let began = tokio::time::Instant::now();
        let mut playing = Vec::with_capacity(self.bursts);
        for number in 0..self.bursts {
            sleep_until(began + Duration::from_secs_f64(number as f64 / self.per_second)).await;
            let burst =
                self.clone().burst(address, format!("{series}-{number:06}"), idle.clone(), expected.clone());
            playing.push(tokio::spawn(burst));
        }
        let mut played = Vec::with_capacity(self.bursts);
        for burst in playing {
            played.push(burst.await??);
        }
        Ok(played)
    }

    async fn subnet(&self, address: SocketAddr) -> Result<Vec<Connection>, Failed> {
        try_join_all((0..self.replicas).map(|_| self.way.connect(address))).await
    }

    async fn burst(
        self,
        address: SocketAddr,
        key: String,
        idle: Idle,
        expected: Arc<Expected>,
    ) -> Result<Burst, Failed> {
        let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connections: Vec<Option<Connection>> = match (&self.way, kept) {
            (Way::Cold(_), _) => (0..self.replicas).map(|_| None).collect(),
            (Way::Warm, Some(subnet)) => subnet.into_iter().map(Some).collect(),
            (Way::Warm, None) => self.subnet(address).await?.into_iter().map(Some).collect(),
        };
        let request = message::order(&key);
        let begins = Instant::now() + LEAD_IN;
        let asking = connections.into_iter().zip(self.offsets()).map(|(connection, offset)| {
            timeout(PATIENCE, self.ask(address, connection, begins + offset, &request, &expected))
        });
        let (mut arrivals, mut answers, mut subnet) = (Vec::new(), Vec::new(), Vec::new());
        for asked in join_all(asking).await {
            let (connection, arrived, answered) = asked.map_err(|_| "a replica had no answer in 30 s")??;
            arrivals.push(arrived);
            answers.push(answered);
            subnet.push(connection);
        }
        if let Way::Warm = self.way {
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(subnet);
        }
        Ok(Burst::of(&arrivals, &answers, self.upstream))
    }

    /// When each replica arrives: the first one at once, the last one long after the others.
    fn offsets(&self) -> Vec<Duration> {
        let mut offsets: Vec<Duration> =
            (0..self.replicas).map(|_| self.spread.mul_f64(fastrand::f64())).collect();
        offsets[0] = Duration::ZERO;
        if let [_, .., last] = &mut offsets[..] {
            *last = self.spread + STRAGGLES;
        }
        offsets
    }

    /// One replica: its connection, its arrival and the moment at which it has its answer.
    async fn ask(
        &self,
        address: SocketAddr,
        connection: Option<Connection>,
        at: Instant,
        request: &[u8],
        expected: &Expected,
    ) -> Result<(Connection, Instant, Instant), Failed> {
        sleep_until(at.into()).await;
        let arrived = Instant::now();
        let mut connection = match connection {
            Some(connection) => connection,
            None => self.way.connect(address).await?,
        };
        connection.write_all(request).await?;
        connection.flush().await?;
        let mut answer = vec![0; expected.bytes()];
        connection.read_exact(&mut answer).await?;
        let answered = Instant::now();
        if expected.is(&answer) {
            return Ok((connection, arrived, answered));
        }
        let said = String::from_utf8_lossy(&answer[..answer.len().min(600)]);
        Err(format!("an answer is not what it must be: {said:?}").into())
    }
}

impl Way {
    async fn connect(&self, address: SocketAddr) -> Result<Connection, Failed> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        match self {
            Self::Warm => Ok(Box::new(stream)),
            Self::Cold(config) => {
                let name = ServerName::try_from("localhost")?;
                Ok(Box::new(TlsConnector::from(config.clone()).connect(name, stream).await?))
            }
        }
    }
}

impl Burst {
    fn of(arrivals: &[Instant], answers: &[Instant], upstream: Duration) -> Self {
        let f = (arrivals.len() - 1) / 3;
        let last_of_quorum = arrivals.len() - f - 1;
        let in_order = |moments: &[Instant]| {
            let mut moments = moments.to_vec();
            moments.sort();
            moments
        };
        let (arrived, answered) = (in_order(arrivals), in_order(answers));
        let inevitable = arrived[last_of_quorum].max(arrived[0] + upstream);
        let wakes = arrivals.iter().zip(answers).filter(|(arrived, _)| **arrived < answered[0]);
        let mut wakes: Vec<f64> = wakes.map(|(_, answer)| milliseconds(answered[0], *answer)).collect();
        wakes.sort_by(f64::total_cmp);
        // The first answer is nobody's wake-up.
        wakes.drain(..wakes.len().min(1));
        Self { overhead: milliseconds(inevitable, answered[last_of_quorum]), wakes }
    }
}

/// From one moment to another, which may be the earlier one.
fn milliseconds(from: Instant, to: Instant) -> f64 {
    let later = to.saturating_duration_since(from).as_secs_f64();
    let earlier = from.saturating_duration_since(to).as_secs_f64();
    (later - earlier) * 1e3
}

/// The answer that all others are held to.
async fn first(mut connection: Connection, request: &[u8]) -> Result<Vec<u8>, Failed> {
    connection.write_all(request).await?;
    connection.flush().await?;
    let mut answer = Vec::new();
    while message::whole(&answer).is_none_or(|bytes| answer.len() < bytes) {
        if connection.read_buf(&mut answer).await? == 0 {
            return Err("the connection ended within the first answer".into());
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests;
