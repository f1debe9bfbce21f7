//! How long does an update with two outcalls take on the embedded subnet?
//!
//! The foreign canister on 13 or 34 nodes asks two stations, at once or one after the other; a server on loopback answers
//! at once, without the gateway. A round is the whole of it: the update, 26 or 68 real requests and as many transforms,
//! votes, callbacks and the reply. The first one also opens the nodes' connections. Printed as well is what comes
//! before: compiling the canister's module, and installing it. Run it on an idle machine:
//!
//! ```text
//! cargo bench -p outcall-tests --bench rounds
//! ```

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has no result")]

use std::time::{Duration, Instant};

use candid::{CandidType, encode_args, encode_one};
use outcall_harness::{
    adapter::Network,
    engine::Module,
    subnet::{Subnet, Update},
    wasm::Build,
};
use outcall_tests::upstream::{Act, Script, Upstream};

const ROUNDS: usize = 200;
/// The nodes, and what is promised of a round of theirs.
const PROMISED: [(usize, Duration); 2] = [(13, Duration::from_millis(100)), (34, Duration::from_millis(200))];

/// The argument of the canister's `init`.
#[derive(CandidType)]
struct Setup {
    stations: Vec<String>,
    every_seconds: u64,
}

#[tokio::main]
async fn main() {
    let wasm = Build::package("outcall-foreign").within(env!("CARGO_MANIFEST_DIR")).run().unwrap();
    let began = Instant::now();
    Module::new(&wasm).unwrap();
    println!("compiling a module of {} KiB: {:?}", wasm.len() / 1024, began.elapsed());
    let upstream = Upstream::start(Script::always(Act::json(r#"{"celsius":21.5}"#))).await;
    let setup = Setup { stations: vec![upstream.url("/harbour"), upstream.url("/summit")], every_seconds: 0 };
    let setup = encode_one(setup).unwrap();
    // Keeps the compiled module for the subnets that are measured.
    install(1, &wasm, &setup).await;
    for (nodes, promised) in PROMISED {
        let began = Instant::now();
        let mut subnet = install(nodes, &wasm, &setup).await;
        println!(
            "{nodes} nodes: installed in {:?}; {ROUNDS} updates with two outcalls each",
            began.elapsed()
        );
        for (way, method) in [("at once", "observe"), ("in turn", "observe_in_turn")] {
            let mut took = Vec::with_capacity(ROUNDS);
            for _ in 0..ROUNDS {
                let began = Instant::now();
                let update = subnet.update(method, encode_args(()).unwrap()).await;
                took.push(began.elapsed());
                check(&update);
            }
            report(way, took, promised);
        }
    }
}

async fn install(nodes: usize, wasm: &[u8], setup: &[u8]) -> Subnet {
    let network = Network::trusting_nobody().unwrap();
    Subnet::embedded(nodes).network(network).install(wasm, setup).await.unwrap()
}

/// A round that was not played is no round.
fn check(update: &Update) {
    assert!(update.rounds.len() == 2 && update.is_agreed(), "{update}");
    let sent: u32 = update.rounds.iter().map(|round| round.requests()).sum();
    assert_eq!(sent as usize, 2 * update.rounds[0].nodes);
}

fn report(way: &str, mut took: Vec<Duration>, promised: Duration) {
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    let verdict = if at(0.99) <= promised { "within" } else { "ABOVE" };
    println!(
        "  {way}: median {:.1?}, p90 {:.1?}, p99 {:.1?}, max {:.1?}: {verdict} the promised {promised:?} (p99)",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
}
