use proptest::prelude::*;

use super::*;

/// A share that prints as that digit, 64 times.
fn share(digit: u8) -> Digest {
    Digest::from_bytes([digit * 0x11; 32])
}

/// Replicas in order of their number; so many of each share.
fn shares(counts: &[usize]) -> Vec<(usize, Digest)> {
    let groups = counts.iter().zip(1..).flat_map(|(count, digit)| std::iter::repeat_n(share(digit), *count));
    groups.enumerate().collect()
}

fn decided(nodes: usize, counts: &[usize]) -> Option<Decision> {
    decide(nodes, 7, &shares(counts), Duration::ZERO)
}

fn agreed() -> Option<Decision> {
    Some(Decision::Agreed(share(1)))
}

fn diverged(decision: &Option<Decision>) -> bool {
    matches!(decision, Some(Decision::Diverged(_)))
}

#[test]
fn n_minus_f_equal_shares_agree_and_one_fewer_decides_nothing() {
    let facts = [(1, 1), (4, 3), (7, 5), (13, 9), (28, 19), (31, 21), (34, 23), (40, 27)];
    for (nodes, needed) in facts {
        assert_eq!(threshold(nodes), needed, "{nodes}");
        assert_eq!(faults(nodes), nodes - needed, "{nodes}");
        assert_eq!(decided(nodes, &[needed]), agreed(), "{nodes}");
        assert_eq!(decided(nodes, &[needed - 1]), None, "{nodes}");
    }
}

#[test]
fn more_than_f_outside_the_largest_group_diverge_and_f_do_not() {
    for nodes in [4, 7, 13, 28, 31, 34, 40] {
        let (most, few) = (threshold(nodes) - 1, faults(nodes));
        assert!(diverged(&decided(nodes, &[most, few + 1])), "{nodes}");
        assert_eq!(decided(nodes, &[most, few]), None, "{nodes}");
        assert_eq!(decided(nodes, &[most + 1, few]), agreed(), "{nodes}");
    }
}

#[test]
fn thirteen_replicas_at_their_bounds() {
    assert_eq!(decided(13, &[9]), agreed());
    assert_eq!(decided(13, &[9, 4]), agreed());
    assert!(diverged(&decided(13, &[8, 5])));
    assert_eq!(decided(13, &[8, 4]), None, "8 and 4, one silent: nothing is decided until the time is over");
    assert!(diverged(&decided(13, &[8, 4, 1])));
    assert!(diverged(&decided(13, &[1; 6])), "six that all differ: five outside the largest");
    assert_eq!(decided(13, &[1; 5]), None);
}

#[test]
fn the_time_is_over_after_more_than_sixty_seconds_and_nothing_rescues_it() {
    let text = "Canister http request timed out";
    let over = Some(Decision::TimedOut(Reject::new(RejectCode::SysTransient, text)));
    let late = TIMEOUT + Duration::from_nanos(1);
    for counts in [vec![], vec![8, 4], vec![13], vec![8, 5]] {
        assert_eq!(decide(13, 7, &shares(&counts), late), over);
    }
    assert_eq!(decide(13, 7, &shares(&[8, 4]), TIMEOUT), None);
    assert_eq!(decide(13, 7, &shares(&[9]), TIMEOUT), agreed());
}

#[test]
fn a_divergence_names_the_largest_group_first_and_then_the_highest_hash() {
    let hex = |digit: u8| share(digit).to_string();
    let expected = format!(
        "No consensus could be reached. Replicas had different responses. Details: request_id: 7, \
         hashes: [{}: 4], [{}: 3], [{}: 3], [{}: 1]",
        hex(2),
        hex(3),
        hex(1),
        hex(4),
    );
    let Some(Decision::Diverged(reject)) = decided(13, &[3, 4, 3, 1]) else { panic!("no divergence") };
    assert_eq!(reject, Reject::new(RejectCode::SysTransient, expected));
}

#[test]
fn replicas_of_2025_name_the_timeout_too() {
    let mut tally = Tally::new(4, 300_266).with_timeout_in_text(1_751_208_855_866_594_028);
    tally.add(0, share(1));
    tally.add(1, share(2));
    tally.add(2, share(3));
    let Some(Decision::Diverged(reject)) = tally.decision(Duration::ZERO) else { panic!("no divergence") };
    let start = "No consensus could be reached. Replicas had different responses. Details: request_id: 300266, \
                 timeout: 1751208855866594028, hashes: [3333";
    assert!(reject.message.starts_with(start), "{}", reject.message);
}

#[test]
fn a_restarted_replica_with_two_answers_is_outside_only_if_it_is_not_inside() {
    let mut tally = Tally::new(13, 7);
    shares(&[8, 4]).into_iter().for_each(|(replica, hash)| tally.add(replica, hash));
    tally.add(0, share(2));
    assert_eq!(tally.decision(Duration::ZERO), None, "replica 0 is in the largest group");
    tally.add(12, share(3));
    assert!(diverged(&tally.decision(Duration::ZERO)));
    tally.add(11, share(1));
    assert_eq!(tally.decision(Duration::ZERO), agreed(), "its second answer makes nine");
}

#[test]
fn a_hash_covers_the_id_and_everything_of_the_content() {
    let reject = |code, message: &str| Content::Reject(Reject::new(code, message));
    let contents = [
        Content::Success(b"no".to_vec()),
        Content::Success(b"".to_vec()),
        reject(RejectCode::SysFatal, "no"),
        reject(RejectCode::SysTransient, "no"),
        reject(RejectCode::SysFatal, "yes"),
    ];
    let hashes: BTreeSet<Digest> =
        contents.iter().flat_map(|content| [share_hash(1, content), share_hash(2, content)]).collect();
    assert_eq!(hashes.len(), 2 * contents.len());
    let long = |tail: &str| reject(RejectCode::SysFatal, &format!("{}{tail}", "x".repeat(1_024)));
    assert_eq!(share_hash(1, &long("a")), share_hash(1, &long("b")));
}

proptest! {
    #[test]
    fn the_order_of_the_shares_changes_nothing_and_no_decision_is_taken_back(
        nodes in 1_usize..41,
        digits in prop::collection::vec(prop_oneof![6 => Just(1_u8), 2 => Just(2), 1 => 3..6_u8], 40),
        order in Just((0..40).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let mut tally = Tally::new(nodes, 7);
        let mut first = None;
        for replica in order.into_iter().filter(|replica| *replica < nodes) {
            tally.add(replica, share(digits[replica]));
            first = first.or_else(|| tally.decision(Duration::ZERO));
        }
        let in_order: Vec<_> = (0..nodes).map(|replica| (replica, share(digits[replica]))).collect();
        let whole = decide(nodes, 7, &in_order, Duration::ZERO);
        prop_assert_eq!(&tally.decision(Duration::ZERO), &whole);
        // Early divergences name fewer shares, so only the kind of the decision is the same.
        prop_assert_eq!(first.as_ref().map(std::mem::discriminant), whole.as_ref().map(std::mem::discriminant));
        // When everybody has answered, something is decided.
        prop_assert!(whole.is_some());
    }
}
