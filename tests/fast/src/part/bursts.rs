//! How many fresh keys, all replicas of a subnet at once? Four subnets, each with a key of its own, the next one when all have
//! their answer; an upstream that answers at once. The bare server, which asks no upstream, is the limit of this, too.

use std::time::Duration;

use super::{BODY_BYTES, Run, SUBNETS, Suite, compared};
use crate::{
    contender::{Kind, Store},
    finding::Promise,
    load::{
        Failed,
        rounds::{Keys, Rounds, Until},
    },
};

const GROUPS: usize = 4;

pub(super) async fn play(suite: &mut Suite) -> Result<(), Failed> {
    for store in [Store::Memory, Store::Disk, Store::Redis] {
        for replicas in SUBNETS {
            let kinds = match store {
                Store::Memory => vec![Kind::Gateway(store), Kind::Bare, Kind::Nginx],
                _ => vec![Kind::Gateway(store), Kind::Bare],
            };
            let is_promised = store == Store::Memory && replicas == 13;
            let is_left_out = suite.quick && store != Store::Memory && replicas != 13;
            if is_left_out || suite.promised && !is_promised || !kinds[0].is_here() {
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
        keys: Keys::Fresh,
        warm_up: suite.lasting(Duration::from_millis(500), Duration::from_millis(100)),
        // nginx needs half a second for a round.
        until: Until::Time(suite.lasting(Duration::from_secs(4), Duration::from_millis(1_500))),
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
    for finding in compared("bursts", &load, &contenders, &runs, rate, promised) {
        suite.found(finding);
    }
    Ok(())
}
