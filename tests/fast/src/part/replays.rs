//! How many recorded answers in a second? One key, asked for again and again over 52 and 520 connections (four subnets of 13, and
//! forty), a small body and a large one.

use std::time::Duration;

use super::{Suite, compared};
use crate::{
    contender::{Kind, Store},
    finding::Promise,
    load::{
        Failed,
        rounds::{Keys, Rounds, Until},
    },
};

pub(super) async fn play(suite: &mut Suite) -> Result<(), Failed> {
    let kinds = [Kind::Gateway(Store::Memory), Kind::Bare, Kind::Nginx];
    for (body_bytes, body) in [(250, "250 B"), (100_000, "100 KB")] {
        let contenders = suite.start_all(&kinds, body_bytes).await?;
        for connections in [52, 520] {
            let rounds = Rounds {
                groups: connections,
                replicas: 1,
                keys: Keys::Same,
                warm_up: suite.lasting(Duration::from_millis(500), Duration::from_millis(100)),
                until: Until::Time(suite.lasting(Duration::from_secs(3), Duration::from_millis(500))),
            };
            let runs = suite.paired(&contenders, &rounds, body_bytes)?;
            let load = format!("replays of {body}, {connections} connections");
            let promised = |other| match other {
                Kind::Bare if body_bytes == 250 => Some(Promise::AtLeast(0.85)),
                Kind::Bare => Some(Promise::AtLeast(0.9)),
                Kind::Nginx if body_bytes == 250 => Some(Promise::AtLeast(1.6)),
                _ => None,
            };
            let rate = |run: &super::Run| run.played.answers_per_second();
            for finding in compared("replays", &load, &contenders, &runs, rate, promised) {
                suite.found(finding);
            }
        }
    }
    Ok(())
}
