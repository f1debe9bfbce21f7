use super::*;

#[test]
fn together_means_at_once_and_once() {
    for (number, turn) in Schedule::together().turns(13).into_iter().enumerate() {
        let expected = Turn { replica: number, moment: Moment::After(Duration::ZERO), again_after: None };
        assert_eq!(turn, expected);
    }
}

#[test]
fn the_same_seed_makes_the_same_turns_and_another_one_others() {
    let skew = Duration::from_millis(100);
    let turns = |seed| Schedule::skewed(seed, skew).resend(3).turns(13);
    assert_eq!(turns(17), turns(17));
    assert_ne!(turns(17), turns(18));
    assert_eq!(turns(17), Schedule::skewed(17, skew).resend(3).turns(34)[..13], "whatever the subnet's size");
    assert_eq!(Schedule::random(17, 13), Schedule::random(17, 13));
    assert_ne!(Schedule::random(17, 13), Schedule::random(18, 13));
}

#[test]
fn skewed_replicas_come_apart_within_the_skew() {
    let skew = Duration::from_millis(100);
    let delays: BTreeSet<Duration> = Schedule::skewed(17, skew)
        .turns(34)
        .into_iter()
        .map(|turn| match turn.moment {
            Moment::After(delay) => delay,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(delays.len(), 34, "{delays:?}");
    assert!(delays.iter().all(|delay| *delay <= skew), "{delays:?}");
    assert!(delays.last() > Some(&(skew / 2)) && delays.first() < Some(&(skew / 2)), "{delays:?}");
}

#[test]
fn replicas_are_late_or_silent_or_send_again_as_they_are_told() {
    let schedule = Schedule::skewed(17, Duration::from_millis(5))
        .resend(0)
        .late(1)
        .resend(1)
        .silent(2)
        .resend(2)
        .late(2);
    let turns = schedule.turns(4);
    assert!(matches!(turns[0], Turn { moment: Moment::After(_), again_after: Some(_), .. }));
    assert!(matches!(turns[1], Turn { moment: Moment::Late, again_after: Some(_), .. }));
    assert!(matches!(turns[2], Turn { moment: Moment::Never, again_after: None, .. }));
    assert!(matches!(turns[3], Turn { moment: Moment::After(_), again_after: None, .. }));
    let printed = "seed 17, skew up to 5ms, again: {0, 1, 2}, late: {1, 2}, silent: {2}";
    assert_eq!(schedule.to_string(), printed);
    assert_eq!(format!("{schedule:?}"), format!("Schedule({printed})"));
    assert_eq!(Schedule::together().late(1).to_string(), "together, late: {1}");
}

#[test]
fn random_schedules_leave_enough_replicas_to_agree_and_reach_everything() {
    let (mut late, mut silent, mut again) = (false, false, false);
    for seed in 0..500 {
        for nodes in [1, 4, 13, 34] {
            let schedule = Schedule::random(seed, nodes);
            let turns = schedule.turns(nodes);
            let on_time = turns.iter().filter(|turn| matches!(turn.moment, Moment::After(_))).count();
            assert!(on_time >= nodes - faults(nodes), "{schedule}");
            late |= turns.iter().any(|turn| turn.moment == Moment::Late);
            silent |= turns.iter().any(|turn| turn.moment == Moment::Never);
            again |= turns.iter().any(|turn| turn.again_after.is_some());
            assert!(schedule.to_string().starts_with(&format!("seed {seed}, ")), "{schedule}");
        }
    }
    assert!(late && silent && again);
}
