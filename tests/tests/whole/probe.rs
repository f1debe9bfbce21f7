//! What a probe proposes is used as it is printed: the route in the real gateway, the transform in a real canister, both
//! against the upstream that was probed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use outcall_harness::{
    adapter::Network,
    outcall::Request,
    probe::{Pattern, Probe, Remedy, Report},
};
use outcall_tests::upstream::{Act, Reply, Script, Seen, Upstream};

mod route;
mod transform;

/// The URL as it is printed: the upstream's port is another one each time.
const URL: &str = "http://api.example.com/v1/quote";

/// An upstream whose answers agree in nothing but what one wants to know.
async fn hostile() -> Upstream {
    Upstream::start(Script::each(|seen: &Seen| everything(seen.order).into())).await
}

fn everything(order: usize) -> Reply {
    // No two answers are of one moment, however fast they are given.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() + 100 * order as u128;
    let item = |name: &str| format!(r#"{{"sku":"{name}","trace_id":"{}"}}"#, token());
    let mut items = [item("a"), item("b"), item("c")];
    items.rotate_left(order % 3);
    let members = [
        r#""price": "6.88""#.to_owned(),
        r#""supply": 123456789012345678901234567890"#.to_owned(),
        format!(r#""request id":"{}""#, token()),
        format!(r#""served_at":{now}"#),
        format!(r#""items":[{}]"#, items.join(",")),
        format!(r#""tuple":["ICP",{now},1.10]"#),
        format!(r#""mean":{}"#, if order.is_multiple_of(2) { "0.3" } else { "0.30000000000000004" }),
        r#""name":"\u00e9\/\n""#.to_owned(),
    ];
    let turned: Vec<&str> = members.iter().map(String::as_str).cycle().skip(order % 8).take(8).collect();
    let space = if order.is_multiple_of(2) { " " } else { "" };
    Reply::json(&format!("{{{}{space}}}", turned.join(",")))
        .header("date", &format!("Tue, 24 Nov 2026 10:{:02}:{:02} GMT", order / 60 % 60, order % 60))
        .header("set-cookie", &format!("session={}", token()))
        .header("x-request-id", &token())
        .header("server", "constant")
}

/// What is left of everything.
const LEFT: &str = "{\"items\":[{\"sku\":\"a\"},{\"sku\":\"b\"},{\"sku\":\"c\"}],\"mean\":0.3,\"name\":\"é/\\n\",\
                    \"price\":\"6.88\",\"supply\":123456789012345678901234567890,\"tuple\":[\"ICP\",null,1.10]}";

/// JSON whose members come in any order, and nothing else.
async fn unordered() -> Upstream {
    Upstream::start(Script::each(|seen: &Seen| {
        let body = if seen.order.is_multiple_of(2) {
            r#"{"a":[1.0,"x"],"b":{}}"#
        } else {
            r#"{"b":{},"a":[1.0,"x"]}"#
        };
        Reply::json(body).into()
    }))
    .await
}

/// A date, and nothing else.
async fn dated() -> Upstream {
    Upstream::start(Script::each(|seen: &Seen| {
        Reply::new(200).header("date", &format!("moment {}", seen.order)).body("4.23").into()
    }))
    .await
}

fn token() -> String {
    format!("{:032x}", fastrand::u128(1 << 120..))
}

fn network(upstream: &Upstream) -> Network {
    Network::trusting_nobody().unwrap().pin("api.example.com", upstream.addr())
}

/// What is said of 13 replicas that ask this upstream.
async fn probed(upstream: &Upstream) -> Report {
    probed_without(upstream, &[]).await
}

async fn probed_without(upstream: &Upstream, unwanted: &[&str]) -> Report {
    let probe =
        Probe::new(Request::get(URL), 13).skew(7, Duration::from_millis(5)).network(network(upstream));
    let unwanted = unwanted.iter().map(|place| Pattern::parse(place).unwrap());
    unwanted.fold(probe, Probe::unwanted).ask().await.unwrap()
}

/// The text of a remedy that makes all answers alike.
#[track_caller]
fn text(remedy: &Option<Remedy>) -> &str {
    let remedy = remedy.as_ref().unwrap();
    assert!(remedy.alike, "{remedy:?}");
    remedy.text.as_deref().unwrap()
}

fn places(report: &Report) -> Vec<String> {
    let mut places: Vec<String> =
        report.findings.iter().map(|finding| finding.difference.place.to_string()).collect();
    places.sort();
    places
}

#[tokio::test]
async fn every_differing_field_of_the_hostile_upstream_is_named_and_no_other() {
    let upstream = hostile().await;
    let report = probed(&upstream).await;
    assert_eq!((upstream.hits(), report.verdict.is_agreed(), report.groups()), (13, false, 13));
    let expected = [
        "$.items[0].trace_id",
        "$.items[1].trace_id",
        "$.items[2].trace_id",
        "$.mean",
        "$.served_at",
        "$.tuple[1]",
        "$[\"request id\"]",
        "header content-length",
        "header date",
        "header set-cookie",
        "header x-request-id",
        "order of the elements of $.items",
        "order of the members of $",
    ];
    assert_eq!(places(&report), expected);
    // The control: of an upstream that differs in nothing, nothing is named.
    let same = Upstream::start(Script::always(Act::json(LEFT))).await;
    let report = probed(&same).await;
    assert_eq!((places(&report), report.transform, report.route), (Vec::new(), None, None));
}
