//! What does the gateway add to an answer at half of its load? Replays over 52 connections, at half the rate that it reached in a
//! closed run just before, due at even distances; the bare server and nginx at the same rate, in turn.

use std::time::Duration;

use super::{BODY_BYTES, Suite, run};
use crate::{
    contender::{Kind, Store},
    finding::{Finding, Unit, quantile},
    load::{
        Failed,
        paced::Paced,
        rounds::{Expected, Keys, Rounds, Until},
    },
};

const CONNECTIONS: usize = 52;
const SHARES: [(&str, f64); 3] = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)];

pub(super) async fn play(suite: &mut Suite) -> Result<(), Failed> {
    let kinds = [Kind::Gateway(Store::Memory), Kind::Bare, Kind::Nginx];
    let contenders = suite.start_all(&kinds, BODY_BYTES).await?;
    let rounds = Rounds {
        groups: CONNECTIONS,
        replicas: 1,
        keys: Keys::Same,
        warm_up: Duration::from_millis(200),
        until: Until::Time(suite.lasting(Duration::from_secs(3), Duration::from_millis(500))),
    };
    let full = run(&contenders[0], &rounds, BODY_BYTES)?.played.answers_per_second();
    let paced = Paced {
        connections: CONNECTIONS,
        per_second: full / 2.0,
        time: suite.lasting(Duration::from_secs(5), Duration::from_secs(1)),
    };
    // By contender, share and run.
    let mut took: Vec<[Vec<f64>; 3]> = contenders.iter().map(|_| Default::default()).collect();
    for _ in 0..Suite::PAIRS {
        for (contender, took) in contenders.iter().zip(&mut took) {
            let key = Rounds::same();
            let expected = Expected::first(contender.address, &key, BODY_BYTES, contender.kind.is_exact())?;
            let times = paced.play(contender.address, &key, &expected)?;
            for (took, (_, share)) in took.iter_mut().zip(SHARES) {
                took.push(quantile(&times, share));
            }
        }
    }
    for (number, (name, _)) in SHARES.into_iter().enumerate() {
        for (other, of_other) in contenders.iter().zip(&took).skip(1) {
            let pairs = took[0][number].iter().zip(&of_other[number]);
            let (ours, theirs) = (quantile(&took[0][number], 0.5), quantile(&of_other[number], 0.5));
            suite.found(Finding {
                part: "latency",
                what: format!("{name} at {:.0} replays/s: gateway - {}", paced.per_second, other.kind),
                figures: pairs.map(|(ours, theirs)| ours - theirs).collect(),
                unit: Unit::Microseconds,
                promise: None,
                behind: format!("gateway {ours:.0} µs, {} {theirs:.0} µs", other.kind),
            });
        }
    }
    Ok(())
}
