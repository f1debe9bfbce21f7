//! What is proposed makes the recorded answers one; where nothing can, nothing is proposed, and why is said.

use super::*;
use crate::probe::{route::Route, rules::Rules};

fn alike(remedy: &Option<Remedy>) -> bool {
    let remedy = remedy.as_ref().unwrap();
    assert_eq!(remedy.alike, remedy.why.is_empty(), "{remedy:?}");
    assert!(remedy.text.is_some() || !remedy.alike, "{remedy:?}");
    remedy.alike
}

/// Why there is no transform, and whether there is a route all the same.
fn refused(report: &Report) -> (String, bool) {
    let (transform, route) = (report.transform.as_ref().unwrap(), report.route.as_ref().unwrap());
    assert!(!transform.alike && transform.text.is_none() && transform.cost.is_none(), "{transform:?}");
    assert!(!route.alike, "{route:?}");
    (transform.why.join("\n"), route.text.is_some())
}

type Answer = fn(usize) -> Response;

#[test]
fn noise_of_every_kind_is_taken_away_by_both() {
    let rules: [(&str, Answer); 12] = [
        ("a header", |number| with(json("{}"), "date", &number.to_string())),
        ("the type of the content", |number| {
            with(Response { headers: Vec::new(), ..json("{}") }, "content-type", &format!("text/{number}"))
        }),
        ("the headers' order", |number| {
            let mut answer = with(with(json("{}"), "a", "1"), "b", "2");
            answer.headers.rotate_left(number % 3);
            answer
        }),
        ("a member", |number| json(format!(r#"{{"id":"{}","price":"6.88"}}"#, token(number)))),
        ("a member with an odd name", |number| {
            json(format!(
                r#"{{"request id \"é\"":{{"id":"{}"}},"and":{{"nonce":"{}"}}}}"#,
                token(number),
                token(99 - number)
            ))
        }),
        ("a member that some lack", |number| {
            json(if number < 6 { r#"{"nonce":"x","n":1}"# } else { r#"{"n":1}"# })
        }),
        ("an element", |number| json(format!(r#"["ICP/USD",{},6.88]"#, 1_795_521_600 + number))),
        ("ids in elements", |number| {
            json(format!(
                r#"{{"a":[[{{"id":"{}"}}],[{{"id":"{}","n":1}}]]}}"#,
                token(number),
                token(50 + number)
            ))
        }),
        ("elements that are ids", |number| {
            json(format!(r#"{{"ids":["{}","{}"]}}"#, token(number), token(50 + number)))
        }),
        ("the order of members", |number| {
            json(if number < 6 { r#"{"a":{"c":1,"b":2}}"# } else { r#"{"a":{"b":2,"c":1}}"# })
        }),
        ("the order of elements", |number| {
            json(if number < 6 { r#"{"a":[1,"b",{"x":1,"y":2}]}"# } else { r#"{"a":[{"y":2,"x":1},1,"b"]}"# })
        }),
        ("space and escapes", |number| {
            json(if number < 6 { r#"{ "a" : "é/\n" }"# } else { r#"{"a":"\u00e9\/\u000a"}"# })
        }),
    ];
    for (what, rule) in rules {
        let report = report(rule);
        assert!(!report.findings.is_empty(), "{what}");
        assert!(alike(&report.transform), "{what}: {:?}", report.transform);
        assert!(alike(&report.route), "{what}: {:?}", report.route);
    }
}

#[test]
fn float_noise_is_rounded_by_both() {
    for values in [
        ["0.3", "0.30000000000000004"],
        ["12345.6", "12345.600000000001"],
        ["1.0", "1.00"],
        ["-2.5e-3", "-0.0025000000000000001"],
        ["0.0", "-0.0"],
    ] {
        let report = report(|number| json(format!(r#"{{"a":[{{"x":{}}}]}}"#, values[number % 2])));
        assert_eq!(told(&report), places(&[("$.a[0].x", "float-noise")]), "{values:?}");
        assert!(alike(&report.transform) && alike(&report.route), "{values:?}: {report:?}");
    }
}

#[test]
fn a_value_that_moves_is_never_taken_away() {
    let report = report(|number| json(format!(r#"{{"price":{}.5,"id":"{}"}}"#, 2 * number, token(number))));
    let (why, has_route) = refused(&report);
    assert!(
        why.starts_with("the value itself moves: $.price. Ask for one that stands still (a closed candle"),
        "{why}"
    );
    assert!(why.ends_with("--drop '$.price'"), "{why}");
    assert!(has_route, "it asks once");
    let route = report.route.unwrap().text.unwrap();
    assert!(route.contains("del(.id?)") && !route.contains("price?"), "{route}");
}

#[test]
fn what_no_rule_can_mend_is_told_with_what_would() {
    let some = |other: fn() -> Result<Response, Reject>| {
        reported(
            request(),
            (0..13).map(|number| if number < 9 { Ok(json("{}")) } else { other() }).collect(),
            &[],
        )
    };
    let limited = some(|| Ok(Response { status: 429, ..json("{}") }));
    let (why, has_route) = refused(&limited);
    assert!(
        why.starts_with("429 for some (status: 200 in 9 replicas, 429 in 4): the service counts 13 requests"),
        "{why}"
    );
    assert!(has_route);
    let (why, _) = refused(&some(|| Ok(Response { status: 500, ..json("{}") })));
    assert!(why.starts_with("some have another answer (status: 200 in 9 replicas, 500 in 4)"), "{why}");
    let capped = some(|| Err(Reject::new(RejectCode::SysFatal, "Http body exceeds size limit of 9 bytes.")));
    let (why, _) = refused(&capped);
    assert!(why.starts_with("the cap is too small for some (outcome: a response in 9 replicas,"), "{why}");
    let text = |number: usize| Response { headers: Vec::new(), ..json(format!("served at {number}")) };
    let (why, has_route) = refused(&report(text));
    assert!(why.starts_with("the body is no JSON, and differs") && has_route, "{why}");
    let (why, _) = refused(&report(|number| json(format!(r#"{{"open":{}}}"#, number % 2 == 0))));
    assert!(why.starts_with("no cause is known for $.open."), "{why}");
}

/// Here all replicas have one address, and on a subnet each has its own.
#[test]
fn an_address_that_was_the_same_by_luck_is_left_out_as_well() {
    let report = report(|_| json(r#"{"origin":"203.0.113.7","price":"6.88"}"#));
    assert!(report.findings.is_empty() && report.verdict.is_agreed());
    for remedy in [&report.transform, &report.route] {
        assert!(alike(remedy), "{remedy:?}");
        let answer = remedy.as_ref().unwrap().answer.as_ref().unwrap();
        assert_eq!(String::from_utf8_lossy(&answer.body), r#"{"price":"6.88"}"#);
    }
    let bare = |_| Response { headers: Vec::new(), ..json("203.0.113.7\n") };
    let transform = super::report(bare).transform.unwrap();
    assert!(
        transform.text.is_none() && transform.why[0].starts_with("the body is the address"),
        "{transform:?}"
    );
}

#[test]
fn the_gateways_one_answer_is_told_as_a_success_where_some_had_one() {
    let limited = report(|number| Response { status: if number < 4 { 429 } else { 200 }, ..json("{}") });
    assert_eq!(limited.route.unwrap().answer.unwrap().status, 200);
}

#[test]
fn nine_that_agree_do_not_speak_for_four_that_do_not() {
    let report =
        report(|number| json(format!(r#"{{"price":"{}"}}"#, if number < 9 { "6.88" } else { "6.89" })));
    assert!(report.verdict.is_agreed());
    let (why, _) = refused(&report);
    assert!(why.starts_with("the value itself moves"), "{why}");
}

#[test]
fn compressed_bodies_are_the_gateways_to_mend() {
    let packed = |number: usize| {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        write!(encoder, r#"{{"id":"{}","n":1}}"#, token(number)).unwrap();
        Response { body: encoder.finish().unwrap(), ..with(json(""), "content-encoding", "gzip") }
    };
    let report = report(packed);
    let transform = report.transform.as_ref().unwrap();
    assert!(
        transform.text.is_none() && transform.why[0].starts_with("the body is compressed"),
        "{transform:?}"
    );
    assert!(alike(&report.route), "{:?}", report.route);
    let unknown = super::report(|number| Response {
        body: vec![7, number as u8],
        ..with(json(""), "content-encoding", "br")
    });
    let route = unknown.route.unwrap();
    let why = r#"no route can be tried: bodies came as "br", which the gateway undoes and this probe does not. Ask without"#;
    assert!(route.text.is_none() && route.why[0].starts_with(why), "{route:?}");
}

#[test]
fn digits_survive_both_and_repeated_names_are_the_last_or_refused() {
    let body = r#"{"a":123456789012345678901234567890,"b":1.10,"c":1E400,"id":"x"}"#;
    let varying = report(|number| json(body.replace('x', &token(number))));
    let answer = json(body);
    let rules = Rules::of(&varying.findings, &[&answer]);
    let expected = r#"{"a":123456789012345678901234567890,"b":1.10,"c":1E400}"#;
    assert_eq!(String::from_utf8(transform::apply(&rules, &answer).body).unwrap(), expected);
    let route = Route::new(&rules, &request(), &[&answer]).ok().unwrap();
    assert_eq!(String::from_utf8(route.finished("GET", &answer).unwrap().body).unwrap(), expected);
    let repeated = report(|number| json(format!(r#"{{"a":{number},"a":1,"id":"{}"}}"#, token(number))));
    let route = repeated.route.as_ref().unwrap();
    assert!(route.text.is_none() && route.why[0].contains("duplicate member name"), "{route:?}");
}

#[test]
fn error_pages_and_answers_without_a_body_are_not_put_through_jq() {
    let report =
        report(|number| Response { status: 404, ..json(format!(r#"{{"id":"{}"}}"#, token(number))) });
    assert!(alike(&report.transform));
    let route = report.route.as_ref().unwrap();
    assert!(!route.alike && route.text.is_some(), "the gateway leaves error pages as they are: {route:?}");
    let head = Request { method: "HEAD".to_owned(), ..request() };
    let answers = (0..13)
        .map(|number| Ok(with(Response { status: 200, ..Response::default() }, "date", &number.to_string())));
    let report = reported(head, answers.collect(), &[]);
    assert!(alike(&report.transform) && alike(&report.route));
}

#[test]
fn sizes_and_cycles_are_told_with_and_without() {
    let report = report(|number| {
        with(json(format!(r#"{{"id":"{}","price":"6.88"}}"#, token(number))), "date", &"x".repeat(number))
    });
    let least = 28 + 4 + 40;
    let as_it_is = report.cost;
    assert_eq!(as_it_is.downloaded_bytes, (least, least + 12));
    let transform = report.transform.unwrap().cost.unwrap();
    assert_eq!(transform.downloaded_bytes, as_it_is.downloaded_bytes, "it is downloaded all the same");
    let route = report.route.unwrap().cost.unwrap();
    let body = r#"{"price":"6.88"}"#.len() as u64;
    assert_eq!(
        route.downloaded_bytes,
        (28 + 16 + body, 28 + 16 + body),
        "content-type, content-length and the body"
    );
    // 13 nodes, 32 bytes of URL and 9 of the transform's name: the base and the usage of the reference, by hand.
    let base = 38_417_600 + 650 * (32 + 9);
    let used: u64 = (0..13).map(|number| 50 * (least + number) + 300 * 30).sum();
    assert_eq!(transform.cycles, u128::from(base + used + 9_490 * transform.delivered_bytes));
    // What diverges is paid for as well, all but the delivery.
    assert_eq!(as_it_is.cycles, u128::from(base - 650 * 9 + used));
}
