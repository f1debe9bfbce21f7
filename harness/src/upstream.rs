//! A service for tests: a scripted, counting HTTP/1.1 server on loopback, so that a CI run asks nobody in the world.
//!
//! It answers what the script says and nothing else: no date, no server, no header but `content-length`. So whatever
//! differs between two answers was written into the script.
//!
//! ```
//! use outcall_harness::{Answer, Network, Request, Upstream, adapter::Adapter};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = Upstream::script()
//!     .on("/price", Answer::json(r#"{"price":"6.88"}"#))
//!     // No two answers are the same: the number counts the requests of this line, from 0.
//!     .each("POST /orders", |order| Answer::json(format!(r#"{{"receipt":{}}}"#, order.number)))
//!     // The first request is refused; all that come after it are not.
//!     .in_turn("/busy", [Answer::new(429).header("retry-after", "1"), Answer::text("welcome")])
//!     .on("/broken/*", Answer::text("half of it").cut_off_after(4))
//!     .start()
//!     .await;
//!
//! let network = Network::trusting_nobody()?;
//! let status = async |path: &str| {
//!     let fetched = Adapter::new(&network).fetch(&Request::get(service.url(path))).await;
//!     fetched.outcome.map(|response| response.status).ok()
//! };
//! assert_eq!((status("/busy").await, status("/busy").await), (Some(429), Some(200)));
//! assert_eq!((status("/price?pair=ICP").await, status("/broken/now").await), (Some(200), None));
//! assert_eq!(service.requests()[2].query.as_deref(), Some("pair=ICP"));
//! service.expect_requests(4);
//! # Ok(())
//! # }
//! ```
//!
//! ```text
//! upstream          starts, counts, and is held to its script at the end
//!   script            which line of it a request meets, and how often that was met
//!   answer            what a request gets: an answer, or one of the ways to get none
//!   gate              when it gets it: never by a clock
//!   seen              a request, as it came
//!   connection        reads requests, writes answers
//! ```
//!
//! **A service in a test may not be kinder than the script.** A request that no line foresees is answered 404 and fails
//! the test when the upstream is dropped; so does an answer of [`Script::in_turn`] that nobody came for.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

mod answer;
mod connection;
mod gate;
mod script;
mod seen;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use gate::{Gate, PATIENCE};
pub use script::Script;
pub use seen::Seen;

/// How many requests are kept. All are counted.
const KEPT_MAX: usize = 10_000;

/// A running service. Dropped, it closes its connections and is held to its script, as by [`Upstream::finish`], unless
/// the test is failing already.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
    is_checked: bool,
}

#[derive(Debug)]
struct Shared {
    script: Script,
    log: Mutex<Log>,
}

/// What has come.
#[derive(Debug, Default)]
struct Log {
    hits: usize,
    seen: Vec<Seen>,
    /// How often each line of the script was met.
    met: Vec<usize>,
    complaints: Vec<String>,
}

impl Upstream {
    /// A script without a line, to be written.
    pub fn script() -> Script {
        Script::default()
    }

    /// Starts a service that gives everybody that answer, at every path.
    ///
    /// # Panics
    /// See [`Script::start`].
    pub async fn always(answer: Answer) -> Self {
        Self::script().on("*", answer).start().await
    }

    /// Starts a service that answers each request by a rule, at every path.
    ///
    /// # Panics
    /// See [`Script::start`].
    pub async fn each(rule: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self::script().each("*", rule).start().await
    }

    async fn start(script: Script) -> Self {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let bound = bound.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) =
            bound.unwrap_or_else(|error| panic!("an upstream cannot listen on loopback: {error}"));
        let shared = Arc::new(Shared { script, log: Mutex::default() });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self { address, shared, accepting, is_checked: false }
    }

    /// The URL of that path here, which starts with `/` or is empty.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Where it listens: 127.0.0.1, and a port of its own.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests came whole.
    pub fn hits(&self) -> usize {
        self.shared.log().hits
    }

    /// The requests that came whole, in the order in which they did; at most the first 10,000.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.log().seen.clone()
    }

    /// Holds the service to a number of requests that came whole: what thirteen replicas ask directly comes thirteen
    /// times, and once where a gateway stands in between.
    ///
    /// # Panics
    /// When it were more or less; the message lists them.
    #[track_caller]
    pub fn expect_requests(&self, requests: usize) -> &Self {
        let (hits, told) = (self.hits(), self.told());
        assert!(hits == requests, "expected {}, but {} came{told}", count(requests), count(hits));
        self
    }

    /// Stops, and says what came.
    ///
    /// # Panics
    /// When a request came that no line of the script foresees, when an answer of [`Script::in_turn`] was not asked
    /// for, when something came that is no HTTP/1.1, and when a rule panicked.
    pub async fn finish(mut self) -> Vec<Seen> {
        self.is_checked = true;
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
        self.check();
        self.requests()
    }

    #[track_caller]
    fn check(&self) {
        let log = self.shared.log();
        let mut complaints = log.complaints.clone();
        complaints.extend(self.shared.script.left_over(&log.met));
        drop(log);
        assert!(complaints.is_empty(), "the upstream's script: {}{}", complaints.join("; "), self.told());
    }

    /// The requests that came, for messages.
    fn told(&self) -> String {
        const TOLD_MAX: usize = 20;
        let log = self.shared.log();
        let mut told: String = log.seen.iter().take(TOLD_MAX).map(|seen| format!("\n  {seen}")).collect();
        if log.hits > TOLD_MAX {
            told.push_str(&format!("\n  and {} more", log.hits - TOLD_MAX));
        }
        if told.is_empty() { told } else { format!(":{told}") }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.accepting.abort();
        if !self.is_checked && !std::thread::panicking() {
            self.check();
        }
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complain(&self, complaint: String) {
        self.log().complaints.push(complaint);
    }

    /// What a request gets, now that it is here.
    fn answer(&self, mut seen: Seen) -> Answer {
        let mut log = self.log();
        let line = self.script.line_of(&seen);
        if let Some(line) = line {
            let lines = log.met.len().max(line + 1);
            log.met.resize(lines, 0);
            seen.number = log.met[line];
            log.met[line] += 1;
        } else {
            log.complaints.push(format!("it foresees no {} {}", seen.method, seen.path));
        }
        log.hits += 1;
        if log.seen.len() < KEPT_MAX {
            log.seen.push(seen.clone());
        }
        drop(log);
        match line {
            Some(line) => self.script.answer(line, &seen),
            None => Answer::new(404).body("no line of this upstream's script foresees that"),
        }
    }
}

fn count(requests: usize) -> String {
    let s = if requests == 1 { "" } else { "s" };
    format!("{requests} request{s}")
}

/// Owns the connections: when this task is aborted they close.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let shared = shared.clone();
                connections.spawn(async move { connection::serve(stream, &shared).await });
            }
            Some(ended) = connections.join_next() => {
                if ended.is_err_and(|error| error.is_panic()) {
                    shared.complain("a rule of it panicked".to_owned());
                }
            }
        }
    }
}
