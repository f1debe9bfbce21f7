//! How long behind the leader does a follower have its answer? All replicas of a subnet arrive at once, and wait for an upstream
//! that takes 20 ms.

use std::time::Duration;

use super::{BODY_BYTES, SUBNETS, Suite, quorum::played};
use crate::{
    contender::{Kind, Store},
    finding::{Finding, Promise, Unit, quantile},
    load::{
        Failed,
        bursts::{Bursts, Way},
    },
};

pub(super) async fn play(suite: &mut Suite) -> Result<(), Failed> {
    let upstream = Duration::from_millis(20);
    let kinds = [Kind::Gateway(Store::Memory), Kind::Nginx];
    for kind in kinds.into_iter().filter(|kind| kind.is_here()) {
        let contender = suite.start(kind, upstream, BODY_BYTES, None).await?;
        for replicas in SUBNETS {
            let bursts = Bursts {
                replicas,
                per_second: 10.0,
                bursts: suite.of(60, 10),
                spread: Duration::ZERO,
                upstream,
                way: Way::Warm,
            };
            let (mut medians, mut p99) = (Vec::new(), Vec::new());
            for _ in 0..suite.of(Suite::PAIRS, 1) {
                let played = played(&contender, &bursts).await?;
                let wakes: Vec<f64> = played.into_iter().flat_map(|burst| burst.wakes).collect();
                medians.push(quantile(&wakes, 0.5));
                p99.push(quantile(&wakes, 0.99));
            }
            suite.found(Finding {
                part: "followers",
                what: format!("followers of {replicas} behind the first answer: {kind}, median"),
                figures: medians,
                unit: Unit::Milliseconds,
                promise: (kind == kinds[0]).then_some(Promise::AtMost(2.0)),
                behind: format!("p99 {:.2} ms", quantile(&p99, 0.5)),
            });
        }
    }
    Ok(())
}
