//! One call out, one answer for every replica; and the same canister without the gateway.

use std::time::Duration;

use outcall_canister::{
    config::{Callers, Config, Settings},
    error::{ConfigureError, OrderError, PriceError},
};
use outcall_harness::{
    rules::consensus::faults,
    schedule::Schedule,
    verdict::{Place, Verdict},
};
use outcall_tests::upstream::{Act, Script};

use super::{SIZES, Stage, told};

/// Random schedules for each size.
const SCHEDULES: u64 = 25;

#[tokio::test]
async fn a_price_is_asked_for_once_and_every_replica_agrees() {
    for nodes in SIZES {
        let mut stage = Stage::of(nodes, Script::steps([Act::Varying]), "").await;
        let (told, update) = stage.price().await;
        assert_eq!(told.unwrap().pair, "ICP/USD");
        let [round] = &update.rounds[..] else { panic!("one outcall: {update}") };
        assert!(matches!(round.verdict, Verdict::Agreed { replicas, .. } if replicas == nodes), "{update}");
        assert_eq!((round.requests() as usize, round.votes()), (nodes, "A".repeat(nodes)));
        assert_eq!(round.variations().found, [], "not even a header differs");
        let seen = stage.upstream.finish().await;
        assert_eq!((&*seen[0].method, &*seen[0].target), ("GET", "/price?pair=ICP/USD"));
    }
}

#[tokio::test]
async fn without_the_gateway_a_price_diverges_and_everybody_asks() {
    for nodes in SIZES {
        let mut stage = Stage::always(nodes, Act::Varying).await.directly().await;
        let (told, update) = stage.price().await;
        let Err(PriceError::Unavailable(cause)) = &told else { panic!("{told:?}") };
        let words =
            "SysTransient: No consensus could be reached. Replicas had different responses. Details: ";
        assert!(cause.detail.starts_with(words), "{cause:?}");
        assert_eq!(update.rounds.len(), 2, "it asks once more: {update}");
        for round in &update.rounds {
            let Verdict::Diverged { difference: Some(difference), .. } = &round.verdict else {
                panic!("{update}")
            };
            assert!(
                matches!(&difference.place, Place::Json(path) if path.to_string() == "$.serial"),
                "{update}"
            );
        }
        stage.seen(2 * nodes);
    }
}

#[tokio::test]
async fn an_order_is_executed_once_though_some_send_twice_and_as_many_as_may_are_silent() {
    for nodes in SIZES {
        let skewed = Schedule::skewed(7, Duration::from_millis(20)).resend(0).resend(1).late(2);
        let silent = (3..2 + faults(nodes)).fold(skewed, Schedule::silent);
        let mut stage = Stage::of(nodes, Script::steps([Act::Varying]), "").await.sending(silent);
        let (told, update) = stage.order("order-42").await;
        assert_eq!(told.unwrap().status, 200);
        let Verdict::Agreed { replicas, .. } = update.rounds[0].verdict else { panic!("{update}") };
        assert_eq!(replicas, nodes - faults(nodes), "{update}");
        assert_eq!(update.rounds[0].requests() as usize, nodes - (faults(nodes) - 1) + 2, "{update}");
        assert_eq!(stage.upstream.finish().await[0].method, "POST");
    }
}

#[tokio::test]
async fn without_the_gateway_every_sending_of_an_order_executes_it() {
    for nodes in SIZES {
        let schedule = Schedule::together().resend(0).resend(1).late(2);
        let mut stage = Stage::always(nodes, Act::Varying).await.directly().await.sending(schedule);
        let (told, _) = stage.order("order-42").await;
        assert_eq!(
            told::order(&told),
            "unknown, 4 left: reject SysTransient: No consensus could be reached."
        );
        stage.seen(2 * (nodes + 2));
    }
}

/// One more than may be: the order is executed, and the subnet's time runs out. Asked again, its key is answered.
#[tokio::test]
async fn an_order_whose_outcall_times_out_is_found_by_asking_again() {
    for nodes in SIZES {
        let silent = (0..=faults(nodes)).fold(Schedule::together(), Schedule::silent);
        let mut stage = Stage::of(nodes, Script::steps([Act::Varying]), "").await.sending(silent);
        let (told, update) = stage.order("order-42").await;
        assert_eq!(
            told::order(&told),
            "unknown, 4 left: reject SysTransient: Canister http request timed out"
        );
        assert!(
            update.rounds.iter().all(|round| matches!(round.verdict, Verdict::TimedOut { .. })),
            "{update}"
        );
        let mut stage = stage.sending(Schedule::together());
        assert_eq!(told::order(&stage.order("order-42").await.0), "placed: 200");
        let (again, update) = stage.order("order-42").await;
        assert_eq!(
            (told::order(&again), update.rounds.len()),
            ("placed: 200".to_owned(), 0),
            "it is known now"
        );
        stage.upstream.finish().await;
    }
}

/// Replay one schedule with `OUTCALL_SEED`.
#[tokio::test]
async fn under_every_schedule_an_order_is_executed_once_and_agreed_on() {
    let first = fastrand::u64(..u64::MAX / 2);
    let seeds = match std::env::var("OUTCALL_SEED") {
        Ok(seed) => vec![seed.parse().expect("OUTCALL_SEED is a number")],
        Err(_) => (first..first + SCHEDULES).collect(),
    };
    for nodes in SIZES {
        let mut stage = Stage::always(nodes, Act::Varying).await;
        for (number, seed) in seeds.iter().enumerate() {
            stage.subnet.set_schedule(Schedule::random(*seed, nodes));
            let (told, update) = stage.order(&format!("order-{seed}")).await;
            assert!(told.is_ok() && update.rounds.len() == 1, "OUTCALL_SEED={seed}: {told:?}, {update}");
            assert_eq!(stage.upstream.hits(), number + 1, "OUTCALL_SEED={seed}: {update}");
        }
    }
}

#[tokio::test]
async fn who_may_not_cause_outcalls_causes_none() {
    let mut stage = Stage::of(13, Script::steps([]), "").await;
    let update = stage
        .subnet
        .update_from(&[1, 2], "place_order", candid::encode_one(super::order("a")).unwrap())
        .await;
    let told = update.value::<Result<outcall_canister::order::Placed, OrderError>>().unwrap();
    assert_eq!((told::order(&told), update.rounds.len()), ("not sent: NotAllowed".to_owned(), 0));
}

#[tokio::test]
async fn who_is_not_a_controller_changes_no_setting() {
    let mut stage = Stage::of(13, Script::steps([]), "").await;
    let settings =
        candid::encode_one(Settings { callers: Some(Callers::Everyone), ..Settings::default() }).unwrap();
    let update = stage.subnet.update_from(&[1, 2], "configure", settings.clone()).await;
    let told = update.value::<Result<Config, ConfigureError>>().unwrap();
    assert_eq!(told, Err(ConfigureError::NotAController));
    let asked = stage.subnet.query("configuration", candid::encode_args(()).unwrap()).await.unwrap();
    assert_eq!(candid::decode_one::<Config>(&asked).unwrap().callers, Callers::Controllers);
    let update = stage.subnet.update("configure", settings).await;
    assert_eq!(update.value::<Result<Config, ConfigureError>>().unwrap().unwrap().callers, Callers::Everyone);
}
