//! Waiting for a leader elsewhere: woken by Redis' word that the claim has ended, and, should that be lost, at the end of
//! its lease or after a bounded time. No connection is held meanwhile.

use std::{sync::Arc, time::Duration};

use outcall_protocol::digest::Digest;
use tokio::time::{Instant, timeout};

use super::{
    Inner,
    local::{Led, Seat},
    reply::{Known, Verdict},
    script,
};
use crate::{ledger::Ending, limits};

/// Tells those who wait in this seat how the claim of another ended.
pub(super) async fn until_the_end(redis: Arc<Inner>, id: Digest, seat: Seat, left_millis: u64) {
    let mut pause = redis.pause(left_millis);
    let mut heard = Instant::now();
    loop {
        let _ = timeout(pause, seat.notified()).await;
        if !redis.locals.is_watched(id, &seat) {
            return;
        }
        pause = match redis.run_assured(id, &script::look(&redis.options, id)).await {
            Ok(Verdict::Known(Known::Claimed { left_millis })) => {
                heard = Instant::now();
                redis.pause(left_millis)
            }
            Ok(Verdict::Known(known)) => return end(&redis, id, &seat, known),
            // Whoever claims again is told that the ledger cannot be reached.
            _ if heard.elapsed() > limits::REDIS_FOLLOW_PATIENCE => {
                return end(&redis, id, &seat, Known::Lost);
            }
            _ => limits::REDIS_PAUSE,
        };
    }
}

/// Tells those who wait in this seat what stands in the place of a claim that is over.
pub(super) fn end(redis: &Arc<Inner>, id: Digest, seat: &Seat, known: Known) {
    let ending = match known {
        Known::Settled(stored) => match stored.record(id) {
            Ok(record) => Ending::Settled(redis.at_hand(record)),
            Err(damaged) => {
                tracing::error!(cause = %damaged, "a key cannot be served");
                Ending::Lost
            }
        },
        Known::Claimed { left_millis } => {
            tokio::spawn(until_the_end(redis.clone(), id, seat.clone(), left_millis));
            return;
        }
        Known::Lost | Known::Absent => match redis.locals.led(id, seat) {
            // Redis has forgotten a call that this process made: nobody here may take it for one that was not.
            Some((request, Led { unknown: Some(unknown), .. })) => {
                tracing::error!(key = %id.short(), "the ledger has lost a claim that is in flight");
                Ending::Settled(Arc::new(request.settled(unknown, redis.seen.now())))
            }
            _ => Ending::Lost,
        },
    };
    redis.locals.end(id, seat, ending);
}

impl Inner {
    /// A little longer than the lease, and never long.
    fn pause(&self, left_millis: u64) -> Duration {
        Duration::from_millis(left_millis.saturating_add(1)).min(self.options.recheck)
    }
}
