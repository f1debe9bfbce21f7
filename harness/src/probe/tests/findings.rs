//! Every differing field is named, and no other.

use super::*;

#[test]
fn answers_that_are_the_same_have_nothing_to_tell() {
    let report = report(|_| with(json(r#"{"price":"6.88"}"#), "x-a", "1"));
    assert_eq!((told(&report), report.left_out, report.groups()), (Vec::new(), 0, 1));
    assert!(report.verdict.is_agreed() && report.suspects.is_empty());
    assert_eq!((&report.transform, &report.route), (&None, &None));
}

#[test]
fn a_hostile_answer_is_named_field_by_field_with_its_causes() {
    let report = report(|number| {
        let members = [
            format!(r#""id":"{}""#, token(number)),
            format!(r#""at":{}"#, 1_795_521_600_000_u64 + number as u64),
            r#""pair":"ICP/USD""#.to_owned(),
            format!(r#""origin":"203.0.113.{number}""#),
            format!(r#""serial":{}"#, 500 + number),
            format!(r#""noise":{}"#, if number % 2 == 0 { "0.3" } else { "0.30000000000000004" }),
            format!(
                r#""list":[{{"id":"{}","n":1}},{{"id":"{}","n":2}}]"#,
                token(100 + number),
                token(200 + number)
            ),
            format!(r#""took_ms":{}"#, 7 * (number % 3)),
            format!(r#""host":"web-{}""#, number % 2),
        ];
        let turned = members.iter().cycle().skip(number % 9).take(9).cloned().collect::<Vec<_>>().join(",");
        let answer = json(format!("{{{turned}}}"));
        let answer = with(answer, "date", &format!("Tue, 24 Nov 2026 12:00:{number:02} GMT"));
        let answer = with(answer, "set-cookie", &format!("session={}", token(number)));
        let answer = with(answer, "x-request-id", &token(300 + number));
        let answer = with(answer, "cf-ray", &token(400 + number));
        with(with(answer, "x-same", "1"), "server", "nginx")
    });
    let mut found = told(&report);
    found.sort();
    let mut expected = places(&[
        ("header date", "clock"),
        ("header set-cookie", "cookie"),
        ("header x-request-id", "proxy"),
        ("header cf-ray", "proxy"),
        ("$.id", "random-id"),
        ("$.at", "clock"),
        ("$.origin", "own-address"),
        ("$.serial", "counter"),
        ("$.noise", "float-noise"),
        ("$.list[0].id", "random-id"),
        ("$.list[1].id", "random-id"),
        ("$.took_ms", "duration"),
        ("$.host", "machine"),
        ("order of the members of $", "order"),
    ]);
    expected.sort();
    assert_eq!((found, report.left_out), (expected, 0));
    assert_eq!(report.groups(), 13);
}

#[test]
fn elements_in_another_order_are_not_told_as_other_elements_even_with_ids_in_them() {
    let item = |name: &str, id: usize| format!(r#"{{"name":"{name}","id":"{}"}}"#, token(id));
    let report = report(|number| {
        let mut items = [item("a", 3 * number), item("b", 3 * number + 1), item("c", 3 * number + 2)];
        items.rotate_left(number % 3);
        json(format!(r#"{{"items":[{}],"n":3}}"#, items.join(",")))
    });
    let expected = places(&[
        ("$.items[0].id", "random-id"),
        ("$.items[1].id", "random-id"),
        ("$.items[2].id", "random-id"),
        ("order of the elements of $.items", "order"),
    ]);
    assert_eq!(told(&report), expected);
}

/// Of two coins that changed places the ids are what one asks for.
#[test]
fn ids_that_stay_with_their_elements_are_not_told_as_new() {
    let report = report(|number| {
        let coin = |id: &str, other: usize| format!(r#"{{"id":"{id}","nonce":"{}"}}"#, token(other));
        let mut coins = [coin("bitcoin", 2 * number), coin("ethereum", 2 * number + 1)];
        coins.rotate_left(number % 2);
        json(format!("[{}]", coins.join(",")))
    });
    let expected =
        [("$[0].nonce", "random-id"), ("$[1].nonce", "random-id"), ("order of the elements of $", "order")];
    assert_eq!(told(&report), places(&expected));
    let answer = report.transform.unwrap().answer.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.body), r#"[{"id":"bitcoin"},{"id":"ethereum"}]"#);
}

/// The control: names that differ in themselves are no matter of order.
#[test]
fn elements_that_are_others_are_told_as_others() {
    let report =
        report(|number| json(format!(r#"{{"items":[{{"name":"a{}"}},{{"name":"b"}}]}}"#, number % 2)));
    assert_eq!(told(&report), places(&[("$.items[0].name", "unknown")]));
}

#[test]
fn an_error_page_for_some_is_a_status_and_not_a_list_of_what_it_has_not() {
    let report = report(|number| match number % 4 {
        0 => Response { status: 429, ..with(json(r#"{"error":"slow down"}"#), "retry-after", "1") },
        _ => with(json(r#"{"price":"6.88"}"#), "date", &format!("Tue, 24 Nov 2026 12:00:{number:02} GMT")),
    });
    assert_eq!(told(&report), places(&[("status", "too-many"), ("header date", "clock")]));
    let status = &report.findings[0].difference;
    assert_eq!(status.to_string(), "status: 200 in 9 replicas, 429 in 4");
}

#[test]
fn what_differs_among_error_pages_alone_is_named_too() {
    let report = report(|number| match number % 4 {
        0 => Response { status: 503, ..with(json("{}"), "retry-after", &number.to_string()) },
        _ => json("{}"),
    });
    assert_eq!(told(&report), places(&[("status", "status"), ("header retry-after", "rate")]));
}

#[test]
fn a_cap_that_is_exceeded_by_some_only_is_named_as_that() {
    let refused = Reject::new(RejectCode::SysFatal, "Http body exceeds size limit of 100 bytes.");
    let outcomes = |other: Reject| {
        (0..13).map(|number| if number < 9 { Ok(json("{}")) } else { Err(other.clone()) }).collect()
    };
    let report = reported(request(), outcomes(refused), &[]);
    assert_eq!(told(&report), places(&[("outcome", "size-cap")]));
    let gone = Reject::new(RejectCode::SysFatal, "Timeout expired");
    assert_eq!(told(&reported(request(), outcomes(gone), &[])), places(&[("outcome", "failure")]));
}

/// It may have carried the request out each time, so it must not be said that nobody was asked.
#[test]
fn a_server_that_took_the_request_and_broke_off_was_asked() {
    let failed = |kind: &str| {
        let error = format!("hyper_util::client::legacy::Error({kind}, ..)");
        let message =
            format!("Connecting to h failed: direct connect {error} and connect through socks \"-\"");
        let reject = Reject::new(RejectCode::SysTransient, message);
        let request = Request::post("https://api.example.com/orders", "{}");
        reported(request, vec![Err(reject); 13], &[])
    };
    assert!(failed("Connect").unasked().is_some());
    let asked = failed("SendRequest");
    assert_eq!(asked.unasked(), None);
    assert!(asked.warnings()[0].starts_with("POST: 13 requests were sent, and"), "{:?}", asked.warnings());
}

#[test]
fn an_answer_that_is_no_success_is_told_though_all_agree() {
    let warned = |status| report(|_| Response { status, ..json("{}") }).warnings().join(" ");
    assert_eq!(warned(200), "");
    assert_eq!(warned(302), "The answer is a 302: a replica follows no redirect.");
    assert!(warned(500).starts_with("The answer is a 500: "), "{}", warned(500));
}

#[test]
fn compressed_bodies_are_compared_as_they_are_read() {
    let packed = |text: &str, level| {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
        encoder.write_all(text.as_bytes()).unwrap();
        Response { body: encoder.finish().unwrap(), ..with(json(""), "content-encoding", "gzip") }
    };
    let long = "a long and dull text, ".repeat(9);
    let text = |serial: usize| format!(r#"{{"serial":{serial},"text":"{long}"}}"#);
    let varies = report(|number| packed(&text(number), 6));
    assert_eq!(told(&varies), places(&[("$.serial", "counter")]));
    let levels = report(|number| packed(&text(0), if number % 2 == 0 { 0 } else { 9 }));
    assert_eq!(told(&levels).into_iter().map(|(_, cause)| cause).collect::<Vec<_>>(), ["coding"]);
    let some = report(|number| if number < 5 { packed(&text(0), 6) } else { json(text(0)) });
    let causes: Vec<_> = told(&some).into_iter().map(|(_, cause)| cause).collect();
    assert_eq!((told(&some)[0].0.as_str(), causes), ("header content-encoding", vec!["coding", "coding"]));
}

#[test]
fn every_one_of_hundreds_of_places_is_listed() {
    let report = report(|number| {
        let elements: Vec<String> =
            (0..300).map(|index| format!(r#"{{"id":"{}"}}"#, token(13 * index + number))).collect();
        json(format!("[{}]", elements.join(",")))
    });
    assert_eq!((report.findings.len(), report.left_out), (300, 0));
    assert!(report.transform.unwrap().alike);
}

#[test]
fn what_is_of_no_interest_is_said_to_be_so() {
    let outcomes =
        || (0..13).map(|number| Ok(json(format!(r#"{{"data":[{{"price":{}.5}}]}}"#, 3 * number)))).collect();
    assert_eq!(told(&reported(request(), outcomes(), &[])), places(&[("$.data[0].price", "moves")]));
    let unwanted = reported(request(), outcomes(), &["$.data[*].price"]);
    assert_eq!(told(&unwanted), places(&[("$.data[0].price", "unwanted")]));
    assert!(unwanted.transform.unwrap().alike);
}

#[test]
fn what_was_the_same_by_luck_is_suspect() {
    let report = report(|number| {
        let answer = with(
            json(r#"{"origin":"203.0.113.7","dns":"8.8.8.8","n":1}"#),
            "date",
            "Tue, 24 Nov 2026 12:00:00 GMT",
        );
        with(with(answer, "x-request-id", &token(number)), "via", "1.1 google")
    });
    assert_eq!(told(&report), places(&[("header x-request-id", "proxy")]));
    let suspects: Vec<(String, &str)> =
        report.suspects.iter().map(|suspect| (suspect.place.to_string(), suspect.cause.name())).collect();
    assert_eq!(suspects, places(&[("header date", "clock"), ("$.origin", "own-address")]));
    let bare = Response { headers: Vec::new(), ..json("203.0.113.7\n") };
    let report = super::report(|_| bare.clone());
    assert!(report.verdict.is_agreed());
    assert_eq!(report.suspects[0].cause, Cause::OwnAddress);
    let own =
        super::report(|number| Response { headers: Vec::new(), ..json(format!("203.0.113.{number}\n")) });
    assert_eq!(told(&own), places(&[("body, from byte 10", "own-address")]));
    assert_eq!(own.suspects, [], "it is told once");
}
