//! Fresh keys, all replicas of a subnet at once.
//!
//! Closed, to see how many there can be: four groups of replicas, each with a key of its own, the next when all have their answer.
//! The bare server, which asks no upstream, is the limit of this, too.

use std::time::Duration;

use super::{Run, Suite, compared};
use crate::{
    contender::{Kind, Store},
    finding::{Finding, Promise, Unit},
    load::{Failed, rounds::Rounds},
};

const PART: &str = "bursts";
const BODY_BYTES: usize = 250;
const GROUPS: usize = 4;
/// Application subnets, fiduciary and NNS, as of 2026.
const SUBNETS: [usize; 3] = [13, 34, 40];

pub(super) async fn play(suite: &mut Suite) -> Result<(), Failed> {
    closed(suite).await
}

/// As many as there can be, upstream at once.
async fn closed(suite: &mut Suite) -> Result<(), Failed> {
    for store in [Store::Memory, Store::Disk, Store::Redis] {
        for replicas in SUBNETS {
            let kinds = match store {
                Store::Memory => vec![Kind::Gateway(store), Kind::Bare, Kind::Nginx],
                _ => vec![Kind::Gateway(store), Kind::Bare],
            };
            if suite.quick && (store != Store::Memory && replicas != 13) || !kinds[0].is_here() {
                continue;
            }
            rounds(suite, &kinds, replicas).await?;
        }
    }
    Ok(())
}

async fn rounds(suite: &mut Suite, kinds: &[Kind], replicas: usize) -> Result<(), Failed> {
    let contenders = suite.start_all(kinds, BODY_BYTES).await?;
    let rounds = Rounds {
        groups: GROUPS,
        replicas,
        fresh: true,
        warm_up: suite.lasting(Duration::from_millis(500), Duration::from_millis(100)),
        // nginx needs half a second for a round.
        time: suite.lasting(Duration::from_secs(4), Duration::from_millis(1_500)),
    };
    let runs = suite.paired(&contenders, &rounds, BODY_BYTES)?;
    let load = format!("rounds of {replicas} on fresh keys, {GROUPS} at once");
    let is_promised = kinds[0] == Kind::Gateway(Store::Memory) && replicas == 13;
    let promised = |other| match other {
        Kind::Bare if is_promised => Some(Promise::AtLeast(0.4)),
        Kind::Nginx if is_promised => Some(Promise::AtLeast(200.0)),
        _ => None,
    };
    let rate = |run: &Run| run.played.rounds_per_second();
    for finding in compared(PART, &load, &contenders, &runs, rate, promised) {
        suite.found(finding);
    }
    Ok(())
}
