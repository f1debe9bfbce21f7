//! What the played server keeps, and loses: its disk takes its time, and a crash takes what was not synced.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Core, Server, Status, data::Data};
use crate::simulation::dice::{chance, millis, one_of};

impl Server {
    /// How long its disk takes from now on, at most.
    pub(in crate::simulation) fn set_disk(&self, most: Duration) {
        self.0.disk.change(|disk| disk.most = most);
    }

    /// Nothing is synced from now on, or it is again.
    pub(in crate::simulation) fn stick_disk(&self, stuck: bool) {
        self.0.disk.change(|disk| disk.stuck = stuck);
    }

    /// It is gone, with whatever was not synced, from some script on. Whether anything was lost.
    pub(in crate::simulation) fn crash(&self) -> bool {
        let lost = fastrand::usize(0..=self.unsynced());
        self.lose(lost);
        lost > 0
    }

    /// How many scripts have changed what is not synced.
    pub(in crate::simulation) fn unsynced(&self) -> usize {
        self.core().unsynced.len()
    }

    /// It is gone, with the changes of the latest so many scripts.
    pub(in crate::simulation) fn lose(&self, lost: usize) {
        let mut core = self.core();
        for _ in 0..lost {
            if let Some(undo) = core.unsynced.pop() {
                core.data.take_back(undo);
            }
        }
        core.unsynced.clear();
        core.written -= lost as u64;
        self.0.synced.set(core.written);
        self.gone(&mut core);
        self.0.history.note(format_args!("redis: crashes, and loses the changes of {lost} scripts"));
    }

    /// It is gone, and its disk too.
    pub(in crate::simulation) fn lose_all(&self) {
        let mut core = self.core();
        core.data = Data::default();
        core.unsynced.clear();
        self.0.synced.set(core.written);
        self.gone(&mut core);
        self.0.history.note(format_args!("redis: crashes, and loses all"));
    }

    fn gone(&self, core: &mut Core) {
        core.scripts.clear();
        core.listeners.clear();
        self.0.status.change(|status| status.up = false);
    }

    /// It is there again, and reads its log for a while.
    pub(in crate::simulation) fn restart(&self) {
        self.core().loading_until = Instant::now() + one_of(&[Duration::ZERO, millis(0..=800)]);
        self.0.status.change(|status| *status = Status { up: true, life: status.life + 1 });
        self.0.history.note(format_args!("redis: is there again"));
    }

    pub(super) async fn sync_now_and_then(self) {
        loop {
            sleep(millis(50..=1000)).await;
            let written = self.core().written;
            let status = self.0.status.get();
            sleep(self.disk_time()).await;
            self.0.disk.until(|disk| !disk.stuck).await;
            let mut core = self.core();
            if self.0.status.get() != status {
                continue;
            }
            let synced = self.0.synced.get();
            core.unsynced.drain(..(written - synced) as usize);
            self.0.synced.set(written);
        }
    }

    pub(super) fn disk_time(&self) -> Duration {
        let most = u64::try_from(self.0.disk.get().most.as_millis()).unwrap_or(u64::MAX);
        if chance(1, 2) { Duration::ZERO } else { millis(0..=most) }
    }
}
