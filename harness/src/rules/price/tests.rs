use super::*;

fn usage(
    raw_response_bytes: u64,
    milliseconds: u64,
    transform_instructions: u64,
    transformed_bytes: u64,
) -> Usage {
    let roundtrip = Duration::from_millis(milliseconds);
    Usage { raw_response_bytes, roundtrip, transform_instructions, transformed_bytes }
}

#[test]
fn both_published_quotes_come_out() {
    let small = usage(2_000, 300, 1_000_000, 2_000);
    assert_eq!(quote(13, 200, &small, Replication::Full), 69_433_156);
    let by_default = Usage::by_default(Some(4_000), true);
    assert_eq!(quote(13, 200, &by_default, Replication::Full), 5_344_015_469);
    // Without a transform nothing is reckoned for its instructions.
    let without = Usage::by_default(Some(4_000), false);
    assert_eq!(quote(13, 200, &without, Replication::Full), 5_344_015_469 - 13 * (5_000_000_000 / 13));
}

#[test]
fn version_1_on_thirteen_nodes() {
    assert_eq!(version_1(13, 0, Some(0)), 49_140_000);
    assert_eq!(version_1(13, 1, Some(0)), 49_140_000 + 5_200);
    assert_eq!(version_1(13, 0, Some(1)), 49_140_000 + 10_400);
    assert_eq!(version_1(13, 0, None), 20_849_140_000);
}

#[test]
fn the_base_fee_on_thirteen_nodes() {
    assert_eq!(base(13, 0, Replication::Full), 38_417_600);
    assert_eq!(base(13, 100, Replication::Full), 38_417_600 + 65_000);
    assert_eq!(base(13, 0, Replication::Single), 29_848_000);
    assert_eq!(base(13, 100, Replication::Single), 29_848_000 + 65_000);
    let one = Replication::Flexible { total_requests: 13, min_responses: 1, max_responses: 13 };
    assert_eq!(base(13, 7, one), base(13, 7, Replication::Single));
    let by_default = Replication::flexible_by_default(13);
    assert_eq!(by_default, Replication::Flexible { total_requests: 13, min_responses: 9, max_responses: 13 });
    assert_eq!(base(13, 0, by_default), 13 * (1_000_000 + 90_000 * 13 + 2_000 * 13 * 9 + 100_000 * 9));
}

#[test]
fn a_node_pays_for_bytes_time_and_instructions_and_for_gossip_only_where_there_is_any() {
    let used = usage(1_000, 2_000, 26, 500);
    assert_eq!(per_node(13, &used, Replication::Full), 50_000 + 600_000 + 2);
    assert_eq!(per_node(13, &used, Replication::Single), 650_002 + 50 * 13 * 500);
    assert_eq!(per_node(13, &used, Replication::flexible_by_default(13)), 650_002 + 50 * 13 * 500);
    assert_eq!(per_node(13, &usage(0, 0, 12, 0), Replication::Full), 0, "a fraction of a cycle is free");
}

#[test]
fn a_delivered_byte_costs_what_its_subnet_makes_it_cost() {
    assert_eq!([1, 13, 34, 40].map(|nodes| delivery(nodes, 1)), [610, 9_490, 31_960, 40_000]);
    let two_extra = flexible_delivery(13, &[100, 200, 0], 1);
    assert_eq!(two_extra, 9_490 * (300 + 3 * 181) + 2 * 13 * (2_000 * 13 + 100_000));
    assert_eq!(flexible_delivery(13, &[], 1), 0);
}

#[test]
fn a_quote_reserves_for_a_reject_even_where_the_response_is_small() {
    for replication in [Replication::Full, Replication::Single, Replication::flexible_by_default(13)] {
        let of = |bytes| quote(13, 0, &usage(0, 0, 0, bytes), replication);
        assert_eq!(of(0), of(1_025), "{replication:?}");
        assert!(of(1_025) < of(1_026), "{replication:?}");
    }
    let single = quote(13, 0, &usage(0, 0, 0, 2_000), Replication::Single);
    assert_eq!(single, 29_848_000 + 50 * 13 * 2_000 + 9_490 * 2_000);
}

#[test]
fn a_quote_covers_what_is_charged_for_the_same_usage() {
    let used = usage(2_000, 300, 1_000_000, 2_000);
    for nodes in [1, 4, 13, 28, 34, 40] {
        let quoted = quote(nodes, 200, &used, Replication::Full);
        let everybody = charged(nodes, 200, Replication::Full, &vec![used; nodes], 2_000);
        assert!(everybody <= quoted, "{nodes}: {everybody} of {quoted}");
        // The nodes of the smallest agreement pay for the delivery out of their own parts.
        let part = (quoted - base(nodes, 200, Replication::Full)) / nodes as u128;
        let least = threshold(nodes);
        let spent = per_node(nodes, &used, Replication::Full) * least as u128 + delivery(nodes, 2_000);
        assert!(spent <= part * least as u128, "{nodes}");
    }
}

#[test]
fn absurd_numbers_are_added_up_without_a_panic() {
    let endless = Usage { roundtrip: Duration::MAX, ..usage(u64::MAX, 0, u64::MAX, u64::MAX) };
    let all = usize::MAX;
    let flexible = Replication::Flexible { total_requests: all, min_responses: all, max_responses: all };
    for replication in [Replication::Full, Replication::Single, flexible] {
        for nodes in [0, 1, all] {
            quote(nodes, u64::MAX, &endless, replication);
            version_1(nodes, u64::MAX, Some(u64::MAX));
        }
    }
}
