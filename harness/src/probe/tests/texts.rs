//! Every byte of what is printed to be pasted.

use super::*;

fn texts(report: &Report) -> (String, String) {
    let text = |remedy: &Option<Remedy>| remedy.as_ref().unwrap().text.clone().unwrap();
    (text(&report.transform), text(&report.route))
}

#[test]
fn where_only_headers_differ_the_transform_is_three_lines_and_the_route_two() {
    let (transform, route) = texts(&report(|number| with(json("{}"), "date", &number.to_string())));
    let expected = r#"// Cargo.toml: candid = "0.10", ic-cdk = "0.20", ic-cdk-management-canister = "0.3"
use ic_cdk_management_canister::{HttpRequestResult, TransformArgs};

/// Makes the answers of `GET https://api.example.com/v1/price` alike.
#[ic_cdk::query(hidden = true)]
fn transform(args: TransformArgs) -> HttpRequestResult {
    let mut response = args.response;
    response.headers.retain(|header| header.name == "content-type");
    response
}
"#;
    assert_eq!(transform, expected);
    let expected = r#"{
    "/v1/price": {
        "upstream": "https://api.example.com/v1/price",
        "methods": ["GET"]
    }
}
"#;
    assert_eq!(route, expected);
}

#[test]
fn a_route_names_the_headers_that_must_go_along_and_what_is_made_of_the_answer() {
    let request = Request::get("https://api.example.com/?key=1")
        .header("X-Tenant", "me")
        .header("Accept", "*/*")
        .header("Idempotency-Key", "k")
        .max_response_bytes(2_000);
    let answers = (0..13).map(|number| {
        Ok(Response {
            headers: Vec::new(),
            ..json(format!(
                r#"{{"id":"{}","a b":[{{"nonce":"{}"}}],"t":[1,{}]}}"#,
                token(number),
                token(99 - number),
                1_795_521_600 + number
            ))
        })
    });
    let (transform, route) = texts(&reported(request, answers.collect(), &[]));
    let expected = r#"{
    "/api.example.com": {
        "upstream": "https://api.example.com/",
        "methods": ["GET"],
        "forward_headers": ["accept", "x-tenant"],
        "response": {
            "keep_headers": [],
            "jq": "del(.[\"a b\"]?[]?.nonce?, .id?) | .t?[1]? |= null",
            "canonical_json": true,
            "max_bytes": 2000
        }
    }
}
"#;
    assert_eq!(route, expected);
    assert!(
        transform.contains("`GET https://api.example.com/?…` alike"),
        "a query may be a secret: {transform}"
    );
    assert!(transform.contains(r#"&[&[".a b", "[*]", ".nonce"], &[".id"], &[".t", "[1]"]]"#), "{transform}");
    assert!(transform.contains("    response.headers.clear();\n"), "{transform}");
}

/// The id of an order is what it was sent for, and the gateway sends it once.
#[test]
fn of_the_answer_to_a_post_neither_route_nor_transform_takes_anything_away() {
    let order = Request::post("https://api.example.com/orders", "{}");
    let answer = |number: usize| json(format!(r#"{{"order_id":"{}","fill":4.5}}"#, token(number)));
    let report = reported(order, (0..13).map(|number| Ok(answer(number))).collect(), &[]);
    let route = report.route.as_ref().unwrap();
    let expected = "{\n    \"/orders\": {\n        \"upstream\": \"https://api.example.com/orders\",\n        \"methods\": [\"POST\"]\n    }\n}\n";
    assert_eq!(route.text.as_deref(), Some(expected));
    assert!(!route.alike && route.why[0].starts_with("nothing is taken away"), "{route:?}");
    let answer = String::from_utf8(route.answer.as_ref().unwrap().body.clone()).unwrap();
    assert!(answer.contains("order_id"), "{answer}");
    // Nor does a transform.
    let transform = report.transform.as_ref().unwrap();
    assert!(transform.text.is_none(), "{transform:?}");
    let why = transform.why.join(" ");
    assert!(why.contains("may be what it was sent for") && why.contains("--drop '$.order_id'"), "{why}");
    // But for what is said to be of no interest.
    let order = || Request::post("https://api.example.com/orders", "{}");
    let answers =
        (0..13).map(|number| Ok(json(format!(r#"{{"order_id":"{}","at":{number}}}"#, token(number)))));
    let route = reported(order(), answers.collect(), &["$.at"]).route.unwrap().text.unwrap();
    assert!(route.contains(r#""jq": "del(.at?)""#), "{route}");
    // The control: the same answers to a question.
    let question = Request::get("https://api.example.com/orders");
    let answers = (0..13).map(|number| Ok(json(format!(r#"{{"order_id":"{}"}}"#, token(number)))));
    let route = reported(question, answers.collect(), &[]).route.unwrap();
    assert!(route.alike && route.text.unwrap().contains("del(.order_id?)"));
}

#[test]
fn urls_that_no_route_may_have_are_told_to_be_so() {
    let route = |url: &str| {
        let request = Request { url: url.to_owned(), ..request() };
        let answers = (0..13).map(|number| Ok(with(json("{}"), "date", &number.to_string())));
        reported(request, answers.collect(), &[]).route.unwrap()
    };
    for url in [
        "https://u:p@a.example/",
        "https://a.example/x/../y",
        "https://a.example//x",
        "https://a.example/%2e%2E/x",
        "https://a.example/%zz",
    ] {
        let Remedy { text, why, .. } = route(url);
        assert!(text.is_none() && why[0].starts_with("no route leads there: its URL"), "{url}: {why:?}");
    }
    assert!(
        route("https://a.example/x/?q=1")
            .text
            .unwrap()
            .starts_with("{\n    \"/x\": {\n        \"upstream\": \"https://a.example/x/\",\n"),
        "the canister sends the query, and it goes along"
    );
}

#[test]
fn six_thousand_places_are_left_out_one_by_one_as_nothing_else_is_in_time() {
    let report = |count: usize| {
        let answer = |number: usize| {
            let elements = (0..count).map(|index| format!(r#"{{"id":"{}"}}"#, token(index + count * number)));
            json(format!("[{}]", elements.collect::<Vec<_>>().join(",")))
        };
        reported(request(), (0..2).map(|number| Ok(answer(number))).collect(), &[])
    };
    let route = |count| report(count).route.unwrap();
    assert!(route(10).text.unwrap().contains(r#""jq": "del(.[]?.id?)""#));
    let large = route(6_000);
    assert!(
        large.alike && large.text.as_ref().unwrap().contains(r#""jq": ".[]?.id? |= empty""#),
        "{large:?}"
    );
}

#[test]
fn what_to_know_beside_the_verdict_is_said_and_most_often_there_is_nothing() {
    let warnings =
        |request: Request, response: Response| reported(request, vec![Ok(response); 13], &[]).warnings();
    let post = Request::post("https://api.example.com/", "{}");
    let carried_out = "POST: 13 requests were sent, and the server may have carried out each of them.";
    assert!(warnings(post, json("{}"))[0].starts_with(carried_out));
    let closed = r#"Bodies came as "gzip, br", so that nothing is told of what is in them"#;
    let told = warnings(request(), with(json("{}"), "content-encoding", "gzip, br"));
    assert!(told.len() == 1 && told[0].starts_with(closed), "{told:?}");
    let insecure = Request { url: "HTTP://localhost/".to_owned(), ..request() };
    assert_eq!(warnings(insecure, json("{}")), ["http: on the mainnet replicas accept https only."]);
    let over = Reject::new(RejectCode::SysFatal, "Http body exceeds size limit of 9 bytes.");
    let capped = reported(request(), vec![Err(over); 13], &[]).warnings();
    assert_eq!(capped, ["Every answer is beyond the cap: raise max_response_bytes."]);
    // The control: a GET of a plain answer.
    assert_eq!(warnings(request(), json("{}")), Vec::<String>::new());
    assert_eq!(warnings(request(), with(json("{}"), "content-encoding", "identity")), Vec::<String>::new());
}
