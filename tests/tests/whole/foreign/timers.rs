//! Outcalls that nobody asked for: the canister's timer makes them, through ic-cdk's own calls to the canister itself.

use std::time::Duration;

use candid::encode_args;
use outcall_harness::subnet::{Round, Subnet};

use super::{readings, tidied, update, wasm, watching, weather};

const MINUTE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(1);

async fn passed(subnet: &mut Subnet, time: Duration) -> Vec<Round> {
    subnet.advance(time).await.unwrap()
}

fn all_agreed(rounds: &[Round]) -> bool {
    rounds.iter().all(|round| round.verdict.is_agreed())
}

#[tokio::test]
async fn a_timer_makes_outcalls_when_it_is_due_and_no_moment_earlier() {
    let upstream = weather().await;
    let mut subnet = watching(&[upstream.url("/harbour"), upstream.url("/summit")], 60).await;
    assert!(passed(&mut subnet, MINUTE - MOMENT).await.is_empty());
    assert_eq!(upstream.hits(), 0);
    for turn in 1..=2 {
        let rounds = passed(&mut subnet, if turn == 1 { MOMENT } else { MINUTE }).await;
        assert!(rounds.len() == 2 && all_agreed(&rounds), "{rounds:?}");
        assert_eq!(upstream.hits(), turn * 26);
    }
    let texts: Vec<_> = readings(&subnet).await.into_iter().map(|reading| reading.text).collect();
    assert_eq!(texts.iter().filter(|text| **text == tidied("harbour")).count(), 2);
    assert_eq!(texts.iter().filter(|text| **text == tidied("summit")).count(), 2);
}

#[tokio::test]
async fn turns_that_were_missed_are_made_up_for() {
    let upstream = weather().await;
    let mut subnet = watching(&[upstream.url("/harbour")], 60).await;
    let rounds = passed(&mut subnet, 3 * MINUTE).await;
    assert!(rounds.len() == 3 && all_agreed(&rounds), "{rounds:?}");
    assert_eq!(readings(&subnet).await.len(), 3);
}

#[tokio::test]
async fn a_timer_that_was_cleared_asks_no_more() {
    let upstream = weather().await;
    let mut subnet = watching(&[upstream.url("/harbour")], 60).await;
    assert_eq!(passed(&mut subnet, MINUTE).await.len(), 1);
    assert!(update(&mut subnet, "stop_watching", ()).await.reply.is_ok());
    assert!(passed(&mut subnet, 10 * MINUTE).await.is_empty());
    assert_eq!(upstream.hits(), 13);
}

#[tokio::test]
async fn an_upgrade_ends_a_timer_and_sets_its_own() {
    let upstream = weather().await;
    let mut subnet = watching(&[upstream.url("/harbour")], 60).await;
    passed(&mut subnet, MINUTE / 2).await;
    subnet.upgrade(&wasm(), encode_args(()).unwrap()).await.unwrap();
    assert!(passed(&mut subnet, MINUTE - MOMENT).await.is_empty());
    assert_eq!(passed(&mut subnet, MOMENT).await.len(), 1);
}

/// ic-cdk calls the canister itself, so that a trap in a timer cannot end all timers.
#[tokio::test]
async fn a_timer_that_traps_says_so_and_comes_again() {
    let mut subnet = watching(&[], 60).await;
    for turn in 1..=2 {
        assert!(passed(&mut subnet, MINUTE).await.is_empty());
        let canister = subnet.canister();
        let failures =
            canister.log().filter(|line| line.starts_with("[ic-cdk-timers] timer failed (code 5):"));
        assert_eq!(failures.filter(|line| line.contains("there is no station to watch")).count(), turn);
    }
}
