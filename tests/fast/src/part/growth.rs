//! What becomes of all this with more keys, more replicas, larger bodies? Each step in turn with the bare server, so that what is
//! left of the limit can be compared.

use std::time::Duration;

use super::{BODY_BYTES, Run, Suite, compared, run};
use crate::{
    contender::{Kind, Store},
    finding::{Finding, Unit},
    load::{
        Failed,
        rounds::{Keys, Rounds, Until},
    },
};

const PART: &str = "growth";
const CONNECTIONS: usize = 52;
const KINDS: [Kind; 2] = [Kind::Gateway(Store::Memory), Kind::Bare];

pub(super) async fn play(suite: &mut Suite) -> Result<(), Failed> {
    keys(suite).await?;
    let replicas: &[usize] = if suite.quick { &[1, 13, 40] } else { &[1, 4, 7, 13, 28, 34, 40] };
    let contenders = suite.start_all(&KINDS, BODY_BYTES).await?;
    for &replicas in replicas {
        let rounds = rounds(suite, 4, replicas, Keys::Fresh);
        let runs = suite.paired(&contenders, &rounds, BODY_BYTES)?;
        let load = format!("rounds of {replicas}, 4 at once");
        let rate = |run: &Run| run.played.rounds_per_second();
        for finding in compared(PART, &load, &contenders, &runs, rate, |_| None) {
            suite.found(finding);
        }
    }
    let bodies: &[usize] =
        if suite.quick { &[250, 10_000] } else { &[250, 1_000, 10_000, 100_000, 1_000_000] };
    for &body_bytes in bodies {
        let contenders = suite.start_all(&KINDS, body_bytes).await?;
        let rounds = rounds(suite, CONNECTIONS, 1, Keys::Same);
        let runs = suite.paired(&contenders, &rounds, body_bytes)?;
        let load = format!("replays of {body_bytes} B");
        let rate = |run: &Run| run.played.answers_per_second();
        for finding in compared(PART, &load, &contenders, &runs, rate, |_| None) {
            suite.found(finding);
        }
    }
    Ok(())
}

/// Replays of every key, by how many there are: the first time around they are fresh.
async fn keys(suite: &mut Suite) -> Result<(), Failed> {
    let gateway = suite.start(KINDS[0], Duration::ZERO, BODY_BYTES, None).await?;
    let counts: &[u64] = if suite.quick { &[1_000, 10_000] } else { &[1_000, 10_000, 100_000, 1_000_000] };
    for &count in counts {
        let fill =
            Rounds { until: Until::Answers(count), ..rounds(suite, CONNECTIONS, 1, Keys::Among(count)) };
        run(&gateway, &fill, BODY_BYTES)?;
        let replays = rounds(suite, CONNECTIONS, 1, Keys::Among(count));
        let mut runs = Vec::new();
        for _ in 0..Suite::PAIRS {
            runs.push(run(&gateway, &replays, BODY_BYTES)?);
        }
        suite.found(Finding {
            part: PART,
            what: format!("replays among {count} keys: {}", gateway.kind),
            figures: runs.iter().map(|run| run.played.answers_per_second()).collect(),
            unit: Unit::PerSecond,
            promise: None,
            behind: format!(
                "{:.1} µs CPU an answer",
                super::median(&runs, |run| run.cpu.as_secs_f64() * 1e6)
            ),
        });
    }
    Ok(())
}

fn rounds(suite: &Suite, groups: usize, replicas: usize, keys: Keys) -> Rounds {
    Rounds {
        groups,
        replicas,
        keys,
        warm_up: suite.lasting(Duration::from_millis(300), Duration::from_millis(50)),
        until: Until::Time(suite.lasting(Duration::from_secs(2), Duration::from_millis(300))),
    }
}
