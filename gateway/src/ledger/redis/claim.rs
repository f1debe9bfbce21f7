//! A claim: one request of this process asks Redis what its key is worth.
//!
//! It asks in a task of the store's own. Should its client leave meanwhile, the claim that nobody takes withdraws itself,
//! and one of the others here asks.

use std::sync::Arc;

use http::HeaderName;
use outcall_protocol::digest::Digest;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep},
};

use super::{
    Inner, follow,
    lead::{self, Slot},
    link::Failure,
    local::{Found, Hold, Led, Place, Told, replay},
    reply::{Known, Verdict},
    script::{self, Call, Claiming, Token},
};
use crate::{
    ledger::{Ask, Claim, Lead, Record, Repeat, Request, Timestamp, Unavailable},
    limits,
};

/// What Redis says of a key that is not in flight here.
enum Worth {
    Lead { again: bool, request: Request },
    Claimed { request: Request, left_millis: u64 },
    Settled(Arc<Record>),
    Conflict,
}

impl Inner {
    /// What the key is worth now.
    pub(super) async fn claim(self: &Arc<Self>, ask: &Ask) -> Result<Claim, Unavailable> {
        loop {
            if let Some(record) = self.hot.get(&ask.id, self.seen.now()) {
                return Ok(replay(ask, &record));
            }
            match self.locals.find(ask) {
                Found::Known(claim) => return Ok(claim),
                Found::Asking(told) => match told.hear().await {
                    Some(Told::Settled(record)) => return Ok(replay(ask, &record)),
                    Some(Told::Unavailable(why)) => return Err(why),
                    // There is more to be found here now, or nothing any more.
                    None => {}
                },
                Found::Nothing(place) => {
                    let (tell, told) = oneshot::channel();
                    tokio::spawn(enter(self.clone(), ask.clone(), place, tell));
                    return told.await.unwrap_or(Err(Unavailable::Unreachable));
                }
            }
        }
    }

    async fn worth(self: &Arc<Self>, ask: &Ask, token: &Token) -> Result<Worth, Unavailable> {
        let mut request = ask.as_new();
        let patience = Instant::now() + limits::REDIS_CLAIM_PATIENCE;
        // Names and epochs take one more round each; more of them than that is an unreachable ledger.
        for _ in 0..limits::REDIS_CLAIM_ROUNDS {
            let epoch = self.seen.epoch();
            let claiming = Claiming {
                ask,
                token,
                names: &written(&request.names),
                fingerprint: request.fingerprint.digest(),
                unknown: &unknown(ask, &request).encode(),
                epoch: &epoch,
            };
            let call = script::claim(&self.options, &claiming);
            let verdict = self.ask_patiently(ask.id, &call, patience).await.map_err(|failure| {
                tracing::warn!(key = %ask.id.short(), cause = %failure, "a key could not be claimed");
                lead::release_in_time(self.clone(), ask.id, token.clone());
                Unavailable::Unreachable
            })?;
            match verdict {
                Verdict::Lead { again } => return Ok(Worth::Lead { again, request }),
                Verdict::Known(Known::Claimed { left_millis }) => {
                    return Ok(Worth::Claimed { request, left_millis });
                }
                Verdict::Known(Known::Settled(stored)) => match stored.record(ask.id) {
                    Ok(record) => return Ok(Worth::Settled(self.at_hand(record))),
                    Err(damaged) => {
                        tracing::error!(cause = %damaged, "a key cannot be served");
                        return Err(Unavailable::Unreachable);
                    }
                },
                Verdict::Conflict => return Ok(Worth::Conflict),
                Verdict::Full => return Err(Unavailable::Full),
                Verdict::Names(names) => request = compared_by(ask, &names)?,
                Verdict::Forgotten if self.seen.epoch().id > epoch.id => {}
                Verdict::Forgotten => {
                    tracing::error!(
                        key = %ask.id.short(),
                        "the ledger is new or has lost records: requests that must not be repeated are refused until \
                         `outcall-gateway accept-loss` is run"
                    );
                    return Err(Unavailable::Forgotten);
                }
                unexpected => {
                    tracing::error!(?unexpected, "Redis answers a claim with what is no answer");
                    return Err(Unavailable::Unreachable);
                }
            }
        }
        Err(Unavailable::Unreachable)
    }

    /// A record that Redis has.
    pub(super) fn at_hand(&self, record: Record) -> Arc<Record> {
        let record = Arc::new(record);
        self.hot.insert(&record);
        record
    }

    /// Asks again while there is patience: a server that restarts, or a connection that broke, is no reason to refuse.
    /// Asked twice under the same token, it is the same claim.
    async fn ask_patiently(
        self: &Arc<Self>,
        id: Digest,
        call: &Call,
        patience: Instant,
    ) -> Result<Verdict, Failure> {
        loop {
            match self.run_assured(id, call).await {
                Err(failure) if failure.may_pass() && Instant::now() < patience => {
                    sleep(limits::REDIS_PAUSE).await
                }
                said => return said,
            }
        }
    }
}

async fn enter(redis: Arc<Inner>, ask: Ask, place: Place, tell: oneshot::Sender<Result<Claim, Unavailable>>) {
    let token = redis.tokens.next();
    let asked = Instant::now();
    let claim = match redis.worth(&ask, &token).await {
        // Its client has left: those who came meanwhile ask anew.
        Ok(Worth::Lead { .. }) if tell.is_closed() => {
            if redis.run(&script::release(&redis.options, ask.id, &token)).await.is_err() {
                lead::release_in_time(redis, ask.id, token);
            }
            return;
        }
        Ok(Worth::Lead { again, request }) => {
            let unknown = (ask.terms.repeat == Repeat::Never).then(|| ask.terms.lost.settlement());
            let led = Led { token: token.clone(), unknown, hold: Hold::Held };
            let (waiter, seat) = place.open(request.clone(), Some(led));
            let slot = Slot { redis: redis.clone(), request, token, seat, terms: ask.terms, asked };
            let slot = Box::new(slot);
            Ok(Claim::Lead(if again { Lead::again(slot) } else { Lead::new(slot) }, waiter))
        }
        Ok(Worth::Claimed { request, left_millis }) => {
            let (waiter, seat) = place.open(request, None);
            tokio::spawn(follow::until_the_end(redis, ask.id, seat, left_millis));
            Ok(Claim::Follow(waiter))
        }
        Ok(Worth::Settled(record)) => {
            place.tell(Told::Settled(record.clone()));
            Ok(Claim::Replay(record))
        }
        Ok(Worth::Conflict) => Ok(Claim::Conflict),
        Err(why) => {
            place.tell(Told::Unavailable(why));
            Err(why)
        }
    };
    // A lead that nobody takes any more withdraws itself.
    let _ = tell.send(claim);
}

/// What stands in the record when the leader is lost; Redis dates it then.
fn unknown(ask: &Ask, request: &Request) -> Record {
    request.settled(ask.terms.lost.settlement(), Timestamp::from_millis(0))
}

/// Header names as Redis keeps and compares them. No name contains a comma.
fn written(names: &[HeaderName]) -> String {
    names.iter().map(HeaderName::as_str).collect::<Vec<_>>().join(",")
}

fn compared_by(ask: &Ask, names: &str) -> Result<Request, Unavailable> {
    let names = names.split(',').filter(|name| !name.is_empty()).map(|name| name.parse::<HeaderName>());
    let names: Arc<[HeaderName]> = names.collect::<Result<_, _>>().map_err(|error| {
        tracing::error!(key = %ask.id.short(), cause = %error, "a claim has header names that are none");
        Unavailable::Unreachable
    })?;
    let fingerprint = ask.request.fingerprint(&names);
    Ok(Request { id: ask.id, names, fingerprint })
}
