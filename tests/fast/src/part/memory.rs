//! What do a million answers and ten thousand connections take? Each store is filled through the gateway's door with answers of
//! 250 bytes; then connections are opened that ask nothing.

use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

use super::{BODY_BYTES, Suite, run};
use crate::{
    contender::{Kind, Running, Store},
    finding::{Finding, Promise, Unit},
    load::{
        Failed,
        rounds::{Keys, Rounds, Until},
    },
    usage,
};

const PART: &str = "memory";
const MIB: f64 = 1024.0 * 1024.0;
/// For how long idle connections are looked at.
const LOOK: Duration = Duration::from_secs(2);

pub(super) async fn play(suite: &mut Suite) -> Result<(), Failed> {
    let promised = [(Store::Memory, Promise::AtMost(1024.0)), (Store::Disk, Promise::AtMost(150.0))];
    for (store, promise) in promised {
        let gateway = suite.start(Kind::Gateway(store), Duration::ZERO, BODY_BYTES, None).await?;
        filled(suite, &gateway, promise)?;
        if store == Store::Memory {
            idle(suite, &gateway)?;
        }
    }
    Ok(())
}

fn filled(suite: &mut Suite, gateway: &Running, promise: Promise) -> Result<(), Failed> {
    let keys = suite.of(1_000_000, 20_000);
    let processes = gateway.processes();
    let empty = usage::resident_bytes(&processes);
    let rounds = Rounds {
        groups: 64,
        replicas: 1,
        keys: Keys::Fresh,
        warm_up: Duration::ZERO,
        until: Until::Answers(keys as u64),
    };
    let run = run(gateway, &rounds, BODY_BYTES)?;
    let held = usage::resident_bytes(&processes);
    suite.found(Finding {
        part: PART,
        what: format!("{}: resident with {keys} live answers", gateway.kind),
        figures: vec![held as f64 / MIB],
        unit: Unit::Mebibytes,
        // Of a million.
        promise: (!suite.quick).then_some(promise),
        behind: format!(
            "{:.0} bytes a key; filled at {:.0} keys/s, {:.0} µs CPU each",
            held.saturating_sub(empty) as f64 / keys as f64,
            run.played.answers_per_second(),
            run.cpu.as_secs_f64() * 1e6
        ),
    });
    Ok(())
}

fn idle(suite: &mut Suite, gateway: &Running) -> Result<(), Failed> {
    let processes = gateway.processes();
    let before = usage::resident_bytes(&processes);
    let wanted = suite.of(10_000, 1_000);
    let connections: Vec<TcpStream> =
        (0..wanted).map_while(|_| TcpStream::connect(gateway.address).ok()).collect();
    if connections.len() < wanted {
        println!("  {} of {wanted} connections, then no more descriptors (ulimit -n)", connections.len());
    }
    std::thread::sleep(LOOK);
    let (cpu, since) = (usage::cpu(&processes), Instant::now());
    std::thread::sleep(LOOK);
    let used = (usage::cpu(&processes) - cpu).as_secs_f64() / since.elapsed().as_secs_f64();
    let taken = usage::resident_bytes(&processes).saturating_sub(before);
    suite.found(Finding {
        part: PART,
        what: format!("{}: memory of an idle connection, of {}", gateway.kind, connections.len()),
        figures: vec![taken as f64 / connections.len().max(1) as f64],
        unit: Unit::Bytes,
        promise: None,
        behind: format!("{:.1} % of a core while they are idle", 100.0 * used),
    });
    Ok(())
}
