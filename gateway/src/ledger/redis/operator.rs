//! What operators ask of a key: to see it, and to have it forgotten.
//!
//! A key that is forgotten may be at hand in any gateway, where it would be replayed on. So they are told over the channel on
//! which the ends of claims are told. Who had no ear at that moment has nothing at hand any more when he listens again
//! (`upkeep`). What was on its way from Redis when the word came is thrown away a little later.

use std::sync::Arc;

use outcall_protocol::digest::Digest;
use tokio::time::sleep;

use super::{
    Inner,
    reply::{Known, Verdict},
    script,
};
use crate::{
    ledger::{Standing, Unavailable},
    limits,
};

/// What stands before the digest in the word of a key that is forgotten.
pub(super) const FORGOTTEN: &[u8] = b"forgotten:";

impl Inner {
    /// Whoever polls is given what is seen here, so nothing is shown that may still be lost.
    pub(super) async fn look(self: &Arc<Self>, id: Digest) -> Result<Standing, Unavailable> {
        let said = self.run_assured(id, &script::look(&self.options, id)).await;
        said.map_err(|failure| {
            tracing::warn!(key = %id.short(), cause = %failure, "a key could not be looked at");
            Unavailable::Unreachable
        })
        .and_then(|said| standing(id, said))
    }

    pub(super) async fn forget(self: &Arc<Self>, id: Digest) -> Result<Standing, Unavailable> {
        let said = self.run_durably(&script::forget(&self.options, id)).await;
        // Also when the word of it was lost on the way.
        self.forget_here(id);
        said.map_err(|failure| {
            tracing::warn!(key = %id.short(), cause = %failure, "a key could not be forgotten");
            Unavailable::Unreachable
        })
        .and_then(|said| standing(id, said))
    }

    /// The record of this key is not at hand any more.
    pub(super) fn forget_here(self: &Arc<Self>, id: Digest) {
        self.hot.forget(&id);
        let redis = self.clone();
        tokio::spawn(async move {
            sleep(limits::REDIS_FORGET_AGAIN).await;
            redis.hot.forget(&id);
        });
    }
}

fn standing(id: Digest, said: Verdict) -> Result<Standing, Unavailable> {
    match said {
        Verdict::Known(Known::Absent) => Ok(Standing::Absent),
        Verdict::Known(Known::Claimed { .. }) => Ok(Standing::InFlight),
        Verdict::Known(Known::Lost) => Ok(Standing::Lost),
        Verdict::Known(Known::Settled(stored)) => match stored.record(id) {
            Ok(record) => Ok(Standing::Settled(Arc::new(record))),
            Err(damaged) => {
                tracing::error!(cause = %damaged, "a key cannot be read");
                Err(Unavailable::Unreachable)
            }
        },
        unexpected => {
            tracing::error!(?unexpected, "Redis answers an operator with what is no answer");
            Err(Unavailable::Unreachable)
        }
    }
}
