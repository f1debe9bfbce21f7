use proptest::prelude::*;

use super::*;
use crate::{
    http_response,
    outcall::{Reject, RejectCode, Response},
    rules::consensus::share_hash,
};

fn json(body: &str) -> Response {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status: 200, headers, body: body.as_bytes().to_vec() }
}

fn with(response: Response, name: &str, value: &str) -> Response {
    let mut headers = response.headers;
    headers.push((name.to_owned(), value.to_owned()));
    Response { headers, ..response }
}

fn content(response: &Response) -> Content {
    Content::Success(http_response::encode(response).unwrap())
}

fn rejected(message: &str) -> Content {
    Content::Reject(Reject::new(RejectCode::SysTransient, message))
}

/// Eight replicas voted for the one, five for the other.
fn told(one: &Content, other: &Content) -> String {
    Difference::between(&[(one, 8), (other, 5)]).unwrap().to_string()
}

fn told_of(one: &Response, other: &Response) -> String {
    told(&content(one), &content(other))
}

#[test]
fn a_value_deep_in_a_json_body_is_named_by_its_path() {
    let body = |price: &str| json(&format!(r#"{{"data":{{"pair":"ICP-USD","price":{price}}},"ok":true}}"#));
    let expected = r#"$.data.price: "6.88" in 8 replicas, "6.89" in 5"#;
    assert_eq!(told_of(&body(r#""6.88""#), &body(r#""6.89""#)), expected);
    assert_eq!(told_of(&body("1.0"), &body("1.00")), "$.data.price: 1.0 in 8 replicas, 1.00 in 5");
    assert_eq!(
        told_of(&body("123456789012345678901"), &body("123456789012345678902")),
        "$.data.price: 123456789012345678901 in 8 replicas, 123456789012345678902 in 5"
    );
    assert_eq!(
        told_of(&body("{}"), &body("[1,2]")),
        "$.data.price: {0 members} in 8 replicas, [2 elements] in 5"
    );
    assert_eq!(told_of(&body(r#""1""#), &body("1")), r#"$.data.price: "1" in 8 replicas, 1 in 5"#);
}

#[test]
fn members_and_elements_that_are_missing_are_absent() {
    let cases = [
        (r#"{"a":1,"b":2}"#, r#"{"a":1}"#, "$.b: 2 in 8 replicas, absent in 5"),
        (r#"{"a":1}"#, r#"{"id":7,"a":1}"#, "$.id: absent in 8 replicas, 7 in 5"),
        ("[1,2]", "[1,2,3]", "$[2]: absent in 8 replicas, 3 in 5"),
        (r#"{"a b":[{"":1}]}"#, r#"{"a b":[{"":2}]}"#, r#"$["a b"][0][""]: 1 in 8 replicas, 2 in 5"#),
        (r#"{"a":1,"a":2}"#, r#"{"a":1,"a":3}"#, "$.a (repeated, 2): 2 in 8 replicas, 3 in 5"),
    ];
    for (one, other, expected) in cases {
        assert_eq!(told_of(&json(one), &json(other)), expected);
    }
}

#[test]
fn order_and_spelling_are_named_only_when_the_values_are_equal() {
    let cases = [
        (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, "order of the members of $: a, b in 8 replicas, b, a in 5"),
        (
            r#"{"x":[{"a":1,"b":2}]}"#,
            r#"{"x":[{"b":2,"a":1}]}"#,
            "order of the members of $.x[0]: a, b in 8 replicas, b, a in 5",
        ),
        (r#"{"a":1,"b":2}"#, r#"{"b":3,"a":1}"#, "$.b: 2 in 8 replicas, 3 in 5"),
        (
            r#"{"a": 1}"#,
            r#"{"a":1}"#,
            r#"the same JSON, written differently from byte 5 of the body: "{\"a\": 1}" in 8 replicas, "{\"a\":1}" in 5"#,
        ),
    ];
    for (one, other, expected) in cases {
        assert_eq!(told_of(&json(one), &json(other)), expected);
    }
}

#[test]
fn the_status_comes_before_the_headers_and_these_before_the_body() {
    let one = with(json(r#"{"a":1}"#), "date", "Mon");
    let late = Response { status: 429, ..with(json(r#"{"a":2}"#), "date", "Tue") };
    assert_eq!(told_of(&one, &late), "status: 200 in 8 replicas, 429 in 5");
    let other = with(json(r#"{"a":2}"#), "date", "Tue");
    assert_eq!(told_of(&one, &other), r#"header date: "Mon" in 8 replicas, "Tue" in 5"#);
    let without = json(r#"{"a":2}"#);
    assert_eq!(told_of(&one, &without), r#"header date: "Mon" in 8 replicas, absent in 5"#);
    assert_eq!(told_of(&without, &one), r#"header date: absent in 8 replicas, "Mon" in 5"#);
    let cookies = |value: &str| with(with(without.clone(), "set-cookie", "a"), "set-cookie", value);
    let expected = r#"header set-cookie: "a" and "b" in 8 replicas, "a" and "c" in 5"#;
    assert_eq!(told_of(&cookies("b"), &cookies("c")), expected);
    let turned = Response { headers: one.headers.iter().rev().cloned().collect(), ..one.clone() };
    let expected = "order of the headers: content-type, date in 8 replicas, date, content-type in 5";
    assert_eq!(told_of(&one, &turned), expected);
}

#[test]
fn a_body_that_is_not_json_differs_from_a_byte_on() {
    let text = |body: &str| Response { headers: Vec::new(), ..json(body) };
    let expected = r#"body, from byte 19: "… at 12:00" in 8 replicas, "… at 12:01" in 5"#;
    assert_eq!(told_of(&text("page served at 12:00"), &text("page served at 12:01")), expected);
    let cut = r#"body, from byte 2: nothing (2 bytes in all) in 8 replicas, "ok!" in 5"#;
    assert_eq!(told_of(&text("ok"), &text("ok!")), cut);
}

#[test]
fn a_reject_among_responses_and_rejects_among_themselves_are_outcomes() {
    let response = content(&json("{}"));
    let refused = rejected("Connecting to a.example failed");
    let expected = "outcome: a response in 8 replicas, SysTransient: Connecting to a.example failed in 5";
    assert_eq!(told(&response, &refused), expected);
    let bytes = Content::Success(b"DIDX".to_vec());
    let expected = "outcome: 4 bytes that are no http_response in 8 replicas, a response in 5";
    assert_eq!(told(&bytes, &response), expected);
    let other = rejected("Timeout");
    assert!(
        told(&refused, &other).starts_with("outcome: SysTransient: Connecting"),
        "{}",
        told(&refused, &other)
    );
    let longer = Content::Success(b"DIDXY".to_vec());
    assert_eq!(
        told(&bytes, &longer),
        r#"reply, from byte 4: nothing (4 bytes in all) in 8 replicas, "DIDXY" in 5"#
    );
}

#[test]
fn all_groups_are_counted_at_the_place_where_the_two_largest_differ() {
    let body = |price: u32| content(&json(&format!(r#"{{"price":{price}}}"#)));
    let contents: Vec<Content> = (1..=6).map(body).chain([rejected("no"), content(&json("[]"))]).collect();
    let counted: Vec<(&Content, usize)> = contents.iter().zip([3, 2, 2, 1, 1, 1, 1, 1]).collect();
    let difference = Difference::between(&counted).unwrap();
    let expected = "$.price: 1 in 3 replicas, 2 in 2, 3 in 2, 4 in 1 and 4 other values";
    assert_eq!(difference.to_string(), expected);
    let rest: Vec<&str> = difference.values[6..].iter().map(|counted| counted.value.as_str()).collect();
    assert_eq!(rest, ["SysTransient: no", "absent"]);
    assert_eq!(Difference::between(&counted[..1]), None);
}

#[test]
fn a_long_value_is_shown_where_it_differs() {
    let body = |end: &str| json(&format!(r#"{{"text":"{}{end}"}}"#, "long ".repeat(100)));
    let expected = r#"$.text: …g long long one" in 8 replicas, …g long long two" in 5"#;
    assert_eq!(told_of(&body("one"), &body("two")), expected);
    let endless = |end: &str| body(&format!("{end}{}", "more ".repeat(100)));
    let told = told_of(&endless("one"), &endless("two"));
    assert!(told.starts_with("$.text: …g long long onemore more") && told.len() < 200, "{told}");
}

#[test]
fn everything_that_varies_among_raw_responses_is_listed_with_its_values() {
    let response = |date: &str, id: u32| {
        with(json(&format!(r#"{{"price":"6.88","meta":{{"id":{id},"n":null}},"list":[1]}}"#)), "date", date)
    };
    let raw: Vec<Result<Response, Reject>> = vec![
        Ok(response("Mon", 1)),
        Ok(response("Mon", 1)),
        Ok(response("Tue", 2)),
        Ok(with(response("Tue", 3), "set-cookie", "x")),
        Err(Reject::new(RejectCode::SysFatal, "Timeout expired")),
    ];
    let found = variations(&raw.iter().collect::<Vec<_>>(), 100);
    let told: Vec<String> = found.found.iter().map(Difference::to_string).collect();
    let expected = [
        "outcome: a response in 4 replicas, SysFatal: Timeout expired in 1",
        r#"header date: "Mon" in 2 replicas, "Tue" in 2"#,
        r#"header set-cookie: absent in 3 replicas, "x" in 1"#,
        "$.meta.id: 1 in 2 replicas, 2 in 1, 3 in 1",
    ];
    assert_eq!((told.as_slice(), found.left_out), (expected.map(str::to_owned).as_slice(), 0));
    let same = [&raw[0], &raw[1]];
    assert_eq!(variations(&same, 100), Variations::default());
}

#[test]
fn bodies_vary_by_order_and_spelling_and_bytes_too() {
    let told = |bodies: &[&str]| {
        let raw: Vec<Result<Response, Reject>> = bodies.iter().map(|body| Ok(json(body))).collect();
        let found = variations(&raw.iter().collect::<Vec<_>>(), 100).found;
        found.iter().map(Difference::to_string).collect::<Vec<_>>()
    };
    let both = told(&[r#"{"a":1,"b":2}"#, r#"{"b":3,"a":1}"#, r#"{"a": 1,"b":2}"#]);
    let expected = [
        "$.b: 2 in 2 replicas, 3 in 1",
        "order of the members of $: a, b in 2 replicas, b, a in 1",
        "the same JSON, written differently from byte 2 of the body: compact in 2 replicas, with bytes to spare in 1",
    ];
    assert_eq!(both, expected);
    let nested =
        told(&[r#"{"x":[{"a":1,"b":2}],"y":{"c":1,"d":2}}"#, r#"{"y":{"d":2,"c":1},"x":[{"b":2,"a":1}]}"#]);
    let expected = [
        "order of the members of $: x, y in 1 replica, y, x in 1",
        "order of the members of $.x[0]: a, b in 1 replica, b, a in 1",
        "order of the members of $.y: c, d in 1 replica, d, c in 1",
    ];
    assert_eq!(nested, expected, "every object is named");
    let turned = told(&[r#"{"x":[1,{"a":2}]}"#, r#"{"x":[{"a":2},1]}"#]);
    assert_eq!(turned, [r#"order of the elements of $.x: 1, {"a":2} in 1 replica, {"a":2}, 1 in 1"#]);
    assert_eq!(told(&["[1,2]", "[2,2]"]), ["$[0]: 1 in 1 replica, 2 in 1"], "no order makes these equal");
    let gone = told(&[r#"{"a":{"b":1,"c":2}}"#, "{}"]);
    assert_eq!(gone, ["$.a: {2 members} in 1 replica, absent in 1"]);
    assert_eq!(told(&["[ 1]", "[1]"]).len(), 1);
    assert!(told(&["[ 1]", "[1]"])[0].starts_with("the same JSON, written differently from byte 1"));
    assert!(told(&["[1]", "oh"])[0].starts_with("body, from byte 0: "));
    let many = |digit: &str| format!("[{}{digit}]", "0,".repeat(30_000));
    assert_eq!(told(&[&many("1"), &many("2")]), ["$[30000]: 1 in 1 replica, 2 in 1"]);
    let left_out: Vec<Result<Response, Reject>> =
        ["0", "1"].map(|digit| Ok(json(&format!("[{digit}{}]", format!(",{digit}").repeat(149))))).to_vec();
    let found = variations(&left_out.iter().collect::<Vec<_>>(), 100);
    assert_eq!((found.found.len(), found.left_out), (100, 50));
}

fn any_content() -> impl Strategy<Value = Content> {
    let body = "[{}\\[\\]:,\"a1 ]{0,10}";
    let header = ("[ab]", "[xy]{0,2}");
    let response = (prop_oneof![Just(200_u16), Just(500)], prop::collection::vec(header, 0..3), body);
    prop_oneof![
        4 => response.prop_map(|(status, headers, body)| {
            content(&Response { status, headers, body: body.into_bytes() })
        }),
        1 => "[ab]{0,2}".prop_map(|message| rejected(&message)),
        1 => prop::collection::vec(0..3_u8, 0..3).prop_map(Content::Success),
    ]
}

proptest! {
    #[test]
    fn two_contents_differ_somewhere_exactly_when_their_hashes_do(one in any_content(), other in any_content()) {
        let difference = Difference::between(&[(&one, 2), (&other, 1)]);
        prop_assert_eq!(difference.is_some(), share_hash(1, &one) != share_hash(1, &other));
        if let Some(difference) = difference {
            prop_assert_eq!(difference.values.len(), 2, "{}", difference);
        }
    }
}

#[test]
fn fifty_thousand_members_in_another_order_are_compared_in_one_go() {
    let member = |at: u32, value: u32| format!(r#""member{at}":{value}"#);
    let body = |members: Vec<String>| json(&format!("{{{}}}", members.join(",")));
    let one = body((0..50_000).map(|at| member(at, 1)).collect());
    let turned = body((0..50_000).rev().map(|at| member(at, 1)).collect());
    assert!(told_of(&one, &turned).starts_with("order of the members of $: member0, member1, "));
    let changed = body((0..50_000).rev().map(|at| member(at, 1 + at / 49_999)).collect());
    assert_eq!(told_of(&one, &changed), "$.member49999: 1 in 8 replicas, 2 in 5");
}
