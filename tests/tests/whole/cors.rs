//! Web pages that call a route: preflights end at the gateway, and what a page is told no replica ever sees.

use outcall_tests::{
    replica::{Answer, Outcall, Subnet, agreed},
    upstream::{Act, Script},
};

use crate::stage::{Stage, refused};

const ORIGIN: &str = "https://app.example.com";
const THESE: &str = r#""cors": {"origins": ["https://app.example.com", "http://localhost:3000"], "headers": ["x-extra"], "max_age": "2m"}"#;
const EVERYBODY: &str = r#""cors": "*""#;

fn post(key: &str) -> Outcall {
    Outcall::post("/r").key(key).json("{}")
}

fn preflight(origin: &str) -> Outcall {
    Outcall::new("OPTIONS", "/r/below")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "idempotency-key")
}

/// What an answer tells browsers.
fn told(answer: &Answer) -> Vec<&str> {
    let is_told = |line: &&String| line.starts_with("access-control-") || line.starts_with("vary");
    answer.header_lines.iter().filter(is_told).map(String::as_str).collect()
}

#[tokio::test]
async fn a_preflight_is_answered_by_the_gateway_and_goes_no_further() {
    let stage = Stage::of(Script::steps([]), THESE).await;
    for origin in [ORIGIN, "http://localhost:3000"] {
        let answer = stage.send(&preflight(origin)).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        insta::allow_duplicates! {
            insta::assert_snapshot!(told(&answer).join("\n").replace(origin, "ORIGIN"), @r"
            access-control-allow-methods: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS
            access-control-allow-headers: accept, accept-language, authorization, content-type, idempotency-key, x-api-key, x-extra
            access-control-max-age: 120
            vary: origin
            access-control-allow-origin: ORIGIN
            access-control-expose-headers: content-type, content-digest, outcall-request, signature-input, signature
            ");
        }
    }
    assert_eq!(stage.upstream.finish().await.len(), 0);
}

#[tokio::test]
async fn a_page_of_elsewhere_is_told_nothing_and_its_preflight_goes_no_further_either() {
    let stage = Stage::of(Script::steps([]), THESE).await;
    for origin in
        ["https://evil.example", "https://app.example.com.evil.example", "http://app.example.com", "null", ""]
    {
        let answer = stage.send(&preflight(origin)).await;
        assert_eq!((answer.status, told(&answer)), (204, vec!["vary: origin"]), "{origin}");
    }
    assert_eq!(stage.upstream.finish().await.len(), 0);
}

/// The control: without `cors` it is a request like any other.
#[tokio::test]
async fn on_a_route_without_cors_options_is_the_upstreams_and_no_page_is_told_anything() {
    let stage = Stage::of(Script::steps([Act::Varying]), "").await;
    let answer = stage.send(&preflight(ORIGIN)).await;
    assert_eq!((answer.status, told(&answer)), (200, vec![]));
    assert_eq!(stage.upstream.finish().await.len(), 1);
}

/// Nor is an OPTIONS without the question, or a question without a page, a preflight.
#[tokio::test]
async fn what_is_no_preflight_is_an_outcall() {
    let stage = Stage::of(Script::steps([Act::Varying, Act::Varying, Act::Varying]), THESE).await;
    let options = Outcall::new("OPTIONS", "/r");
    let no_question = stage.send(&options.clone().header("origin", ORIGIN)).await;
    let no_page = stage.send(&options.clone().key("k").header("access-control-request-method", "POST")).await;
    let no_options =
        Outcall::get("/r").header("origin", ORIGIN).header("access-control-request-method", "GET");
    let no_options = stage.send(&no_options).await;
    assert_eq!((no_question.status, no_page.status, no_options.status), (200, 200, 200));
    assert_eq!(stage.upstream.finish().await.len(), 3);
}

#[tokio::test]
async fn a_page_and_thirteen_replicas_share_one_answer_and_the_page_alone_is_told_that_it_may_read_it() {
    let stage = Stage::of(Script::steps([Act::Varying]), THESE).await;
    let subnet = Subnet::new(stage.gateway.addr(), 13);
    // The page leads: what it is told must not get into the record.
    let page = stage.send(&post("k").header("origin", ORIGIN)).await;
    let answers = subnet.burst(&post("k")).await;
    let bare = agreed(&answers);
    assert_eq!((bare.status, told(bare)), (200, vec![]));
    assert_eq!((&page.status, &page.body), (&bare.status, &bare.body));
    assert_eq!(
        told(&page),
        [
            "vary: origin",
            "access-control-allow-origin: https://app.example.com",
            "access-control-expose-headers: content-type, content-digest, outcall-request, signature-input, signature",
        ]
    );
    let without: Vec<&String> =
        page.header_lines.iter().filter(|line| !told(&page).contains(&line.as_str())).collect();
    assert_eq!(without, bare.header_lines.iter().collect::<Vec<_>>(), "nothing else is different");
    let elsewhere = stage.send(&post("k").header("origin", "https://evil.example")).await;
    assert_eq!((told(&elsewhere), &elsewhere.body), (vec!["vary: origin"], &page.body));
    assert_eq!(stage.upstream.finish().await.len(), 1);
}

#[tokio::test]
async fn where_everybody_may_read_the_answer_depends_on_nobody() {
    let stage = Stage::of(Script::steps([Act::Varying]), EVERYBODY).await;
    for origin in [ORIGIN, "https://b.example", "null"] {
        let answer = stage.send(&post("k").header("origin", origin)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(told(&answer)[0], "access-control-allow-origin: *", "{origin}");
    }
    assert_eq!(told(&stage.send(&post("k")).await), [""; 0]);
    assert_eq!(stage.upstream.finish().await.len(), 1);
}

#[tokio::test]
async fn a_page_may_read_the_gateways_own_errors() {
    let stage =
        Stage::of(Script::steps([Act::Varying]), &format!(r#"{THESE}, "methods": ["GET", "POST"]"#)).await;
    stage.send(&post("k")).await;
    let reused = stage.send(&post("k").json("[]").header("origin", ORIGIN)).await;
    refused(&reused, 422, "key-reused", "no");
    let keyless = stage.send(&Outcall::post("/r").header("origin", ORIGIN)).await;
    refused(&keyless, 400, "key-missing", "no");
    let method = stage.send(&Outcall::new("DELETE", "/r").header("origin", ORIGIN)).await;
    assert_eq!(method.status, 405);
    for answer in [reused, keyless, method] {
        assert!(
            told(&answer).contains(&"access-control-allow-origin: https://app.example.com"),
            "{answer:?}"
        );
    }
    assert_eq!(stage.upstream.finish().await.len(), 1);
}

/// A preflight carries no token: who asks whether he may ask is nobody yet.
#[tokio::test]
async fn a_preflight_needs_no_token_and_a_guarded_route_takes_one_from_a_page() {
    let token = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    let config = format!(
        r#"{{"/r": {{"upstream": "http://127.0.0.1:9", "allow": ["c"], {THESE}}}, "callers": {{"c": {{"tokens_sha256": ["{token}"]}}}}}}"#
    );
    let gateway = outcall_tests::gateway::Gateway::start(&config).await;
    let replica = outcall_tests::replica::Replica::new(gateway.addr());
    let answer = replica.send(&preflight(ORIGIN)).await.unwrap();
    assert_eq!(answer.status, 204);
    assert!(answer.header("access-control-allow-headers").unwrap().contains("authorization"), "{answer:?}");
    let unknown = replica.send(&post("k").header("origin", ORIGIN)).await.unwrap();
    assert_eq!(unknown.status, 401);
    assert!(unknown.header("access-control-allow-origin").is_some(), "{unknown:?}");
}

#[tokio::test]
async fn the_origin_goes_upstream_only_where_it_is_named() {
    let stage = Stage::of(Script::steps([Act::Varying]), THESE).await;
    let seen = stage.seen(&post("k").header("origin", ORIGIN)).await;
    assert_eq!(seen.header("origin"), None);
    let named = format!(r#"{THESE}, "forward_headers": ["origin"]"#);
    let stage = Stage::of(Script::steps([Act::Varying]), &named).await;
    let seen = stage.seen(&post("k").header("origin", ORIGIN)).await;
    assert_eq!(seen.header("origin"), Some(ORIGIN));
}
