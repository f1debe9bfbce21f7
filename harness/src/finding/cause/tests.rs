use outcall_protocol::json::tree::Tree;

use super::*;

/// 24 November 2026, 12:00:00.
const NOW: f64 = 1_795_521_600.0;

/// The cause of these values, as JSON; an empty text is an answer without it.
fn caused(name: &str, values: &[&str]) -> Cause {
    let trees: Vec<Option<Tree>> = values.iter().map(|text| Tree::parse(text.as_bytes()).ok()).collect();
    value::cause(name, &trees.iter().map(Option::as_ref).collect::<Vec<_>>(), NOW)
}

#[test]
fn times_about_now_are_the_clock_and_others_are_values() {
    for values in [
        ["1795521600", "1795521601"],
        ["1795521600123", "1795521600124"],
        ["1795521600.5", "1795521600.7"],
        ["1795521600123456", "1795521600123457"],
        [r#""1795521600""#, r#""1795521601""#],
        [r#""2026-11-24T12:00:00Z""#, r#""2026-11-24T12:00:01Z""#],
        [r#""2026-11-24 12:00:00.1""#, r#""2026-11-24 12:00:00.2""#],
        [r#""Tue, 24 Nov 2026 12:00:00 GMT""#, r#""Tue, 24 Nov 2026 12:00:01 GMT""#],
    ] {
        assert_eq!(caused("x", &values), Cause::Clock, "{values:?}");
    }
    assert_eq!(caused("x", &["1695521600", "1695521607"]), Cause::Moves, "years ago");
}

#[test]
fn what_may_be_the_value_is_never_noise() {
    for (name, values) in [
        ("price", ["6.88", "6.89"]),
        ("price", [r#""6.88""#, r#""6.89""#]),
        ("price", ["688", "690"]),
        ("price", ["68801523", "68801530"]),
        ("total", ["12345678901234567890", "12345678901234567891"]),
        ("balance", ["-1", "-2"]),
        ("price", [r#""1.0000000001""#, r#""1.0000000002""#]),
    ] {
        assert_eq!(caused(name, &values), Cause::Moves, "{name} {values:?}");
    }
    for (name, values) in [
        ("status", [r#""open""#, r#""closed""#]),
        ("open", ["true", "false"]),
        ("price", ["6.88", ""]),
        ("price", ["6.88", "null"]),
        ("data", ["{}", ""]),
        ("block", [r#""0xabc""#, r#""0xabd""#]),
        ("title", [r#""a fine day""#, r#""a better day""#]),
    ] {
        assert_eq!(caused(name, &values), Cause::Unknown, "{name} {values:?}");
    }
    let block = r#""00000000000000000001f4a2""#;
    assert_eq!(
        caused("hash", &[block, block, r#""00000000000000000002bb10""#]),
        Cause::Unknown,
        "two blocks"
    );
}

#[test]
fn ids_are_known_by_their_looks_or_their_names() {
    for (name, values) in [
        ("x", [r#""3cf51f499c83a25f""#, r#""bf2bd95bb3d6b167""#]),
        ("x", [r#""550e8400-e29b-41d4-a716-446655440000""#, r#""650e8400-e29b-41d4-a716-446655440001""#]),
        ("x", [r#""V1StGXR8_Z5j""#, r#""a8GkL20xPq_7""#]),
        ("request_id", [r#""a""#, r#""b""#]),
        ("requestId", ["17", "99"]),
        ("x", ["8392749823748", "1192749823741"]),
        ("nonce", [r#""x""#, ""]),
    ] {
        assert_eq!(caused(name, &values), Cause::RandomId, "{name} {values:?}");
    }
}

#[test]
fn addresses_counters_durations_and_machines_are_known() {
    for (name, values, cause) in [
        ("origin", [r#""203.0.113.7""#, r#""203.0.113.8""#], Cause::OwnAddress),
        ("x", [r#""127.0.0.1:4000""#, r#""127.0.0.1:4002""#], Cause::OwnAddress),
        ("x", [r#""[2001:db8::1]:443""#, r#""2001:db8::2""#], Cause::OwnAddress),
        ("x", [r#""10.0.0.1, 203.0.113.7""#, r#""10.0.0.1, 203.0.113.8""#], Cause::OwnAddress),
        ("port", ["4000", "4002"], Cause::OwnAddress),
        ("serial", ["4", "9"], Cause::Counter),
        ("took", ["4", "9"], Cause::Duration),
        ("processing_time", ["0.25", "0.5"], Cause::Duration),
        ("duration", [r#""12ms""#, r#""7ms""#], Cause::Duration),
        ("served_by", [r#""web-1""#, r#""web-2""#], Cause::Machine),
        ("hostname", [r#""a""#, r#""b""#], Cause::Machine),
    ] {
        assert_eq!(caused(name, &values), cause, "{name} {values:?}");
    }
    assert_eq!(caused("x", &["5", "3", "4"]), Cause::Counter);
    assert_eq!(caused("x", &["5", "3", "6"]), Cause::Moves, "a gap");
}

/// Two coins that changed places have kept their names, and a bond has kept its day.
#[test]
fn what_is_the_same_in_several_answers_is_no_new_id_and_a_day_far_away_is_not_now() {
    assert_eq!(caused("id", &[r#""bitcoin""#, r#""ethereum""#, r#""bitcoin""#]), Cause::Unknown);
    assert_eq!(caused("id", &[r#""a1""#, r#""b2""#, r#""c3""#]), Cause::RandomId);
    assert_eq!(caused("request_id", &[r#""a""#, r#""b""#, r#""a""#]), Cause::RandomId, "as a cache answers");
    let days = |one: &str, other: &str| caused("x", &[&format!("{one:?}"), &format!("{other:?}")]);
    assert_eq!(days("2026-11-24T11:59:59Z", "2026-11-23T23:00:00-09:00"), Cause::Clock);
    assert_eq!(days("2027-03-01T00:00:00Z", "2027-03-08T00:00:00Z"), Cause::Unknown);
    assert_eq!(days("2024-02-29 08:00", "2024-03-01 08:00"), Cause::Unknown);
}

/// An account that each request adds one to is what is asked for.
#[test]
fn an_amount_that_goes_up_by_one_with_each_request_is_no_counter() {
    for name in ["balance", "totalSupply", "block_height", "count", "price"] {
        assert_eq!(caused(name, &["1003", "1001", "1002"]), Cause::Moves, "{name}");
    }
    assert_eq!(
        caused("served_count", &["1003", "1001"]),
        Cause::Counter,
        "the name says that answers are counted"
    );
}

#[test]
fn numbers_that_are_the_same_but_for_noise_are_rounded_to_what_they_share() {
    let decimals = |values: &[&str]| match caused("x", values) {
        Cause::FloatNoise { decimals } => decimals,
        other => panic!("{other:?}"),
    };
    assert!((9..15).contains(&decimals(&["0.30000000000000004", "0.3"])));
    assert!((5..12).contains(&decimals(&["12345.600000000001", "12345.6"])));
    assert_eq!(caused("x", &["0.30000001", "0.3"]), Cause::Moves);
    decimals(&["1.0", "1.00"]);
    decimals(&["-0.30000000000000004", "-0.3"]);
    // Small numbers keep their digits, and large ones have none to lose.
    assert!((17..22).contains(&decimals(&["1.2345678901234567e-9", "1.2345678901234569e-9"])));
    assert_eq!(decimals(&["1234567890123.4501", "1234567890123.4504"]), 0);
}

#[test]
fn headers_are_known_by_their_names_and_then_by_their_values() {
    let caused = |name: &str, values: &[&str]| {
        let values: Vec<Option<String>> = values.iter().map(|value| Some((*value).to_owned())).collect();
        header::cause(name, &values, NOW)
    };
    for (name, cause) in [
        ("date", Cause::Clock),
        ("set-cookie", Cause::Cookie),
        ("x-request-id", Cause::Proxy),
        ("cf-ray", Cause::Proxy),
        ("fly-request-id", Cause::Proxy),
        ("x-amzn-trace-id", Cause::Proxy),
        ("via", Cause::Proxy),
        ("age", Cause::Proxy),
        ("x-ratelimit-remaining", Cause::Rate),
        ("retry-after", Cause::Rate),
        ("content-length", Cause::Follows),
        ("etag", Cause::Follows),
        ("content-encoding", Cause::Coding),
        ("server", Cause::Machine),
        ("x-forwarded-for", Cause::OwnAddress),
    ] {
        assert_eq!(caused(name, &["a", "b"]), cause, "{name}");
    }
    assert_eq!(caused("x-seen", &["203.0.113.7", "203.0.113.8"]), Cause::OwnAddress);
    assert_eq!(caused("x-a", &["3cf51f499c83a25f", "bf2bd95bb3d6b167"]), Cause::RandomId);
    assert_eq!(caused("x-price", &["6.88", "6.89"]), Cause::Unknown);
    assert_eq!(caused("content-type", &["text/plain", "text/html"]), Cause::Unknown);
}

#[test]
fn every_cause_has_a_name_of_its_own() {
    let all = [
        Cause::Clock,
        Cause::Cookie,
        Cause::Proxy,
        Cause::Rate,
        Cause::OwnAddress,
        Cause::RandomId,
        Cause::Counter,
        Cause::Duration,
        Cause::Machine,
        Cause::Follows,
        Cause::FloatNoise { decimals: 3 },
        Cause::Order,
        Cause::Spelling,
        Cause::Coding,
        Cause::TooMany,
        Cause::Status,
        Cause::SizeCap,
        Cause::Failure,
        Cause::Moves,
        Cause::Unwanted,
        Cause::Unknown,
    ];
    let names: std::collections::BTreeSet<&str> = all.iter().map(|cause| cause.name()).collect();
    let words: std::collections::BTreeSet<String> = all.iter().map(Cause::to_string).collect();
    assert_eq!((names.len(), words.len()), (all.len(), all.len()));
}
