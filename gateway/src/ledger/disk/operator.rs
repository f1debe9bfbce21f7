//! What operators ask of a key: to see it, and to have it forgotten.

use outcall_protocol::digest::Digest;
use tokio::{sync::oneshot, time::timeout};

use super::{Disk, op::Op};
use crate::{
    ledger::{Standing, Unavailable},
    limits,
};

impl Disk {
    pub(super) async fn standing(&self, id: Digest) -> Result<Standing, Unavailable> {
        match self.here(&id) {
            Some(standing) => Ok(standing),
            None => Ok(self.recorded(&id).await?.map_or(Standing::Absent, Standing::Settled)),
        }
    }

    pub(super) async fn forgotten(&self, id: Digest) -> Result<Standing, Unavailable> {
        if let Some(standing) = self.here(&id) {
            return Ok(standing);
        }
        let (reply, forgotten) = oneshot::channel();
        self.0.ask(Op::Forget { id, reply });
        match timeout(limits::ADMIN_TIMEOUT / 2, forgotten).await {
            Ok(Ok(said)) => said,
            Ok(Err(_)) | Err(_) => Err(Unavailable::Unreachable),
        }
    }

    /// What the keys in memory say of it.
    fn here(&self, id: &Digest) -> Option<Standing> {
        let core = &self.0.core;
        let now = core.clock.now();
        let standing = core.shards.of(id).get(id, now).map(Into::into);
        // Owed to the disk: it is not over yet.
        standing.map(
            |standing| if matches!(standing, Standing::Settled(_)) { Standing::InFlight } else { standing },
        )
    }
}
