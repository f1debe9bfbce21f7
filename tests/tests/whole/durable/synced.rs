//! What is on stable storage when: read from the system calls of the real gateway.

use outcall_tests::upstream::{Act, Script, Upstream};

use super::*;
use crate::config::route;

/// The system calls of a gateway that answers one request, in their order.
async fn traced(outcall: &Outcall) -> Vec<String> {
    let folder = Folder::new();
    std::fs::create_dir(&folder.0).unwrap();
    let upstream = Upstream::start(Script::always(Act::Varying)).await;
    std::fs::write(folder.0.join("proxy_conf.json"), route("/r", &upstream.url("/u"))).unwrap();
    let calls = "trace=fdatasync,read,recvfrom,write,writev,sendto";
    // With -D the gateway is the child, and gets its signals.
    let arguments = ["-D", "-f", "-y", "-e", calls, "-o", "trace", BINARY, "serve", "--store", "disk:ledger"];
    let gateway = Process::start_in(&folder.0, "strace", &arguments).await;
    assert_eq!(agreed(&Subnet::new(gateway.addr(), 1).burst(outcall).await).status, 200);
    gateway.signal("TERM").await;
    assert!(gateway.ended().await.success());
    let trace = std::fs::read_to_string(folder.0.join("trace")).unwrap();
    trace.lines().map(str::to_owned).collect()
}

/// How often the engine's log was synced between the request and its way upstream, and between the upstream's answer and
/// its way to the replica.
fn syncs(calls: &[String], method: &str) -> [usize; 2] {
    let at = |after: usize, names: &[&str], text: &str| {
        let found = calls[after..]
            .iter()
            .position(|call| names.iter().any(|name| call.contains(name)) && call.contains(text));
        after + found.unwrap_or_else(|| panic!("no {text} behind {after} in\n{}", calls.join("\n")))
    };
    let (got, said) =
        (["read(", "recvfrom(", "read resumed", "recvfrom resumed"], ["write(", "writev(", "sendto("]);
    let asked = at(0, &got, &format!("\"{method} /r "));
    let sent = at(asked, &said, &format!("\"{method} /u "));
    let answered = at(sent, &got, "\"HTTP/1.1 200");
    let told = at(answered, &said, "\"HTTP/1.1 200");
    let done = |call: &&String| call.contains("fdatasync") && call.ends_with("= 0");
    [&calls[asked..sent], &calls[answered..told]].map(|calls| calls.iter().filter(done).count())
}

#[tokio::test]
#[ignore = "needs strace, and the right to trace; .ci/run runs it where it is granted"]
async fn a_claim_is_synced_before_anything_is_sent_and_an_answer_before_anybody_has_it() {
    let [claim, answer] = syncs(&traced(&order("paid")).await, "POST");
    assert!(claim > 0, "the claim of an order that was sent could be lost");
    assert!(answer > 0, "an answer that a replica has could be lost");
}

/// The control: what anybody may repeat waits for no disk.
#[tokio::test]
#[ignore = "needs strace, and the right to trace; .ci/run runs it where it is granted"]
async fn a_question_waits_for_no_disk() {
    assert_eq!(syncs(&traced(&Outcall::get("/r").key("price")).await, "GET"), [0, 0]);
}
