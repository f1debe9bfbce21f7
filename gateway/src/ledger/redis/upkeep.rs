//! What goes on beside the requests: leases are prolonged, what is due is swept, and Redis' word of ended claims is
//! listened for.

use std::sync::Arc;

use ::redis::{
    aio::{PubSubSink, PubSubStream},
    cmd,
};
use futures_util::StreamExt as _;
use outcall_protocol::digest::Digest;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::{
    Inner, follow,
    link::Failure,
    operator,
    reply::{self, Verdict},
    script::{self, Token},
};
use crate::limits;

/// Prolongs the leases of all claims, several times within a lease.
pub(super) async fn renew(redis: Arc<Inner>) {
    let mut tick = interval(redis.options.lease / limits::REDIS_RENEWALS_PER_LEASE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        for claims in redis.locals.leads().chunks(limits::REDIS_RENEWED_AT_ONCE) {
            match redis.run(&script::renew(&redis.options, claims)).await {
                Ok(Verdict::Renewed { fenced }) => give_up(&redis, claims, &fenced),
                Ok(unexpected) => {
                    tracing::error!(?unexpected, "Redis answers a renewal with what is no answer")
                }
                Err(failure) => tracing::warn!(cause = %failure, "leases could not be prolonged"),
            }
        }
    }
}

/// Those who wait for a claim that was given up for lost wait for what stands in its place.
fn give_up(redis: &Arc<Inner>, claims: &[(Digest, Token)], fenced: &[Digest]) {
    for (id, token) in claims.iter().filter(|(id, _)| fenced.contains(id)) {
        // One that has ended since it was listed is not news.
        if let Some(seat) = redis.locals.fence(*id, token) {
            tracing::warn!(key = %id.short(), "a leader was given up for lost while its call was under way");
            tokio::spawn(follow::until_the_end(redis.clone(), *id, seat, 0));
        }
    }
}

/// Does what time has done to the keys, though nobody asks for them: bounded work at a time.
pub(super) async fn sweep(redis: Arc<Inner>) {
    loop {
        match redis.run(&script::sweep(&redis.options)).await {
            Ok(Verdict::Swept(keys)) if keys >= limits::SWEEP_AT_ONCE as u64 => {}
            _ => sleep(limits::REDIS_SWEEP_PAUSE).await,
        }
    }
}

/// Wakes those who wait for a claim when it has ended, over a connection that listens and does nothing else.
pub(super) async fn listen(redis: Arc<Inner>) {
    loop {
        let since = Instant::now();
        if let Err(error) = listen_once(&redis).await {
            tracing::warn!(cause = %error, "the ends of claims elsewhere cannot be listened for");
        }
        sleep(limits::REDIS_PAUSE.saturating_sub(since.elapsed())).await;
    }
}

/// Makes sure that what has ended can be told and heard. A user who may not use the channel would have every script fail
/// that tells, with half of its work done.
pub(super) async fn try_channel(redis: &Inner) -> Result<(), Failure> {
    subscribe(redis).await?;
    let (number, mut connection) = redis.link.connection().await?;
    // No key has this name.
    let told = cmd("PUBLISH").arg(channel(redis)).arg("").query_async(&mut connection).await;
    redis.link.judge(number, told).await
}

async fn subscribe(redis: &Inner) -> Result<(PubSubSink, PubSubStream), Failure> {
    let subscribing = async {
        let (mut sink, messages) = redis.dial.pubsub().await?.split();
        sink.subscribe(channel(redis)).await?;
        Ok((sink, messages))
    };
    timeout(limits::REDIS_CONNECT_TIMEOUT, subscribing).await.unwrap_or(Err(Failure::Connecting))
}

fn channel(redis: &Inner) -> String {
    format!("{}:ended", redis.options.name)
}

async fn listen_once(redis: &Arc<Inner>) -> Result<(), Failure> {
    let (mut sink, mut messages) = subscribe(redis).await?;
    // What ended before was not heard, nor what was forgotten.
    redis.locals.wake_all();
    redis.hot.clear();
    loop {
        match timeout(limits::REDIS_PING, messages.next()).await {
            Ok(Some(message)) => {
                let word = message.get_payload_bytes();
                if let Some(id) = word.strip_prefix(operator::FORGOTTEN).and_then(reply::id_of) {
                    redis.forget_here(id);
                } else if let Some(id) = reply::id_of(word) {
                    redis.locals.wake(id);
                }
            }
            Ok(None) => return Ok(()),
            // Silence: is anybody there?
            Err(_) => {
                let ping = sink.ping::<::redis::Value>();
                timeout(limits::REDIS_CONNECT_TIMEOUT, ping).await.map_err(|_| Failure::Connecting)??;
            }
        }
    }
}
