//! A disk without room: nothing new is sent, what is known is answered, and it goes on when there is room again.

use std::process::Command;

use outcall_tests::{
    gate::PATIENCE,
    upstream::{Act, Script, Upstream},
};
use tokio::time::timeout;

use super::*;
use crate::stage::refused;

/// A small disk of its own.
struct Disk(Folder);

impl Disk {
    fn mount() -> Self {
        let folder = Folder::new();
        std::fs::create_dir(&folder.0).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=200m", "tmpfs"]).arg(&folder.0).status();
        assert!(mounted.is_ok_and(|status| status.success()), "no tmpfs can be mounted here");
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.0.join(name)
    }

    /// Takes everything that is left, and stops when there is no more.
    fn fill(&self) {
        use std::io::Write;
        let mut ballast = std::fs::File::create(self.path("ballast")).unwrap();
        while ballast.write_all(&[0; 65_536]).is_ok() {}
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0.0).status();
    }
}

#[tokio::test]
#[ignore = "needs the right to mount a tmpfs; .ci/run runs it where it is granted"]
async fn a_full_disk_refuses_new_keys_serves_known_ones_and_recovers() {
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    let config = format!(r#"{{"/r": "{}"}}"#, upstream.url("/u"));
    let disk = Disk::mount();
    let gateway = start(&disk.path("ledger"), &config).await;
    let known = asked(&gateway, &order("known")).await;
    assert_eq!(known.status, 200);

    disk.fill();
    for key in ["one", "two"] {
        let refusal = asked(&gateway, &order(key)).await;
        refused(&refusal, 503, "ledger-unreachable", "unknown");
    }
    assert_eq!(asked(&gateway, &order("known")).await, known);
    assert_eq!(upstream.hits(), 1, "sent without a claim");

    std::fs::remove_file(disk.path("ballast")).unwrap();
    let recovered = async {
        // Each is a key of its own: who was refused stays refused.
        for key in 0.. {
            let answer = asked(&gateway, &order(&format!("later-{key}"))).await;
            if answer.status == 200 {
                break;
            }
            refused(&answer, 503, "ledger-unreachable", "unknown");
        }
    };
    timeout(PATIENCE, recovered).await.expect("it goes on when there is room again");
    refused(&asked(&gateway, &order("one")).await, 503, "ledger-unreachable", "unknown");
    assert_eq!(asked(&gateway, &order("known")).await, known);
    assert_eq!(upstream.hits(), 2);

    gateway.signal("KILL").await;
    gateway.ended().await;
    let gateway = start(&disk.path("ledger"), &config).await;
    assert_eq!(asked(&gateway, &order("known")).await, known);
}
