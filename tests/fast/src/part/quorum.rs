//! How long behind what is inevitable does a quorum have its answer (`load/bursts`)?
//!
//! First what is promised: 20 keys in a second and few, 13 replicas, in turn with nginx and with the bare server, which asks no
//! upstream: what it shows is the load's own share. Then everything else, once: stores, subnets, spreads, upstreams, connections.

use std::{sync::Arc, time::Duration};

use outcall_tests::tls::Authority;
use rustls::client::Resumption;

use super::{BODY_BYTES, SUBNETS, Suite};
use crate::{
    contender::{Kind, Running, Store},
    finding::{Finding, Promise, Unit, quantile},
    load::{
        Failed,
        bursts::{Burst, Bursts, Way},
    },
};

const PART: &str = "quorum";
const SPREADS_MS: [u64; 3] = [0, 50, 300];
const UPSTREAMS_MS: [u64; 3] = [0, 20, 200];

pub(super) async fn play(suite: &mut Suite) -> Result<(), Failed> {
    promised(suite).await?;
    if suite.promised {
        return Ok(());
    }
    for store in [Store::Memory, Store::Disk, Store::Redis] {
        if !Kind::Gateway(store).is_here() {
            println!("  {}: not on this machine", Kind::Gateway(store));
            continue;
        }
        for upstream in UPSTREAMS_MS.map(Duration::from_millis) {
            if !suite.quick || (store == Store::Memory && upstream.as_millis() == 20) {
                everything(suite, store, upstream).await?;
            }
        }
    }
    Ok(())
}

async fn promised(suite: &mut Suite) -> Result<(), Failed> {
    let upstream = Duration::from_millis(20);
    let mut contenders = Vec::new();
    for kind in [Kind::Gateway(Store::Memory), Kind::Nginx, Kind::Bare] {
        if kind.is_here() {
            contenders.push(suite.start(kind, upstream, BODY_BYTES, None).await?);
        }
    }
    let loads = [
        ("20 bursts/s", 20.0, suite.of(200, 30), 0.99, "p99", Promise::AtMost(5.0)),
        ("unloaded", 4.0, suite.of(20, 6), 0.5, "median", Promise::AtMost(1.0)),
    ];
    for (load, per_second, bursts, share, name, promise) in loads {
        let mut figures: Vec<[Vec<f64>; 3]> = contenders.iter().map(|_| Default::default()).collect();
        for _ in 0..Suite::PAIRS {
            for (contender, figures) in contenders.iter().zip(&mut figures) {
                let bare = contender.kind == Kind::Bare;
                let bursts = Bursts {
                    replicas: 13,
                    per_second,
                    bursts,
                    spread: Duration::from_millis(50),
                    upstream: if bare { Duration::ZERO } else { upstream },
                    way: Way::Warm,
                };
                let overheads = overheads(&played(contender, &bursts).await?);
                for (figures, share) in figures.iter_mut().zip([share, 0.5, 1.0]) {
                    figures.push(quantile(&overheads, share));
                }
            }
        }
        for (contender, [figures, medians, most]) in contenders.iter().zip(figures) {
            let ours = contender.kind == Kind::Gateway(Store::Memory);
            suite.found(Finding {
                part: PART,
                what: format!(
                    "quorum overhead of 13, upstream 20 ms, spread 50 ms, {load}: {}, {name}",
                    contender.kind
                ),
                figures,
                unit: Unit::Milliseconds,
                promise: ours.then_some(promise),
                behind: format!(
                    "median {:.2} ms, most {:.2} ms",
                    quantile(&medians, 0.5),
                    quantile(&most, 1.0)
                ),
            });
        }
    }
    Ok(())
}

/// All subnets, spreads and ways to connect, with this store and upstream.
async fn everything(suite: &mut Suite, store: Store, upstream: Duration) -> Result<(), Failed> {
    let authority = Authority::new();
    let mut client = (*authority.client(&["http/1.1"])).clone();
    // A replica that has never been here.
    client.resumption = Resumption::disabled();
    let ways = [("warm", Way::Warm, None), ("cold TLS", Way::Cold(Arc::new(client)), Some(&authority))];
    for (connected, way, tls) in ways {
        let gateway = suite.start(Kind::Gateway(store), upstream, BODY_BYTES, tls).await?;
        for replicas in SUBNETS {
            for spread in SPREADS_MS.map(Duration::from_millis) {
                if suite.quick && (replicas != 13 || spread.as_millis() == 300) {
                    continue;
                }
                // Hundreds of handshakes in a second would measure handshakes.
                let per_second = if tls.is_some() { 5.0 } else { 20.0 };
                let bursts = Bursts {
                    replicas,
                    per_second,
                    bursts: suite.of(40, 10),
                    spread,
                    upstream,
                    way: way.clone(),
                };
                let overheads = overheads(&played(&gateway, &bursts).await?);
                suite.found(Finding {
                    part: PART,
                    what: format!(
                        "quorum overhead of {replicas}, upstream {} ms, spread {} ms, {connected}, {per_second} bursts/s: {}, p99",
                        upstream.as_millis(),
                        spread.as_millis(),
                        gateway.kind
                    ),
                    figures: vec![quantile(&overheads, 0.99)],
                    unit: Unit::Milliseconds,
                    promise: None,
                    behind: format!("median {:.2} ms", quantile(&overheads, 0.5)),
                });
            }
        }
    }
    Ok(())
}

/// The bursts, each of whose keys went upstream once, if the contender is one that promises that.
pub(super) async fn played(contender: &Running, bursts: &Bursts) -> Result<Vec<Burst>, Failed> {
    let before = contender.asked()?;
    let played = bursts.play(contender.address, BODY_BYTES, contender.kind.is_exact()).await?;
    let asked = contender.asked()? - before;
    // And the one whose answer the others were held to.
    let keys = bursts.bursts as u64 + 1;
    if matches!(contender.kind, Kind::Gateway(_)) && asked != keys {
        return Err(format!("{asked} requests went upstream for {keys} keys").into());
    }
    Ok(played)
}

fn overheads(bursts: &[Burst]) -> Vec<f64> {
    bursts.iter().map(|burst| burst.overhead).collect()
}
