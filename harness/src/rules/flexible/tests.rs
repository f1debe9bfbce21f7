use super::*;

/// Thirteen nodes ask; what they may spend is no matter.
fn committee(min_responses: usize, max_responses: usize) -> Committee {
    Committee { nodes: 13, total_requests: 13, min_responses, max_responses, allowance: 1 << 60 }
}

fn response(number: usize, bytes: u64) -> Share {
    Share { bytes, spent: 10, number, is_reject: false }
}

fn reject(number: usize) -> Share {
    Share { is_reject: true, ..response(number, 50) }
}

/// So many responses of 100 bytes, then so many rejects.
fn shares(responses: usize, rejects: usize) -> Vec<Share> {
    let first = (0..responses).map(|number| response(number, 100));
    first.chain((responses..responses + rejects).map(reject)).collect()
}

fn failure(decision: Decision) -> Failure {
    match decision {
        Decision::Failed(failure) => failure,
        Decision::Delivered(numbers) => panic!("delivered {numbers:?}"),
    }
}

#[test]
fn as_many_as_are_there_are_delivered_and_no_more_than_are_wanted() {
    for (there, max, delivered) in [(13, 13, 13), (9, 13, 9), (11, 10, 10), (13, 9, 9)] {
        let decision = committee(9, max).decision(&shares(there, 13 - there));
        assert_eq!(decision, Decision::Delivered((0..delivered).collect()), "{there} of {max}");
    }
}

#[test]
fn the_smallest_are_delivered_first() {
    let sizes = [5, 1, 4, 2, 3];
    let shares: Vec<Share> =
        sizes.iter().enumerate().map(|(number, bytes)| response(number, *bytes)).collect();
    let three = Committee { total_requests: 5, ..committee(1, 3) };
    assert_eq!(three.decision(&shares), Decision::Delivered(vec![1, 3, 4]));
}

#[test]
fn eight_responses_and_four_rejects_wait_and_one_reject_more_is_too_many() {
    assert_eq!(failure(committee(9, 13).decision(&shares(8, 4))), Failure::Timeout);
    let too_many = failure(committee(9, 13).decision(&shares(8, 5)));
    assert_eq!(too_many, Failure::TooManyRejects { rejects: (8..13).collect() });
    assert_eq!(too_many.to_string(), "Too many rejects: 5 responses are rejects");
    assert_eq!(committee(9, 13).decision(&shares(9, 4)), Decision::Delivered((0..9).collect()));
    assert_eq!(failure(committee(9, 13).decision(&[])).to_string(), "Flexible HTTP request timed out");
}

#[test]
fn whoever_wants_nothing_gets_nothing_as_soon_as_anybody_has_asked() {
    assert_eq!(committee(0, 0).decision(&shares(0, 1)), Decision::Delivered(vec![]));
    assert_eq!(failure(committee(0, 0).decision(&[])), Failure::Timeout);
    assert_eq!(committee(0, 13).decision(&shares(0, 13)), Decision::Delivered(vec![]));
}

#[test]
fn what_does_not_fit_into_a_block_is_left_out_down_to_the_least() {
    let large = |count: usize| (0..count).map(|number| response(number, 400_000)).collect::<Vec<_>>();
    assert_eq!(committee(3, 13).decision(&large(13)), Decision::Delivered((0..5).collect()));
    // Five fit: the one that is missing could be small.
    assert_eq!(failure(committee(6, 13).decision(&large(12))), Failure::Timeout);
    let sizes = vec![400_000; 6];
    let expected =
        Failure::ResponsesTooLarge { min_responses: 6, smallest: sizes, ok: 13, rejects: 0, unseen: 0 };
    assert_eq!(failure(committee(6, 13).decision(&large(13))), expected);
    let text = "Responses too large: need at least 7 OK responses to fit within 2097152 bytes, but even the smallest 6 \
                (= 7 min_responses - 1 unseen) of 12 OK responses have sizes [400000, 400000, 400000, 400000, 400000, \
                400000] bytes (12 ok + 0 reject + 1 unseen = 13 total_requests)";
    assert_eq!(failure(committee(7, 13).decision(&large(12))).to_string(), text);
}

/// Delivering 9 of 100 bytes costs 9,490 · 9 · 281 = 24,000,210, and one more 9,490 · 281 + 13 · 126,000 = 4,304,690.
#[test]
fn fewer_are_delivered_where_more_cannot_be_paid_for_and_others_help_to_pay() {
    let with = |allowance| Committee { allowance, ..committee(9, 13) };
    // Thirteen leave 13 · (allowance - 10).
    assert_eq!(with(1 << 40).decision(&shares(13, 0)), Decision::Delivered((0..13).collect()));
    let for_all = (24_000_210 + 4 * 4_304_690_u128).div_ceil(13) + 10;
    assert_eq!(with(for_all).decision(&shares(13, 0)), Decision::Delivered((0..13).collect()));
    assert_eq!(with(for_all - 1).decision(&shares(13, 0)), Decision::Delivered((0..12).collect()));
    let for_nine = 24_000_210_u128.div_ceil(13) + 10;
    assert_eq!(with(for_nine).decision(&shares(9, 4)), Decision::Delivered((0..9).collect()));
    assert_eq!(failure(with(for_nine).decision(&shares(9, 0))), Failure::Timeout, "four may still help");
    let short = failure(with(for_nine - 1).decision(&shares(9, 4)));
    let left = 13 * (for_nine - 1 - 10);
    assert_eq!(short, Failure::OutOfCycles(Shortage { reported: 13, spent: 130, left, least: 24_000_210 }));
    assert!(short.to_string().starts_with("Out of cycles: 13 of the assigned replicas reported"), "{short}");
}

#[test]
fn a_delivery_that_could_still_be_cheap_is_waited_for() {
    // One has not answered, and five rejects could still be the end.
    let poor = Committee { allowance: 100, ..committee(9, 13) };
    let short = failure(poor.decision(&shares(8, 4)));
    // A fifth reject may be empty: 9,490 · (4 · 231 + 181).
    let least = 9_490 * (4 * 231 + 181);
    assert_eq!(short, Failure::OutOfCycles(Shortage { reported: 12, spent: 120, left: 1_180, least }));
}
