//! The upstreams that are played: they answer, refuse, break off before or after they have executed, and hang, as chance
//! has it; and they remember everything that ever reached them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, sleep_until, timeout_at},
};

use super::{
    dice::{chance, millis, one_of},
    history::History,
    redis::Net,
};
use crate::{
    ledger::BoxFuture,
    upstream::{Failure, Received, played::Play},
};

/// All upstreams. Clones are the same.
#[derive(Clone)]
pub(super) struct Upstreams(Arc<Inner>);

struct Inner {
    history: History,
    /// Whether nothing ever fails.
    calm: bool,
    log: Mutex<BTreeMap<String, Seen>>,
}

/// What the upstreams have seen of one key.
#[derive(Clone, Default)]
pub(super) struct Seen {
    /// How often a request may have reached its upstream.
    pub(super) reached: usize,
    /// How often it was executed.
    pub(super) executed: usize,
    /// What was asked first, and what an upstream that honours keys has answered.
    first: Option<(Bytes, (StatusCode, Bytes))>,
}

/// The upstreams as one gateway reaches them.
pub(super) struct Reach {
    pub(super) upstreams: Upstreams,
    /// Whether that gateway is still there.
    pub(super) net: Net,
    pub(super) gateway: &'static str,
}

/// What becomes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Answered,
    /// No connection.
    Refused,
    /// The connection ends without an answer.
    Broken,
    /// Nothing is ever heard.
    Silent,
    /// The answer has no end.
    TooLarge,
}

impl Upstreams {
    pub(super) fn new(history: History, calm: bool) -> Self {
        Self(Arc::new(Inner { history, calm, log: Mutex::default() }))
    }

    /// What they have seen of a key.
    pub(super) fn seen(&self, key: &str) -> Seen {
        self.log().get(key).cloned().unwrap_or_default()
    }

    fn fate(&self) -> Fate {
        use Fate::{Answered, Broken, Refused, Silent, TooLarge};
        if self.0.calm {
            Answered
        } else {
            one_of(&[Answered, Answered, Answered, Answered, Answered, Refused, Broken, Silent, TooLarge])
        }
    }

    /// The request arrives, and is executed unless that was done before under its key and the upstream honours that.
    fn execute(&self, key: &str, honours_keys: bool, said: &Bytes) -> (StatusCode, Bytes) {
        let statuses = [200, 200, 200, 201, 404, 429, 500, 503];
        let status = if self.0.calm { 200 } else { one_of(&statuses) };
        let mut log = self.log();
        let seen = log.entry(key.to_owned()).or_default();
        let asked = String::from_utf8_lossy(said);
        if let Some((first, answer)) = seen.first.as_ref().filter(|_| honours_keys) {
            let conflict =
                || (StatusCode::CONFLICT, Bytes::from(format!("{key} {asked} is another request")));
            return if first == said { answer.clone() } else { conflict() };
        }
        seen.executed += 1;
        let body = format!("{key} {asked} execution {}", seen.executed);
        let answer = (StatusCode::from_u16(status).unwrap_or_default(), Bytes::from(body));
        seen.first = Some((said.clone(), answer.clone()));
        drop(log);
        self.0.history.note(format_args!("upstream: {key} is executed, {status}"));
        answer
    }

    fn log(&self) -> MutexGuard<'_, BTreeMap<String, Seen>> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Play for Reach {
    fn attempt(
        &self,
        request: http::Request<Bytes>,
        deadline: Instant,
    ) -> BoxFuture<'_, Result<Received, Failure>> {
        Box::pin(self.attempt(request, deadline))
    }
}

impl Reach {
    async fn attempt(&self, request: http::Request<Bytes>, deadline: Instant) -> Result<Received, Failure> {
        let Upstreams(inner) = &self.upstreams;
        let key = request.uri().path().trim_start_matches('/').to_owned();
        let host = request.uri().host().unwrap_or_default().to_owned();
        let fate = self.upstreams.fate();
        if timeout_at(deadline, sleep(one_of(&[millis(0..=0), millis(1..=200), millis(0..=5_000)])))
            .await
            .is_err()
        {
            return Err(Failure::NothingSent);
        }
        if !self.net.is_alive() {
            // Whoever would send it is not there any more.
            return std::future::pending().await;
        }
        if fate == Fate::Refused {
            inner.history.note(format_args!("upstream: refuses {} for {key}", self.gateway));
            return Err(Failure::NothingSent);
        }
        inner.history.note(format_args!("upstream: {} sends {key}, to be {fate:?}", self.gateway));
        self.upstreams.log().entry(key.clone()).or_default().reached += 1;
        let said = match request.uri().query() {
            Some(query) => Bytes::from(query.to_owned()),
            None => request.into_body(),
        };
        let told = self.travel(key, &host, said);
        match fate {
            Fate::Broken => {
                let broken = timeout_at(deadline, sleep(millis(0..=4_000))).await;
                Err(broken.map_or(Failure::TimedOut, |()| Failure::BrokenOff))
            }
            Fate::Silent => {
                sleep_until(deadline).await;
                Err(Failure::TimedOut)
            }
            Fate::Answered | Fate::TooLarge | Fate::Refused => match timeout_at(deadline, told).await {
                Ok(Ok((status, _))) if fate == Fate::TooLarge => Err(Failure::TooLarge { status }),
                Ok(Ok((status, body))) => {
                    let headers =
                        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
                    Ok(Received { status, headers, body })
                }
                Ok(Err(_)) => Err(Failure::BrokenOff),
                Err(_) => Err(Failure::TimedOut),
            },
        }
    }

    /// What was sent arrives, whatever becomes of its sender; or never does.
    fn travel(&self, key: String, host: &str, said: Bytes) -> oneshot::Receiver<(StatusCode, Bytes)> {
        let (tell, told) = oneshot::channel();
        let honours_keys = host == "honours.example";
        let longest = if host == "minutes.example" { 45_000 } else { 25_000 };
        let upstreams = self.upstreams.clone();
        let arrives = upstreams.0.calm || !chance(1, 8);
        tokio::spawn(async move {
            sleep(millis(0..=300)).await;
            if !arrives {
                return;
            }
            let answer = upstreams.execute(&key, honours_keys, &said);
            let slow = !upstreams.0.calm && chance(1, 4);
            sleep(if slow { millis(0..=longest) } else { millis(0..=1_500) }).await;
            let _ = tell.send(answer);
        });
        told
    }
}
