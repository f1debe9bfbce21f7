//! Each cause of a divergence, made by a service of its own, is named; and its control: without it, the same service
//! is agreed upon.

use ic_management_canister_types::HttpRequestArgs;

use super::{Round, ask, get, subnet, with_transform};
use crate::{
    finding::Cause,
    upstream::{Answer, Upstream},
};

/// What thirteen nodes make of a service that answers by this rule: the nth request of them gets the nth answer.
async fn round(rule: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Round {
    round_of(|args| args, rule).await
}

async fn round_of(
    change: fn(HttpRequestArgs) -> HttpRequestArgs,
    rule: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> Round {
    let upstream = Upstream::each(move |seen| rule(seen.number)).await;
    let update = ask(&mut subnet(13).await, &change(get(upstream.url("/")))).await;
    let round = update.expect_outcalls(1).rounds[0].clone();
    upstream.expect_requests(round.requests() as usize);
    round
}

/// That it diverged there, for that cause and no other.
#[track_caller]
fn diverged(round: &Round, place: &str, cause: Cause) {
    let found: Vec<(String, Cause)> = round
        .expect_diverged()
        .divergence()
        .found
        .iter()
        .map(|finding| (finding.difference.place.to_string(), finding.cause))
        .collect();
    assert_eq!(found, [(place.to_owned(), cause)], "{round}");
    let told = format!("  because: {place} ({cause})\n");
    assert!(round.to_string().contains(&told), "{round}");
}

#[tokio::test]
async fn a_date_header_is_the_clock() {
    let at = |second| Answer::text("4").header("date", format!("Tue, 24 Nov 2026 12:00:{second:02} GMT"));
    diverged(&round(at).await, "header date", Cause::Clock);
    round(move |_| at(0)).await.expect_agreed();
}

#[tokio::test]
async fn a_time_in_the_body_is_the_clock() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let at = move |number: usize| Answer::json(format!(r#"{{"price":4,"at":{}}}"#, now + number as u64 % 2));
    diverged(&round(at).await, "$.at", Cause::Clock);
    round(move |_| at(0)).await.expect_agreed();
}

#[tokio::test]
async fn a_cookie_is_a_cookie() {
    let with = |number| Answer::text("4").header("set-cookie", format!("session={number}"));
    diverged(&round(with).await, "header set-cookie", Cause::Cookie);
    round(move |_| with(0)).await.expect_agreed();
}

#[tokio::test]
async fn members_in_another_order_are_an_order() {
    let body = |number: usize| Answer::json([r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#][number % 2]);
    diverged(&round(body).await, "order of the members of $", Cause::Order);
    round(move |_| body(0)).await.expect_agreed();
}

#[tokio::test]
async fn a_random_id_inside_an_array_is_one() {
    let body = |number: usize| {
        let id = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Answer::json(format!(r#"{{"items":[{{"sku":"a","id":"{id:016x}"}}]}}"#))
    };
    diverged(&round(body).await, "$.items[0].id", Cause::RandomId);
    round(move |_| body(0)).await.expect_agreed();
}

#[tokio::test]
async fn float_noise_is_told_with_the_decimals_that_are_without_it() {
    let body = |number: usize| {
        Answer::json([r#"{"m":0.30000000000000000}"#, r#"{"m":0.30000000000000004}"#][number % 2])
    };
    let noisy = round(body).await;
    diverged(&noisy, "$.m", noisy.divergence().found[0].cause);
    assert!(matches!(noisy.divergence().found[0].cause, Cause::FloatNoise { decimals: 1..=12 }), "{noisy}");
    round(move |_| body(0)).await.expect_agreed();
    // Its control, and a value's that really moves.
    let body = |number: usize| Answer::json([r#"{"m":0.3}"#, r#"{"m":0.4}"#][number % 2]);
    diverged(&round(body).await, "$.m", Cause::Moves);
}

#[tokio::test]
async fn a_429_for_some_is_one_rate_for_all_of_them() {
    let limited = |number: usize| Answer::text("").status(if number < 6 { 200 } else { 429 });
    diverged(&round(limited).await, "status", Cause::TooMany);
    // All of them refused alike is an agreement, and another status no rate.
    round(move |_| limited(12)).await.expect_agreed();
    let failing = |number: usize| Answer::text("").status(if number < 6 { 200 } else { 500 });
    diverged(&round(failing).await, "status", Cause::Status);
}

#[tokio::test]
async fn the_replicas_own_address_is_known_by_its_look() {
    let body = |number: usize| Answer::json(format!(r#"{{"price":4,"origin":"203.0.113.{}"}}"#, 10 + number));
    diverged(&round(body).await, "$.origin", Cause::OwnAddress);
    round(move |_| body(0)).await.expect_agreed();
}

#[tokio::test]
async fn a_cap_that_some_exceed_is_the_cap() {
    let sized = |number: usize| Answer::new(200).body("4".repeat(if number < 6 { 900 } else { 1_001 }));
    diverged(&round(sized).await, "outcome", Cause::SizeCap);
    round(move |_| sized(0)).await.expect_agreed();
    // A failure of another kind is no cap.
    let broken = |number: usize| if number < 6 { Answer::text("4") } else { Answer::closed() };
    diverged(&round(broken).await, "outcome", Cause::Failure);
}

#[tokio::test]
async fn what_the_transform_has_taken_away_is_no_cause_and_what_it_has_left_is() {
    let at = |number: usize| Answer::text("4").header("date", format!("moment {number}"));
    let stripped = round_of(|args| with_transform(args, "constant"), at).await;
    let found = stripped.expect_agreed().findings().found;
    assert_eq!(found.iter().map(|finding| finding.cause).collect::<Vec<_>>(), [Cause::Clock]);
    assert_eq!(stripped.divergence().found, [], "{stripped}");
    assert!(!stripped.to_string().contains("because"), "{stripped}");
    // What is no response can be compared, and no cause be told.
    let left = round_of(|args| with_transform(args, "unchanged"), at).await;
    diverged(&left, "reply, from byte 88", Cause::Unknown);
}
