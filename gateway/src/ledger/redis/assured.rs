//! Records that another gateway has written, and that must not be lost: nobody here has them before they are on stable
//! storage.
//!
//! Where a server acknowledges what it has not synced, a record can be read that a crash still takes away. The claim would
//! stand in its place again, to become *unknown* if its leader were gone too; whoever had been given the record would have
//! another answer than everybody else. `WAITAOF` waits for what its own connection has written, so that a read which is to
//! wait writes something behind the record. Whoever has seen a record on stable storage marks it, and nobody waits again.

use std::sync::Arc;

use outcall_protocol::digest::Digest;

use super::{
    Inner,
    link::Failure,
    reply::{Known, Verdict},
    script::{self, Call},
};

impl Inner {
    /// Calls a script that says what a key is worth. A record that it tells of can be given to anybody.
    pub(super) async fn run_assured(self: &Arc<Self>, id: Digest, call: &Call) -> Result<Verdict, Failure> {
        let verdict = self.run(call).await?;
        self.assured(id, verdict).await
    }

    /// What is said of a key, when nothing of it can be lost any more.
    pub(super) async fn assured(self: &Arc<Self>, id: Digest, said: Verdict) -> Result<Verdict, Failure> {
        match &said {
            Verdict::Known(Known::Settled(stored)) if stored.unsure && self.must_be_waited_for() => {}
            _ => return Ok(said),
        }
        // Read anew: what was read before may be lost already.
        let said = self.run_durably(&script::assure(&self.options, id)).await?;
        if let Verdict::Known(Known::Settled(stored)) = &said {
            self.mark(id, stored.token.clone());
        }
        Ok(said)
    }

    /// The record that this token has left is on stable storage: others need not wait for that.
    pub(super) fn mark(self: &Arc<Self>, id: Digest, token: String) {
        if !self.must_be_waited_for() {
            return;
        }
        let redis = self.clone();
        self.work(async move {
            // A mark that is not made costs others a wait.
            let _ = redis.run(&script::sure(&redis.options, id, &token)).await;
        });
    }
}
