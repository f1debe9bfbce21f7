//! A disk that the ledger has filled by itself: nobody else will ever make room on it.

use std::process::Command;

use super::*;
use crate::ledger::{
    Repeat,
    conformance::parts::{LIFE, PATIENT, ask, settlement},
};

/// Longer than it takes, and no reason to wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);
const BODY_BYTES: usize = 100_000;

/// A disk of 160 MB, of which 64 MiB are kept for the engine.
struct Small(Folder);

impl Small {
    fn mount() -> Self {
        let folder = Folder::new();
        std::fs::create_dir(&folder.0).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=160m", "tmpfs"]).arg(&folder.0).status();
        assert!(mounted.is_ok_and(|status| status.success()), "no tmpfs can be mounted here");
        Self(folder)
    }

    fn open(&self, clock: &Clock) -> Disk {
        let disk = Disk::open_with(&self.0.0.join("ledger"), 1 << 30, None, |_| clock.clone());
        disk.unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0.0).status();
    }
}

fn payment(number: usize) -> Ask {
    let mut payment = ask(&number.to_string(), "5 ICP", Repeat::Never);
    payment.terms.answer_bytes_max = 2 * BODY_BYTES;
    payment
}

/// Orders until nothing more fits; how many there were.
async fn fill(disk: &Disk) -> usize {
    for number in 0.. {
        let Ok(Claim::Lead(mut lead, _waiter)) = disk.claim(&payment(number)).await else {
            panic!("{number}")
        };
        if lead.begin().await.is_err() {
            return number;
        }
        // Nothing that could be compressed.
        let body: String = (0..BODY_BYTES).map(|_| fastrand::alphanumeric()).collect();
        lead.settle(settlement(&body), Duration::ZERO).await;
    }
    unreachable!("a disk has an end")
}

async fn recovers(disk: &Disk) {
    let mut sound = disk.0.core.sound.subscribe();
    let recovered = tokio::time::timeout(PATIENCE, sound.wait_for(|sound| *sound)).await;
    recovered.expect("it goes on when its records have expired").unwrap();
}

#[tokio::test]
#[ignore = "needs the right to mount a tmpfs; .ci/run runs it where it is granted"]
async fn it_has_room_again_when_its_records_have_expired() {
    let (small, clock) = (Small::mount(), Clock::held(START));
    let disk = small.open(&clock);
    let orders = fill(&disk).await;
    assert!(orders > 100, "{orders}");
    clock.advance(LIFE * 2);
    recovers(&disk).await;
    let Ok(Claim::Lead(mut lead, _waiter)) = disk.claim(&payment(0)).await else { panic!("it has expired") };
    assert_eq!(lead.begin().await, Ok(()));
    lead.settle(settlement("paid again"), PATIENT).await;
    disk.0.core.engine.close();
}

#[tokio::test]
#[ignore = "needs the right to mount a tmpfs; .ci/run runs it where it is granted"]
async fn the_next_process_serves_what_is_known_and_has_room_in_time() {
    let (small, clock) = (Small::mount(), Clock::held(START));
    let disk = small.open(&clock);
    let orders = fill(&disk).await;
    disk.0.core.engine.close();
    let disk = small.open(&clock);
    assert!(matches!(disk.claim(&payment(orders / 2)).await, Ok(Claim::Replay(_))));
    let Ok(Claim::Lead(mut lead, _waiter)) = disk.claim(&payment(orders)).await else {
        panic!("it was refused")
    };
    assert_eq!(lead.begin().await, Err(Unavailable::Unreachable));
    drop(lead);
    clock.advance(LIFE * 2);
    recovers(&disk).await;
    disk.0.core.engine.close();
}
