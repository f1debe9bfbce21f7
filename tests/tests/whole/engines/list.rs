//! The scenarios, each by what is special about it.

use outcall_harness::schedule::Schedule;
use outcall_tests::upstream::Reply;

use super::{Ending, Scenario, put, wanted};

fn dated(order: usize) -> Reply {
    Reply::json("4.23").header("date", &format!("moment {order}"))
}

/// The first so many say something else.
fn others(order: usize, count: usize) -> Reply {
    Reply::json(if order < count { "4.24" } else { "4.23" })
}

/// The first so many say more than may be read.
fn large(order: usize, count: usize) -> Reply {
    Reply::json(&"4".repeat(if order < count { 1_001 } else { 3 }))
}

pub(super) fn equal_answers_agree() -> Scenario {
    Scenario::default()
}

pub(super) fn equal_answers_agree_at_the_price_of_version_1() -> Scenario {
    Scenario::default().with(|args| args.pricing_version = None)
}

pub(super) fn thirty_four_equal_answers_agree() -> Scenario {
    Scenario { nodes: 34, hits: 34, ..Scenario::default() }
}

pub(super) fn nine_of_thirteen_agree() -> Scenario {
    Scenario { answer: |order| others(order, 4), ..Scenario::default() }
}

pub(super) fn eight_of_thirteen_diverge() -> Scenario {
    Scenario { answer: |order| others(order, 5), ending: Ending::Diverged, ..Scenario::default() }
}

pub(super) fn twenty_three_of_thirty_four_agree() -> Scenario {
    Scenario { answer: |order| others(order, 11), ..thirty_four_equal_answers_agree() }
}

pub(super) fn twenty_two_of_thirty_four_diverge() -> Scenario {
    let answer = |order| others(order, 12);
    Scenario { answer, ending: Ending::Diverged, ..thirty_four_equal_answers_agree() }
}

pub(super) fn different_dates_diverge() -> Scenario {
    Scenario { answer: dated, ending: Ending::Diverged, ..Scenario::default() }
}

pub(super) fn a_transform_takes_different_dates_away() -> Scenario {
    Scenario { answer: dated, ..Scenario::default() }.through("constant")
}

pub(super) fn a_transform_that_leaves_them_changes_nothing() -> Scenario {
    different_dates_diverge().through("unchanged")
}

pub(super) fn a_transform_that_traps_is_a_reject() -> Scenario {
    Scenario { ending: Ending::Rejected, ..Scenario::default() }.through("trapping")
}

/// The raw answer has fewer bytes than its Candid form.
pub(super) fn a_transformed_answer_beyond_the_cap_is_a_reject() -> Scenario {
    let scenario = Scenario { ending: Ending::Rejected, ..Scenario::default() };
    scenario.through("unchanged").with(|args| args.max_response_bytes = Some(60))
}

pub(super) fn answers_beyond_the_cap_are_a_reject() -> Scenario {
    Scenario { answer: |order| large(order, 13), ending: Ending::Rejected, ..Scenario::default() }
}

pub(super) fn four_answers_beyond_the_cap_do_not_matter() -> Scenario {
    Scenario { answer: |order| large(order, 4), ..Scenario::default() }
}

pub(super) fn five_answers_beyond_the_cap_diverge() -> Scenario {
    Scenario { answer: |order| large(order, 5), ending: Ending::Diverged, ..Scenario::default() }
}

pub(super) fn nine_replies_and_four_errors_of_the_server_agree() -> Scenario {
    let answer = |order| if order < 4 { Reply::new(503) } else { Reply::json("4.23") };
    Scenario { answer, ..Scenario::default() }
}

pub(super) fn four_silent_nodes_do_not_matter() -> Scenario {
    let schedule = (0..4).fold(Schedule::together(), Schedule::silent);
    Scenario { schedule, hits: 9, ..Scenario::default() }
}

pub(super) fn five_silent_nodes_let_the_time_run_out() -> Scenario {
    let schedule = (0..5).fold(Schedule::together(), Schedule::silent);
    Scenario { schedule, hits: 8, ending: Ending::TimedOut, ..Scenario::default() }
}

pub(super) fn a_late_node_asks_all_the_same() -> Scenario {
    Scenario { schedule: Schedule::together().late(3), ..Scenario::default() }
}

pub(super) fn a_node_that_was_restarted_asks_twice() -> Scenario {
    Scenario { schedule: Schedule::together().resend(3), hits: 14, ..Scenario::default() }
}

pub(super) fn two_outcalls_at_once_agree() -> Scenario {
    Scenario { method: "ask_twice_at_once", hits: 26, ..Scenario::default() }
}

pub(super) fn two_outcalls_in_a_row_agree() -> Scenario {
    Scenario { method: "ask_twice_in_a_row", hits: 26, ..Scenario::default() }
}

pub(super) fn an_url_that_is_too_long_is_refused() -> Scenario {
    let scenario = Scenario { hits: 0, ending: Ending::Rejected, ..Scenario::default() };
    scenario.with(|args| args.url = "a".repeat(8_193))
}

pub(super) fn a_put_of_all_nodes_is_refused() -> Scenario {
    Scenario { hits: 0, ending: Ending::Rejected, ..Scenario::default() }.with(put)
}

pub(super) fn too_few_cycles_are_refused() -> Scenario {
    Scenario { method: "ask_poorly", hits: 0, ending: Ending::Rejected, ..Scenario::default() }
}

pub(super) fn one_node_alone_may_put() -> Scenario {
    let scenario = Scenario { hits: 1, ..Scenario::default() }.with(put);
    scenario.with(|args| args.is_replicated = Some(false))
}

pub(super) fn a_silent_node_alone_lets_the_time_run_out() -> Scenario {
    let schedule = (0..13).fold(Schedule::together(), Schedule::silent);
    Scenario { schedule, hits: 0, ending: Ending::TimedOut, ..one_node_alone_may_put() }
}

pub(super) fn a_committee_of_all_gathers() -> Scenario {
    let answer = |order: usize| Reply::json(&format!("{}", order + 10));
    Scenario { answer, ending: Ending::Gathered, ..Scenario::default() }.flexible(|_| ())
}

pub(super) fn a_committee_of_four_gathers_three() -> Scenario {
    let scenario = Scenario { hits: 4, ending: Ending::Gathered, ..Scenario::default() };
    scenario.flexible(|args| args.replication = wanted(4, 2, 3))
}

pub(super) fn thirty_four_gather() -> Scenario {
    Scenario { nodes: 34, hits: 34, ..a_committee_of_all_gathers() }
}

pub(super) fn five_failing_nodes_are_too_many() -> Scenario {
    let answer = |order| large(order, 5);
    Scenario { answer, ending: Ending::Failed, ..Scenario::default() }.flexible(|_| ())
}

pub(super) fn four_failing_nodes_can_be_spared() -> Scenario {
    let answer = |order| large(order, 4);
    Scenario { answer, ending: Ending::Gathered, ..Scenario::default() }.flexible(|_| ())
}

pub(super) fn five_silent_nodes_of_a_committee_let_the_time_run_out() -> Scenario {
    let scenario = Scenario { ending: Ending::Failed, ..five_silent_nodes_let_the_time_run_out() };
    scenario.flexible(|_| ())
}

pub(super) fn a_committee_that_is_larger_than_the_subnet_is_refused() -> Scenario {
    let scenario = Scenario { hits: 0, ending: Ending::Rejected, ..Scenario::default() };
    scenario.flexible(|args| args.replication = wanted(14, 1, 1))
}
