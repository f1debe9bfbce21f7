//! Two engines, one list of scenarios. Each is played on the embedded subnet and held to the end that it is to have. Where
//! a PocketIC server is, it is played there, too, with the same real requests, and both engines must say the same: the
//! end, the bytes of the reply, the words of the reject.
//!
//! `POCKET_IC_BIN=… cargo test -p outcall-tests --features pocket-ic --test whole engines`. Without a server the tests
//! of PocketIC are ignored; with `REQUIRE_POCKET_IC=1` they run, or fail.

use candid::{Func, Principal};
use ic_management_canister_types::{
    FlexibleHttpRequestArgs, HttpMethod, HttpRequestArgs, ReplicationCounts, TransformContext, TransformFunc,
};
use outcall_harness::{
    adapter::Network,
    engine::Settings,
    schedule::Schedule,
    subnet::{Subnet, Update},
};
use outcall_tests::upstream::{Reply, Script, Upstream};

mod ending;
mod list;

use ending::{Ending, Told};

/// A canister that hands its argument on to the management canister, and the answer back to its caller.
const ASKER: &str = include_str!("../../../harness/src/subnet/tests/asker.wat");

/// What is played.
struct Scenario {
    nodes: usize,
    schedule: Schedule,
    /// The method of the canister.
    method: &'static str,
    /// What it hands on.
    args: Args,
    /// What the upstream answers, by the order in which the requests come.
    answer: fn(usize) -> Reply,
    /// How it ends.
    ending: Ending,
    /// How many requests reach the upstream.
    hits: usize,
}

enum Args {
    Replicated(HttpRequestArgs),
    Flexible(FlexibleHttpRequestArgs),
}

/// Thirteen nodes that ask together for the same, without a transform, and agree.
impl Default for Scenario {
    fn default() -> Self {
        let args = HttpRequestArgs {
            max_response_bytes: Some(1_000),
            pricing_version: Some(2),
            ..HttpRequestArgs::default()
        };
        Self {
            nodes: 13,
            schedule: Schedule::together(),
            method: "ask",
            args: Args::Replicated(args),
            answer: |_| Reply::json("4.23"),
            ending: Ending::Agreed,
            hits: 13,
        }
    }
}

impl Scenario {
    /// The same with other arguments.
    fn with(mut self, change: impl FnOnce(&mut HttpRequestArgs)) -> Self {
        if let Args::Replicated(args) = &mut self.args {
            change(args);
        }
        self
    }

    /// As a flexible outcall.
    fn flexible(mut self, change: impl FnOnce(&mut FlexibleHttpRequestArgs)) -> Self {
        let mut args = FlexibleHttpRequestArgs { max_response_bytes: Some(1_000), ..Default::default() };
        change(&mut args);
        (self.method, self.args) = ("ask_flexibly", Args::Flexible(args));
        self
    }

    /// Through a transform of the canister, which is filled in when its principal is known.
    fn through(self, method: &str) -> Self {
        let function = TransformFunc(Func { principal: Principal::anonymous(), method: method.to_owned() });
        let transform = Some(TransformContext { function, context: Vec::new() });
        self.with(|args| args.transform = transform)
    }

    fn encoded(&self, url: String, canister: Principal) -> Vec<u8> {
        let own = |transform: &Option<TransformContext>| {
            transform.clone().map(|mut transform| {
                transform.function.0.principal = canister;
                transform
            })
        };
        match &self.args {
            Args::Replicated(args) => {
                let (url, transform) = (url + &args.url, own(&args.transform));
                candid::encode_one(HttpRequestArgs { url, transform, ..args.clone() })
            }
            Args::Flexible(args) => {
                let (url, transform) = (url + &args.url, own(&args.transform));
                candid::encode_one(FlexibleHttpRequestArgs { url, transform, ..args.clone() })
            }
        }
        .unwrap()
    }

    async fn upstream(&self) -> Upstream {
        let answer = self.answer;
        Upstream::start(Script::each(move |seen| answer(seen.order).into())).await
    }

    /// What the caller is told on the embedded subnet, which must be what its rounds say.
    async fn on_the_embedded_subnet(&self) -> Told {
        let upstream = self.upstream().await;
        let builder = Subnet::embedded(self.nodes).network(Network::trusting_nobody().unwrap());
        let wasm = wat::parse_str(ASKER).unwrap();
        let mut subnet = builder.schedule(self.schedule.clone()).install(&wasm, []).await.unwrap();
        let canister = Principal::from_slice(&Settings::default().canister);
        let update = subnet.update(self.method, self.encoded(upstream.url("/"), canister)).await;
        let told = self.told(&update, canister);
        for round in &update.rounds {
            assert_eq!(Ending::of(&round.verdict), told.ending, "{update}");
        }
        assert_eq!((told.ending, upstream.requests().len()), (self.ending, self.hits), "{update}");
        told
    }

    #[cfg(feature = "pocket-ic")]
    async fn on_pocket_ic(&self) -> Told {
        let upstream = self.upstream().await;
        let builder = Subnet::pocket_ic(self.nodes).network(Network::trusting_nobody().unwrap());
        let wasm = wat::parse_str(ASKER).unwrap();
        let mut subnet = builder.schedule(self.schedule.clone()).install(&wasm, []).await.unwrap();
        let canister = Principal::from_slice(subnet.canister_id());
        let update = subnet.update(self.method, self.encoded(upstream.url("/"), canister)).await;
        assert_eq!(upstream.requests().len(), self.hits, "{update}");
        self.told(&update, canister)
    }

    #[cfg(not(feature = "pocket-ic"))]
    async fn on_pocket_ic(&self) -> Told {
        panic!("this was built without the feature pocket-ic");
    }

    fn told(&self, update: &Update, canister: Principal) -> Told {
        Told::of(update, matches!(self.args, Args::Flexible(_)), canister)
    }
}

fn wanted(total_requests: u32, min_responses: u32, max_responses: u32) -> Option<ReplicationCounts> {
    Some(ReplicationCounts { min_responses, max_responses, total_requests })
}

fn put(args: &mut HttpRequestArgs) {
    (args.method, args.body) = (HttpMethod::PUT, Some(b"red".to_vec()));
}

/// A test for each scenario on each engine.
macro_rules! on_both_engines {
    ($($scenario:ident)*) => {
        mod embedded {
            $(#[tokio::test]
            async fn $scenario() {
                super::list::$scenario().on_the_embedded_subnet().await;
            })*
        }

        mod pocket_ic {
            $(#[tokio::test]
            #[cfg_attr(not(pocket_ic), ignore = "no PocketIC server: set POCKET_IC_BIN and build with --features pocket-ic")]
            async fn $scenario() {
                let scenario = super::list::$scenario();
                let embedded = scenario.on_the_embedded_subnet().await;
                assert_eq!(scenario.on_pocket_ic().await, embedded);
            })*
        }
    };
}

on_both_engines! {
    equal_answers_agree
    equal_answers_agree_at_the_price_of_version_1
    thirty_four_equal_answers_agree
    nine_of_thirteen_agree
    eight_of_thirteen_diverge
    twenty_three_of_thirty_four_agree
    twenty_two_of_thirty_four_diverge
    different_dates_diverge
    a_transform_takes_different_dates_away
    a_transform_that_leaves_them_changes_nothing
    a_transform_that_traps_is_a_reject
    a_transformed_answer_beyond_the_cap_is_a_reject
    answers_beyond_the_cap_are_a_reject
    four_answers_beyond_the_cap_do_not_matter
    five_answers_beyond_the_cap_diverge
    nine_replies_and_four_errors_of_the_server_agree
    four_silent_nodes_do_not_matter
    five_silent_nodes_let_the_time_run_out
    a_late_node_asks_all_the_same
    a_node_that_was_restarted_asks_twice
    two_outcalls_at_once_agree
    two_outcalls_in_a_row_agree
    an_url_that_is_too_long_is_refused
    a_put_of_all_nodes_is_refused
    too_few_cycles_are_refused
    one_node_alone_may_put
    a_silent_node_alone_lets_the_time_run_out
    a_committee_of_all_gathers
    a_committee_of_four_gathers_three
    thirty_four_gather
    five_failing_nodes_are_too_many
    four_failing_nodes_can_be_spared
    five_silent_nodes_of_a_committee_let_the_time_run_out
    a_committee_that_is_larger_than_the_subnet_is_refused
}
