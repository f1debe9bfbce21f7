use super::{Manner, Moment, Schedule, Visit};
use crate::replica::Stage;

#[test]
fn the_same_seed_makes_the_same_schedule() {
    assert_eq!(Schedule::random(17, 13), Schedule::random(17, 13));
    assert_ne!(Schedule::random(17, 13), Schedule::random(18, 13));
    assert!(format!("{:?}", Schedule::random(17, 13)).starts_with("seed = 17 · First: "));
}

#[test]
fn every_replica_gets_an_answer_and_somebody_leads() {
    for seed in 0..2_000 {
        let schedule = Schedule::random(seed, 13);
        for replica in 0..13 {
            let stays = |visit: &&Visit| visit.replica == replica && visit.manner == Manner::Stay;
            assert!(schedule.visits().iter().find(stays).is_some(), "{schedule:?}");
        }
        assert!(schedule.at(Moment::First).any(|visit| visit.manner == Manner::Stay), "{schedule:?}");
        assert!(schedule.visits().is_sorted_by_key(|visit| visit.moment), "{schedule:?}");
    }
}

#[test]
fn seeds_reach_every_moment_and_every_stage() {
    let schedules: Vec<_> = (0..100).map(|seed| Schedule::random(seed, 13)).collect();
    let mut visits = schedules.iter().flat_map(Schedule::visits);
    for moment in [Moment::First, Moment::Held, Moment::Settled] {
        for stage in Stage::ALL {
            let wanted = |visit: &Visit| visit.moment == moment && visit.manner == Manner::Leave(stage);
            assert!(visits.clone().any(wanted), "{moment:?} {stage:?}");
        }
    }
    assert!(visits.any(|visit| visit.moment == Moment::Settled && visit.manner == Manner::Stay));
}

#[test]
fn a_schedule_by_hand_is_put_in_order() {
    let schedule = Schedule::of([
        Visit { replica: 2, moment: Moment::Settled, manner: Manner::Stay },
        Visit { replica: 0, moment: Moment::First, manner: Manner::Leave(Stage::AfterBody) },
        Visit { replica: 1, moment: Moment::First, manner: Manner::Stay },
    ]);
    assert_eq!(format!("{schedule:?}"), "no seed · First: 0(AfterBody) 1 · Held: · Settled: 2");
    assert_eq!(schedule.answers(), 2);
}

#[test]
#[should_panic(expected = "nobody stays from the first moment on")]
fn a_schedule_needs_a_leader() {
    Schedule::of([Visit { replica: 0, moment: Moment::Held, manner: Manner::Stay }]);
}
