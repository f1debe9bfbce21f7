use super::*;

fn moments(begin: Instant, milliseconds: &[u64]) -> Vec<Instant> {
    milliseconds.iter().map(|&after| begin + Duration::from_millis(after)).collect()
}

#[test]
fn a_quorum_that_is_there_waits_for_the_upstream() {
    let begin = Instant::now();
    // Four replicas, of which three are enough; the fourth comes late.
    let arrivals = moments(begin, &[0, 4, 8, 500]);
    let answers = moments(begin, &[22, 23, 25, 501]);
    let burst = Burst::of(&arrivals, &answers, Duration::from_millis(20));
    assert!((burst.overhead - 5.0).abs() < 1e-6, "{burst:?}");
    let wakes: Vec<i64> = burst.wakes.iter().map(|wake| wake.round() as i64).collect();
    assert_eq!(wakes, [1, 3]);
}

#[test]
fn a_quorum_that_is_not_there_waits_for_its_last_replica() {
    let begin = Instant::now();
    let arrivals = moments(begin, &[0, 4, 40, 500]);
    let answers = moments(begin, &[22, 23, 41, 501]);
    let burst = Burst::of(&arrivals, &answers, Duration::from_millis(20));
    assert!((burst.overhead - 1.0).abs() < 1e-6, "{burst:?}");
}

#[test]
fn all_but_the_straggler_arrive_within_the_spread() {
    let spread = Duration::from_millis(50);
    let bursts =
        Bursts { replicas: 13, per_second: 1.0, bursts: 1, spread, upstream: Duration::ZERO, way: Way::Warm };
    let offsets = bursts.offsets();
    assert_eq!(offsets[0], Duration::ZERO);
    assert!(offsets[..12].iter().all(|offset| *offset <= spread), "{offsets:?}");
    assert_eq!(offsets[12], spread + STRAGGLES);
}
