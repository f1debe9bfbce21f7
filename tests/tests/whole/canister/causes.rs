//! The causes of divergence, each with its controls: a canister without a transform meets it, the harness names it, and
//! through the gateway the same canister agrees.

use outcall_harness::{rules::consensus::faults, verdict::Verdict};
use outcall_tests::{
    gateway::Gateway,
    upstream::{Act, Reply, Script, Upstream},
};

use super::{
    SIZES, Stage,
    asker::{ask, asker, get},
    told,
};

/// What most replicas get, what one more than the faulty ones get, and where the harness sees it.
struct Cause {
    most: Reply,
    some: Reply,
    named: &'static str,
    /// Whether the sample's transform, which keeps status and body, takes it away.
    transformed_away: bool,
}

fn causes() -> Vec<(&'static str, Cause)> {
    let price = || Reply::json(r#"{"price":4.23}"#);
    let json = |body: &str| Reply::json(body);
    let mut limited = Reply::too_many_requests();
    limited = limited.body(r#"{"price":4.23}"#);
    let dated = |second: u32| price().header("date", &format!("Mon, 02 Nov 2026 10:00:0{second} GMT"));
    let cause = |most, some, named, transformed_away| Cause { most, some, named, transformed_away };
    vec![
        ("date", cause(dated(1), dated(2), "header date", true)),
        (
            "cookie",
            cause(
                price().header("set-cookie", "session=1"),
                price().header("set-cookie", "session=2"),
                "header set-cookie",
                true,
            ),
        ),
        (
            "order of members",
            cause(
                json(r#"{"price":4.23,"pair":"ICP/USD"}"#),
                json(r#"{"pair":"ICP/USD","price":4.23}"#),
                "order of the members of $",
                false,
            ),
        ),
        (
            "random id in an array",
            cause(
                json(r#"{"price":4.23,"trace":["a",{"id":17}]}"#),
                json(r#"{"price":4.23,"trace":["a",{"id":18}]}"#),
                "$.trace[1].id",
                false,
            ),
        ),
        ("429 for some", cause(price().header("retry-after", "1"), limited, "status", false)),
        (
            "over the cap for some",
            cause(
                price(),
                json(&format!(r#"{{"price":4.23,"more":"{}"}}"#, "x".repeat(1_000))),
                "outcome",
                false,
            ),
        ),
    ]
}

impl Cause {
    /// Of every n requests, f + 1 get the other answer: too many for an agreement.
    fn script(&self, nodes: usize) -> Script<Act> {
        let (most, some) = (self.most.clone(), self.some.clone());
        Script::each(move |seen| {
            Act::Answer(if seen.order % nodes <= faults(nodes) { some.clone() } else { most.clone() })
        })
    }
}

#[tokio::test]
async fn without_a_transform_each_cause_diverges_and_is_named() {
    for nodes in SIZES {
        for (name, cause) in causes() {
            let upstream = Upstream::start(cause.script(nodes)).await;
            let update = ask(&mut asker(nodes).await, "ask", &get(upstream.url("/u"), None)).await;
            let Verdict::Diverged { difference: Some(difference), .. } = &update.rounds[0].verdict else {
                panic!("{name}: {update}")
            };
            assert_eq!(difference.place.to_string(), cause.named, "{name}: {update}");
            let [most, some] = &difference.values[..] else { panic!("{name}: {difference}") };
            assert_eq!(
                (most.replicas, some.replicas),
                (nodes - faults(nodes) - 1, faults(nodes) + 1),
                "{name}"
            );
            assert_eq!(upstream.hits(), nodes, "{name}");
        }
    }
}

/// One fewer: the others are enough.
#[tokio::test]
async fn as_many_differing_replicas_as_the_subnet_endures_do_no_harm() {
    for nodes in SIZES {
        for (name, cause) in causes() {
            let (most, some) = (cause.most, cause.some);
            let script = Script::each(move |seen| {
                Act::Answer(if seen.order < faults(nodes) { some.clone() } else { most.clone() })
            });
            let upstream = Upstream::start(script).await;
            let update = ask(&mut asker(nodes).await, "ask", &get(upstream.url("/u"), None)).await;
            let Verdict::Agreed { replicas, .. } = update.rounds[0].verdict else {
                panic!("{name}: {update}")
            };
            assert_eq!(replicas, nodes - faults(nodes), "{name}");
        }
    }
}

#[tokio::test]
async fn through_the_gateway_the_same_canister_agrees_on_the_same_upstream() {
    for nodes in SIZES {
        for (name, cause) in causes() {
            let upstream = Upstream::start(cause.script(nodes)).await;
            let gateway = Gateway::start(&crate::config::route("/u", &upstream.url("/u"))).await;
            let url = format!("{}/u", super::gateway_url(&gateway));
            let update = ask(&mut asker(nodes).await, "ask", &get(url, None)).await;
            let verdict = &update.rounds[0].verdict;
            // An answer over the canister's own cap is rejected, by all alike.
            let alike = match verdict {
                Verdict::Agreed { replicas, .. } | Verdict::Rejected { replicas, .. } => *replicas,
                _ => 0,
            };
            assert_eq!(alike, nodes, "{name}: {update}");
            assert_eq!(verdict.is_agreed(), cause.named != "outcome", "{name}: {update}");
            assert_eq!(upstream.hits(), 1, "{name}");
        }
    }
}

/// The sample's transform drops headers; what differs in status and body is beyond any transform that keeps them.
#[tokio::test]
async fn a_transform_removes_some_causes_and_not_the_others() {
    for nodes in SIZES {
        for (name, cause) in causes() {
            let mut stage = Stage::of(nodes, cause.script(nodes), "").await.directly().await;
            let (told, update) = stage.price().await;
            let expected = match cause.transformed_away {
                true => "4.23",
                false => "unavailable: reject SysTransient: No consensus could be reached.",
            };
            assert_eq!(told::price(&told), expected, "{name}: {update}");
        }
    }
}
