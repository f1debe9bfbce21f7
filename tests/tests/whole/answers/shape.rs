//! Projection and canonical JSON: what they do to a 2xx answer with a body, and that they leave all others alone.

use outcall_tests::{
    replica::Outcall,
    upstream::{Act, Framing, Reply, Script},
};

use crate::stage::{Stage, refused};

const CANONICAL: &str = r#""response": {"canonical_json": true}"#;

fn jq(filter: &str) -> String {
    format!(r#""response": {{"jq": {filter:?}}}"#)
}

fn both(filter: &str) -> String {
    format!(r#""response": {{"jq": {filter:?}, "canonical_json": true}}"#)
}

async fn shaped(body: &str, members: &str) -> String {
    let stage = Stage::always(Reply::json(body), members).await;
    let answer = stage.send(&Outcall::get("/r")).await;
    assert_eq!(answer.status, 200, "{body}: {answer:?}");
    assert_eq!(
        answer.header_lines,
        ["content-type: application/json", &format!("content-length: {}", answer.body.len())]
    );
    answer.text()
}

async fn unshaped(body: &str, members: &str, kind: &str) {
    let stage = Stage::of(Script::steps([Act::json(body), Act::json(body)]), members).await;
    for outcall in [Outcall::get("/r"), Outcall::post("/r").key("k")] {
        let answer = stage.send(&outcall).await;
        assert_eq!(answer.status, 502, "{body:?}: {answer:?}");
        refused(&answer, 502, kind, "yes");
        assert_eq!(stage.send(&outcall).await, answer, "it is recorded");
    }
    assert_eq!(stage.upstream.finish().await.len(), 2);
}

#[tokio::test]
async fn canonical_json_has_one_order_one_spelling_and_exact_numbers() {
    for (body, expected) in [
        ("{\"b\" : 1,\n \"a\":[ 1 , 2 ] }", r#"{"a":[1,2],"b":1}"#),
        (r#"{"n":123456789012345678901,"m":1.10}"#, r#"{"m":1.10,"n":123456789012345678901}"#),
        (r#"[1e2,1E+2,-0,0.0,100]"#, r#"[1e2,1E+2,-0,0.0,100]"#),
        (r#"{"\u00e9":"\/","\u0061":"\u000a\u0001"}"#, r#"{"a":"\n\u0001","é":"/"}"#),
        (r#"{"B":1,"a":2,"A":3,"":4}"#, r#"{"":4,"A":3,"B":1,"a":2}"#),
        (" null\n", "null"),
    ] {
        assert_eq!(shaped(body, CANONICAL).await, expected, "{body}");
        assert_eq!(shaped(body, "").await, body, "without being asked to");
    }
}

#[tokio::test]
async fn two_spellings_of_one_value_become_one() {
    let one = shaped(r#"{"a":1,"b":{"d":[true],"c":"x"}}"#, CANONICAL).await;
    assert_eq!(shaped("{ \"b\":{\"c\":\"\\u0078\", \"d\":[true]},\n\"a\":1}\n", CANONICAL).await, one);
}

#[tokio::test]
async fn a_projection_keeps_what_it_names_and_its_numbers() {
    for (filter, expected) in [
        (".price", "1.10"),
        (".big", "123456789012345678901"),
        ("{price, big}", r#"{"price":1.10,"big":123456789012345678901}"#),
        (".list | map(.id)", "[2,1]"),
        (".none", "null"),
        ("[.list[] | select(.id > 1)] | length", "1"),
    ] {
        let body = r#"{"price":1.10,"big":123456789012345678901,"now":1,"list":[{"id":2},{"id":1}]}"#;
        let found = shaped(body, &jq(filter)).await;
        let [found, expected] = [found.as_str(), expected].map(|text| {
            // In which order an object's members come is the filter's business; the canonical form has one.
            String::from_utf8(outcall_protocol::json::canonicalise(text.as_bytes()).unwrap()).unwrap()
        });
        assert_eq!(found, expected, "{filter}");
        assert_eq!(shaped(body, &both(filter)).await, expected, "{filter} in canonical form");
    }
}

#[tokio::test]
async fn what_is_no_json_is_refused_where_json_is_promised() {
    let broken = [
        "no JSON",
        "{",
        r#"{"a":1}{"a":1}"#,
        r#"{"a":01}"#,
        r#"{"a":1,}"#,
        "NaN",
        "\u{feff}{}",
        r#""\ud800""#,
    ];
    for body in broken {
        for members in [CANONICAL.to_owned(), jq("."), both(".")] {
            unshaped(body, &members, "answer-not-json").await;
        }
    }
}

#[tokio::test]
async fn a_member_name_that_comes_twice_is_refused() {
    for body in [r#"{"a":1,"a":1}"#, r#"[{"x":{"a":1,"b":2,"\u0061":3}}]"#] {
        for members in [CANONICAL.to_owned(), jq(".x?"), both(".x?")] {
            unshaped(body, &members, "answer-not-json").await;
        }
    }
}

#[tokio::test]
async fn a_filter_must_yield_exactly_one_value() {
    for filter in ["empty", ".a, .b", ".[]", ".a.b", "error", "error(\"x\")", ".a | fromjson"] {
        unshaped(r#"{"a":1,"b":2}"#, &jq(filter), "answer-projection").await;
    }
}

#[tokio::test]
async fn other_answers_pass_as_they_came() {
    for members in [CANONICAL.to_owned(), jq(".price"), both(".price")] {
        for status in [300, 400, 404, 409, 422, 429, 500, 503] {
            let reply = Reply::new(status).header("content-type", "text/html").body("<p> no JSON </p>\n");
            let stage = Stage::always(reply, &members).await;
            let answer = stage.send(&Outcall::post("/r").key("k")).await;
            assert_eq!((answer.status, answer.text().as_str()), (status, "<p> no JSON </p>\n"), "{members}");
        }
        for reply in [Reply::new(200), Reply::new(201).framing(Framing::Chunked), Reply::no_content()] {
            let stage = Stage::always(reply, &members).await;
            let answer = stage.send(&Outcall::post("/r").key("k")).await;
            assert!(answer.status < 205 && answer.body.is_empty(), "{members}: {answer:?}");
        }
        let stage = Stage::always(Reply::json("no JSON"), &members).await;
        let answer = stage.send(&Outcall::head("/r")).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0), "HEAD has nothing to shape");
    }
}

#[tokio::test]
async fn every_2xx_is_shaped() {
    for status in [200, 201, 202, 203, 206, 299] {
        let stage = Stage::always(Reply::new(status).body("{ }"), CANONICAL).await;
        let answer = stage.send(&Outcall::get("/r")).await;
        assert_eq!((answer.status, answer.text().as_str()), (status, "{}"));
    }
}

#[tokio::test]
async fn a_projection_makes_a_large_answer_small_within_its_own_bounds() {
    let body = format!(r#"{{"price":1,"padding":"{}"}}"#, "x".repeat(5_000));
    let bounds = |upstream: usize| {
        format!(r#""response": {{"jq": ".price", "max_bytes": 100, "max_upstream_bytes": {upstream}}}"#)
    };
    assert_eq!(shaped(&body, &bounds(body.len())).await, "1");
    unshaped(&body, &bounds(body.len() - 1), "answer-too-large").await;
    let doubled = r#""response": {"jq": "[.price, .padding, .padding]", "max_bytes": 6000}"#;
    let stage = Stage::always(Reply::json(&body), doubled).await;
    let answer = stage.send(&Outcall::get("/r")).await;
    assert_eq!((answer.status, answer.problem()["executed"].as_str()), (502, Some("yes")));
}
