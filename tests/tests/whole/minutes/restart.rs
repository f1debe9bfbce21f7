//! A gateway that is killed between ticket and answer: the next one knows the ticket, and that nobody knows the outcome.

use outcall_tests::gateway::Process;

use super::*;
use crate::{durable::Folder, stage::refused};

async fn start(folder: &Folder, config: &str) -> Process {
    let store = format!("disk:{}", folder.path().display());
    Process::start(BINARY, config, &["--store", &store, "--log", "outcall_gateway::request=off,info"]).await
}

#[tokio::test]
async fn a_kill_between_ticket_and_answer_leaves_an_unknown_outcome_and_sends_nothing_again() {
    for members in ["", r#", "upstream_idempotent": true"#] {
        let gate = Gate::new();
        let upstream = thinking(&gate).await;
        let config = config(&upstream, members, "");
        let folder = Folder::new();
        let gateway = start(&folder, &config).await;
        let given = asked(gateway.addr(), &prompt("k")).await;
        is_ticket(&given, "k");
        gate.reached().await;
        gateway.signal("KILL").await;
        gateway.ended().await;
        gate.release();

        let gateway = start(&folder, &config).await;
        let polled = asked(gateway.addr(), &poll("k", "p")).await;
        refused(&polled, 502, "outcome-unknown", "unknown");
        assert_eq!(asked(gateway.addr(), &prompt("k")).await, given, "late replicas get the ticket");
        gateway.signal("KILL").await;
        gateway.ended().await;
        let gateway = start(&folder, &config).await;
        assert_eq!(asked(gateway.addr(), &poll("k", "q")).await, polled);
        assert_eq!(upstream.hits(), 1, "{members}");
    }
}

/// The control: what was recorded before the kill is there behind it.
#[tokio::test]
async fn a_kill_after_the_answer_takes_nothing_away() {
    let gate = Gate::open();
    let upstream = thinking(&gate).await;
    let config = config(&upstream, "", "");
    let folder = Folder::new();
    let gateway = start(&folder, &config).await;
    let given = asked(gateway.addr(), &prompt("k")).await;
    let answer = end(gateway.addr(), "k").await;
    gateway.signal("KILL").await;
    gateway.ended().await;
    let gateway = start(&folder, &config).await;
    assert_eq!(asked(gateway.addr(), &poll("k", "p")).await, answer);
    assert_eq!(asked(gateway.addr(), &prompt("k")).await, given);
    assert_eq!((answer.status, upstream.hits()), (200, 1));
}
