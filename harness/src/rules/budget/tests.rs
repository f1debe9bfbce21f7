use super::*;

const FLEXIBLE: Replication = Replication::flexible_by_default(13);

#[test]
fn the_attached_cycles_are_split_among_those_who_send() {
    let base = price::base(13, 100, Replication::Full);
    let of = |attached, replication| allowance(13, 100, Some(1_000), replication, attached);
    assert_eq!(of(base + 1_300, Replication::Full), 100);
    assert_eq!(of(base + 1_312, Replication::Full), 100, "what does not divide is left over");
    assert_eq!(of(base - 1, Replication::Full), 0);
    let single = price::base(13, 100, Replication::Single);
    assert_eq!(of(single + 1_300, Replication::Single), 1_300);
    let four = Replication::Flexible { total_requests: 4, min_responses: 1, max_responses: 4 };
    assert_eq!(of(price::base(13, 100, four) + 1_300, four), 325);
}

#[test]
fn nobody_may_spend_more_than_the_outcall_could_ever_use() {
    for replication in [Replication::Full, Replication::Single, FLEXIBLE] {
        let most = price::quote(13, 0, &Usage::by_default(Some(1_000), true), replication);
        let enough = allowance(13, 0, Some(1_000), replication, most);
        assert_eq!(allowance(13, 0, Some(1_000), replication, 10 * most), enough, "{replication:?}");
        assert_eq!(enough * replication.senders(13) as u128, most - price::base(13, 0, replication));
        let mut budget = Budget::new(13, replication, enough);
        budget.charge_network(1_000, Duration::from_secs(60)).unwrap();
        budget.charge_transform(5_000_000_000).unwrap();
        budget.charge_gossip(2_024).unwrap();
    }
}

#[test]
fn a_node_pays_until_its_part_is_used_up_and_reports_no_more_than_that() {
    let mut budget = Budget::new(13, FLEXIBLE, 100_000);
    budget.charge_network(1_000, Duration::from_millis(100)).unwrap();
    budget.charge_transform(26).unwrap();
    assert_eq!(budget.spent(), 80_002);
    budget.charge_gossip(30).unwrap();
    assert_eq!(budget.spent(), 99_502);
    let reject = budget.charge_transform(13_000).unwrap_err();
    assert_eq!(reject, Reject::new(RejectCode::CanisterReject, "Insufficient cycles"));
    assert_eq!(budget.spent(), 100_000);
    let mut all = Budget::new(13, Replication::Full, 0);
    all.charge_gossip(1_000).unwrap();
}

#[test]
fn what_nine_of_thirteen_leave_must_pay_for_the_delivery() {
    // Delivering 100 bytes costs 949,000.
    assert!(is_paid(13, 1_000_000, &[0], 100));
    // Of 9 · 106,000 it leaves 5,000 to be spent.
    assert!(is_paid(13, 106_000, &[555; 9], 100));
    assert!(!is_paid(13, 106_000, &[556; 9], 100));
    assert!(is_paid(13, 0, &[0; 9], 0));
}

#[test]
fn an_outcall_is_out_of_cycles_when_not_even_the_cheapest_end_can_be_paid() {
    let of = |allowance, groups: &[(usize, u64)], spent: &[u128]| {
        out_of_cycles(13, allowance, (9, 13), groups, spent)
    };
    let reject = of(70_000, &[(13, 100)], &[1_000; 13]).unwrap();
    assert_eq!(reject.code, RejectCode::CanisterReject);
    let text = "Out of cycles: 13 of the assigned replicas reported a collective spend of 13000 cycles, leaving 897000 \
                cycles of the attached payment (after base fee deduction). Delivering a response would cost at least \
                949000 cycles.";
    assert_eq!(reject.message, text);
    assert_eq!(of(74_000, &[(13, 100)], &[1_000; 13]), None, "949,000 are left");
    // Nine have not been seen, and might agree on nothing at all.
    assert_eq!(of(1, &[(4, 100)], &[0; 4]), None);
    // Five have: no other end than theirs is possible, and eight may still join them.
    assert!(of(1, &[(5, 100)], &[0; 5]).is_some());
    assert_eq!(of(1, &[(5, 100), (5, 0)], &[0; 10]), None, "no group can win: that is a divergence");
}
